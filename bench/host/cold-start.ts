/**
 * From the spawning of the installed program, by the launcher as a browser starts it, to its first answer on native messaging, beyond what the bare runtime
 * takes until its first byte. The first message is the extension's own, `status` with a challenge to be signed, and lies ready when the program comes to
 * read it. Programs and bare runtimes take turns; files are warm. The figure is the median of the differences, pair by pair.
 */
import { spawn } from "node:child_process";
import { withFolder } from "../bid/files.ts";
import { alone, median, type Part } from "../figure.ts";
import { encodeFrame, readFrames } from "../native/frames.ts";
import { CALLER } from "../native/program.ts";
import { installIn, pairFirst } from "./installed.ts";
import { timeBareStart } from "./runtime.ts";

/** Milliseconds from the spawning until the answer is there. */
async function timeFirstAnswer(launcher: string, question: object): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(launcher, [CALLER], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdin.write(encodeFrame(question));
  const answer = await new Promise<unknown>((resolve) => child.stdout.on("data", readFrames(resolve)));
  const ms = performance.now() - startedAt;
  child.stdin.end();
  await ended;
  const { ok, result } = answer as { ok: boolean; result?: { paired: boolean; identity: object | null } };
  if (!ok || result?.paired !== true || result.identity === null) throw new Error("the first answer is none");
  return ms;
}

export const coldStart: Part = {
  metrics: ["host.cold-start-above-runtime", "host.cold-start"],
  measure: ({ rounds }) =>
    withFolder(async (folder) => {
      const { launcher } = await installIn(folder);
      const question = await pairFirst(launcher);
      const [above, whole, bare]: [number[], number[], number[]] = [[], [], []];
      // The first pair meets cold files.
      for (let round = 0; round <= rounds * 5; round++) {
        const bareMs = await timeBareStart();
        const ms = await timeFirstAnswer(launcher, question());
        if (round === 0) continue;
        above.push(ms - bareMs);
        whole.push(ms);
        bare.push(bareMs);
      }
      return [
        alone("host.cold-start-above-runtime", "node", median(above), "ms", { floor: 60, aim: 15 }),
        alone("host.cold-start", "node", median(whole), "ms"),
        alone("host.cold-start.runtime", "node", median(bare), "ms"),
      ];
    }),
};
