/** From a source to segments in order, with reading, work and delivery at the same time. */
import type { Buffers, Loan } from "./buffers.ts";
import type { CrewJob, Done } from "./crew.ts";
import { SEGMENT_LEN } from "../core/segments.ts";
import { readSegments, type Source } from "./source.ts";

/** A job's segments, in order. What is read and what is asked for goes on while a segment is out; each is lent until the next. */
export async function* segmentsOf(
  buffers: Buffers,
  job: CrewJob,
  source: Source,
  signal: AbortSignal | undefined,
): AsyncGenerator<Done, void> {
  const reader = readSegments(source);
  const flight: Promise<Done>[] = [];
  let index = 0;
  let filling: { readonly loan: Loan; readonly len: Promise<number> } | null = null;
  let lent: Loan | null = null;
  let ended = false;
  let interrupt: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => {
    job.end();
    interrupt(signal?.reason);
  };
  signal?.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (filling === null && !ended) {
        const loan = buffers.take(flight.length === 0);
        if (loan !== null) filling = { loan, len: reader.fill(loan) };
      }
      const [head] = flight;
      if (filling === null && head === undefined) return;
      const { len } = filling ?? {};
      const next = await new Promise<number | Done>((resolve, reject) => {
        interrupt = reject;
        // A segment to be sent comes first: the workers wait for it.
        len?.then(resolve, reject);
        head?.then(resolve, reject);
      });
      if (typeof next === "number") {
        const { loan } = filling ?? {};
        filling = null;
        ended = next < SEGMENT_LEN;
        if (loan === undefined) continue;
        if (next === 0) {
          buffers.give(loan);
          continue;
        }
        const done = job.transform(loan, next, index++);
        done.catch(() => undefined); // told when its turn comes
        flight.push(done);
      } else {
        void flight.shift();
        lent = next.loan;
        yield next;
        buffers.give(lent);
        lent = null;
      }
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    reader.stop();
    filling?.len.catch(() => undefined);
    for (const loan of [lent, filling?.loan]) if (loan) buffers.give(loan);
    if (flight.length > 0) job.end();
    for (const left of await Promise.allSettled(flight)) {
      if (left.status === "fulfilled") buffers.give(left.value.loan);
    }
  }
}
