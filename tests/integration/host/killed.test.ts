import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { verifyRequest } from "@certbridge/pki";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { PIN, issuePair, openAuthority, runHost, temporaryFolder } from "../../support/host.ts";

/** The program killed at any moment of a change: the key file is the old one or the new one, and opens. */
const folder = temporaryFolder();
const home = join(folder.path, "home");
const at = (name: string): string => join(folder.path, name);
const main = resolve(import.meta.dirname, "../../../apps/host/src/main.ts");
afterAll(folder.remove);

const host = (args: readonly string[], input = "") => runHost(["--home", home, ...args], { input });

beforeAll(async () => {
  await host(["keys", "create", "--name", "江南建设", "--out", at("a.p10"), "--pin-stdin"], `${PIN}\n`);
  const { publicKey } = verifyRequest(gm, new Uint8Array(await readFile(at("a.p10"))));
  const issued = issuePair(openAuthority(), publicKey);
  await writeFile(at("sign.cer"), issued.signing);
  await writeFile(at("enc.cer"), issued.encryption);
  await writeFile(at("enc.key"), issued.envelopedKey);
  const files = ["--signing", at("sign.cer"), "--encryption", at("enc.cer"), "--enveloped-key", at("enc.key")];
  expect(await host(["keys", "accept", ...files, "--pin-stdin"], `${PIN}\n`)).toMatchObject({ status: 0 });
});

/** Begins a change and kills the program after so many milliseconds. */
async function beginAndKill(afterMs: number, out: string): Promise<void> {
  const args = ["--no-warnings", main, "--home", home, "keys", "renew", "--out", out, "--pin-stdin"];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "ignore"] });
  const closed = new Promise((done) => child.on("close", done));
  child.stdin.on("error", () => undefined);
  child.stdin.end(`${PIN}\n`);
  await sleep(afterMs);
  child.kill("SIGKILL");
  await closed;
}

test("a key file survives whatever moment its program is killed at", { timeout: 120_000 }, async () => {
  for (let round = 0; round < 6; round++) {
    const afterMs = randomInt(150, 900);
    await beginAndKill(afterMs, at(`killed-${round}.p10`));
    const kept = await host(["keys", "list", "--json"]);
    expect(kept.status, `killed after ${afterMs} ms`).toBe(0);
    expect(JSON.parse(kept.stdout.toString("utf8")), `killed after ${afterMs} ms`).toHaveProperty("keys.length", 1);
    // A try that was cut off counts until the PIN is right once more.
    const again = await host(["keys", "renew", "--out", at(`after-${round}.p10`), "--pin-stdin"], `${PIN}\n`);
    expect(again, `killed after ${afterMs} ms`).toMatchObject({ status: 0, stderr: "" });
  }
  const left = await readdir(join(home, "keys"));
  expect(left.filter((name) => !name.endsWith(".json"))).toEqual([]);
});
