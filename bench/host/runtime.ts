/** The bare runtime: the Node that runs the program, with the same flags and nothing to do. */
import { type ChildProcess, spawn } from "node:child_process";
import { FLAGS } from "./key.ts";

/** Writes a byte, as early as a script can, and waits for its input to end. */
const BARE = 'require("node:fs").writeSync(1, "."); process.stdin.resume()';

/** Started, with input and output as a browser gives them. */
export function startBare(): ChildProcess {
  return spawn(process.execPath, [...FLAGS, "-e", BARE], { stdio: ["pipe", "pipe", "ignore"], env: {} });
}

/** Milliseconds from the spawning until the first byte. */
export async function timeBareStart(): Promise<number> {
  const startedAt = performance.now();
  const child = startBare();
  const ended = new Promise((resolve) => child.on("close", resolve));
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  const ms = performance.now() - startedAt;
  child.stdin?.end();
  await ended;
  return ms;
}
