/**
 * The buffers of a pool. They go to a worker and come back by transfer, since a fresh one for each segment costs more than a second worker
 * gains: its pages are faulted in by the kernel, one core at a time.
 */
import { SEGMENT_LEN } from "../core/segments.ts";

/** A place for one segment; `buffer` is another object each time it has come back. */
export interface Loan {
  buffer: ArrayBuffer;
  /** Bytes that may hold something of a job. */
  used: number;
}

export type Buffers = ReturnType<typeof createBuffers>;

/** At most `limit` at a time, and one more for each job that has none. */
export function createBuffers(limit: number) {
  const free: Loan[] = [];
  let live = 0;

  function wipe(loan: Loan): void {
    new Uint8Array(loan.buffer, 0, loan.used).fill(0);
    loan.used = 0;
  }

  return {
    /** Null where all are in use, unless it would be the `first` of a job: no job waits for another's reader. */
    take(first: boolean): Loan | null {
      const kept = free.pop();
      if (kept !== undefined) return kept;
      if (live >= limit && !first) return null;
      live++;
      return { buffer: new ArrayBuffer(SEGMENT_LEN), used: 0 };
    },
    /** One whose bytes a reader has given away is gone. */
    give(loan: Loan): void {
      if (loan.buffer.byteLength === 0) live--;
      else if (live <= limit) {
        free.push(loan);
      } else {
        wipe(loan);
        live--;
      }
    },
    /** It went down with a worker. */
    lose(): void {
      live--;
    },
    /** Leaves nothing in those that nobody holds. */
    clean(): void {
      free.forEach(wipe);
    },
    /** How many there are, free or in use. */
    live: () => live,
  };
}
