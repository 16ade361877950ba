/** The companion program looked at from outside while a browser uses it: how long each verb took in it, and the stretching of a PIN by itself. */
import { BIDDER, type Stage } from "@certbridge/demo/walk";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { pbkdf2 } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** The stretching of one PIN as the software store does it: PBKDF2-HMAC-SM3, 600,000 rounds. */
export async function timePin(): Promise<number> {
  const startedAt = performance.now();
  await promisify(pbkdf2)(BIDDER.pin, Buffer.alloc(16, 7), 600_000, 32, "sm3");
  return performance.now() - startedAt;
}

/** Puts the tap between the browser and the program; gives the file it writes to. @param folder the stage's */
export async function openTap(stage: Stage, folder: string): Promise<string> {
  const manifestPath = join(folder, "profile", "NativeMessagingHosts", `${HOST_NAME}.json`);
  const manifest = JSON.parse(await readFile(manifestPath, "utf8")) as { path: string };
  const [log, tap] = [resolve(folder, "tap.log"), resolve(folder, "tap")];
  const words = [process.execPath, "--no-warnings", resolve("bench/native/tap.ts"), log, manifest.path];
  await writeFile(log, "");
  await writeFile(tap, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  await chmod(tap, 0o755);
  await writeFile(manifestPath, JSON.stringify({ ...manifest, path: tap }));
  await stage.browser.killWorker();
  return log;
}

/** The program's times for a verb, in the order of the calls. */
export async function readTap(log: string, verb: string): Promise<readonly number[]> {
  const lines = (await readFile(log, "utf8")).split("\n");
  return lines.flatMap((line) => (line.startsWith(`${verb} `) ? [Number(line.slice(verb.length))] : []));
}
