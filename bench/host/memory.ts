/**
 * What the program and the worker of one library have in memory when nothing has been asked for a while. Both are Node: beside it stands how much of that
 * two bare runtimes have, too.
 */
import { withFolder } from "../bid/files.ts";
import { alone, median, type Part } from "../figure.ts";
import { startProgram } from "../native/program.ts";
import { installIn } from "./installed.ts";
import { childrenOf, residentOf } from "./processes.ts";
import { startBare } from "./runtime.ts";

const REST_MS = 5000;

const pause = (ms: number) => new Promise<void>((wait) => setTimeout(wait, ms));

interface Idle {
  readonly program: number;
  readonly worker: number;
  readonly bare: number;
}

/** MiB of each. */
async function restOnce(folder: string): Promise<Idle> {
  const { launcher } = await installIn(folder);
  const program = await startProgram(launcher);
  const bare = startBare();
  try {
    // The list of keys is what a worker is started for.
    await program.ask("keys", {});
    await pause(REST_MS);
    const [worker, ...others] = await childrenOf(program.pid);
    if (worker === undefined || others.length > 0) throw new Error("not one worker beside the program");
    return {
      program: await residentOf(program.pid),
      worker: await residentOf(worker),
      bare: await residentOf(bare.pid ?? 0),
    };
  } finally {
    bare.stdin?.end();
    await program.close();
  }
}

export const memory: Part = {
  metrics: ["host.memory"],
  async measure({ quick }) {
    const seen: Idle[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) seen.push(await withFolder(restOnce));
    const of = (part: (idle: Idle) => number) => median(seen.map(part));
    return [
      alone(
        "host.memory",
        "node",
        of(({ program, worker }) => program + worker),
        "MiB",
      ),
      alone(
        "host.memory.above-runtime",
        "node",
        of(({ program, worker, bare }) => program + worker - 2 * bare),
        "MiB",
      ),
      alone(
        "host.memory.program",
        "node",
        of(({ program }) => program),
        "MiB",
      ),
      alone(
        "host.memory.worker",
        "node",
        of(({ worker }) => worker),
        "MiB",
      ),
      alone(
        "host.memory.runtime",
        "node",
        of(({ bare }) => bare),
        "MiB",
      ),
    ];
  },
};
