/** The companion program looked at from outside while a browser uses it: how long each verb took in it; and without one, less the stretching of the PIN. */
import type { Stage } from "@certbridge/demo/walk";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Program, startProgram } from "./program.ts";

/** One call, and how long the stretching of the PIN in it took, in ms: docs/decisions/0004. */
export interface TimedCall {
  readonly ms: number;
  /** Of a verb that does nothing, asked just before. */
  readonly emptyMs: number;
  readonly pinMs: number;
}

const clockFor = (log: string) =>
  `${pathToFileURL(resolve("bench/native/pin-clock.ts")).href}?${encodeURIComponent(log)}`;

function withPins<T>(calls: readonly T[], log: string): readonly (T & { readonly pinMs: number })[] {
  const stretched = log.split("\n").filter(Boolean).map(Number);
  if (stretched.length !== calls.length)
    throw new Error(`${stretched.length} PINs were stretched in ${calls.length} calls`);
  return calls.map((times, call) => ({ ...times, pinMs: stretched[call] ?? Number.NaN }));
}

/**
 * Starts the program without a browser, and asks it one verb again and again.
 *
 * @param paramsOf made anew for each call, which stretches one PIN
 * @param folder   for the clock's log
 */
export async function timeCalls(
  stage: Stage,
  folder: string,
  calls: number,
  verb: string,
  paramsOf: (program: Program, keyId: string) => object,
): Promise<readonly TimedCall[]> {
  // Run again, install opens one place more.
  await stage.desk.install(stage.demo.registryPath);
  const [log, launcher] = [resolve(folder, "pin.log"), resolve(folder, "timed-host")];
  const installed = await readFile(join(stage.desk.home, "certbridge-host"), "utf8");
  await writeFile(launcher, installed.replace("'--no-warnings'", `'--no-warnings' '--import' '${clockFor(log)}'`), {
    mode: 0o755,
  });
  await writeFile(log, "");
  const program = await startProgram(launcher);
  try {
    const { result } = await program.ask("keys", {});
    const [key] = (result as { keys: readonly { keyId: string }[] }).keys;
    const took: { readonly ms: number; readonly emptyMs: number }[] = [];
    for (let call = 0; call < calls; call++) {
      const { ms: emptyMs } = await program.ask("status", { extension: "0.1.0" });
      const { ms } = await program.ask(verb, paramsOf(program, key?.keyId ?? ""));
      took.push({ ms, emptyMs });
    }
    return withPins(took, await readFile(log, "utf8"));
  } finally {
    await program.close();
  }
}

/**
 * The same of what happens in this process and stretches one PIN in each call; gives how long that took.
 *
 * @param folder  for the clock's log
 * @param prepare loads what stretches, for only then the clock is there
 */
export async function timeStretching(
  folder: string,
  calls: number,
  prepare: () => Promise<() => Promise<number>>,
): Promise<readonly Pick<TimedCall, "ms" | "pinMs">[]> {
  const log = resolve(folder, "own-pin.log");
  await writeFile(log, "");
  await import(clockFor(log));
  const call = await prepare();
  const took: number[] = [];
  for (let turn = 0; turn < calls; turn++) took.push(await call());
  return withPins(
    took.map((ms) => ({ ms })),
    await readFile(log, "utf8"),
  );
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
