/**
 * A tap between browser and companion program: hands every byte on as it comes, and writes down how long the program took
 * for each verb. `node tap.ts LOG LAUNCHER ARGUMENTS…`; a line of LOG is `verb milliseconds`.
 */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { readFrames } from "./frames.ts";

const [log = "", launcher = "", ...args] = process.argv.slice(2);
const program = spawn(launcher, args, { stdio: ["pipe", "pipe", "inherit"] });
const asked = new Map<string, { readonly verb: string; readonly at: number }>();

const down = readFrames((message) => {
  const { id, operation } = message as { id: string; operation: string };
  asked.set(id, { verb: operation, at: performance.now() });
});
const up = readFrames((message) => {
  const { id } = message as { id: string };
  const begun = asked.get(id);
  if (begun !== undefined) appendFileSync(log, `${begun.verb} ${performance.now() - begun.at}\n`);
});

process.stdin.on("data", (chunk: Buffer) => {
  program.stdin.write(chunk);
  down(chunk);
});
process.stdin.on("end", () => program.stdin.end());
program.stdout.on("data", (chunk: Buffer) => {
  process.stdout.write(chunk);
  up(chunk);
});
program.on("exit", (status) => process.exit(status ?? 1));
