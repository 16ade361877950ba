/**
 * Starts programs from a process that does nothing else. Who starts a program forks first, and from then on the kernel has every page that
 * either side writes to copied, or at least looked at: tens of megabytes of array buffers, paid by whoever is measured next, page by page,
 * and the more the faster it is. So what is measured never forks.
 */
import { execFile, fork } from "node:child_process";

/** What a program says on standard output. Rejects where it cannot be started, or fails. */
export type Start = (program: string, words: readonly string[]) => Promise<string>;

interface Wish {
  readonly id: number;
  readonly program: string;
  readonly words: readonly string[];
}

interface Answer {
  readonly id: number;
  readonly stdout: string;
  readonly failure: string | null;
}

/** The process, and how to ask it. It ends when it is closed, or the one that opened it ends. */
export function openStarter(): { readonly start: Start; close(): void } {
  const child = fork(import.meta.filename);
  const waiting = new Map<number, (answer: Answer) => void>();
  let ids = 0;
  child.on("message", (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.on("exit", () => {
    for (const [id, settle] of waiting) settle({ id, stdout: "", failure: "who starts the programs has ended" });
  });
  return {
    start: (program, words) =>
      new Promise((resolve, reject) => {
        const id = ids++;
        waiting.set(id, ({ stdout, failure }) => (failure === null ? resolve(stdout) : reject(new Error(failure))));
        child.send({ id, program, words } satisfies Wish);
      }),
    close: () => child.disconnect(),
  };
}

/** The side that starts: this file as a program. */
if (import.meta.main) {
  process.on("message", ({ id, program, words }: Wish) => {
    execFile(program, words, (error, stdout) =>
      process.send?.({ id, stdout, failure: error?.message ?? null } satisfies Answer),
    );
  });
}
