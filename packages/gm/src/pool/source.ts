/** Where a pool's bytes come from, cut into segments. */
import { checkBytes } from "../check.ts";
import type { Loan } from "./buffers.ts";
import { SEGMENT_LEN } from "../core/segments.ts";

/** Where bytes come from, in chunks of any length. A chunk is the source's own again when the next one is asked for. */
export type Source = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** The chunks of a source. Chromium before 124 has streams that cannot be iterated. */
function chunksOf(source: Source): AsyncIterator<Uint8Array, unknown> {
  const { [Symbol.asyncIterator]: iterate } = source as Partial<AsyncIterable<Uint8Array>>;
  if (iterate !== undefined) return iterate.call(source);
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  return {
    next: () => reader.read(),
    return: async () => ({ done: true, value: await reader.cancel() }),
  };
}

/** Reads chunks into segments. */
export function readSegments(source: Source) {
  const chunks = chunksOf(source);
  let chunk: Uint8Array = new Uint8Array(0);
  let ended = false;
  let stopped = false;

  return {
    /** Fills the buffer and answers how many bytes there are now: fewer than a segment's only at the end. */
    async fill(loan: Loan): Promise<number> {
      const into = new Uint8Array(loan.buffer);
      let len = 0;
      while (len < SEGMENT_LEN && !ended) {
        if (chunk.length === 0) {
          const next = await chunks.next();
          // The buffer may be another's by now.
          if (stopped) return 0;
          if (next.done === true) {
            ended = true;
            break;
          }
          checkBytes("chunk", next.value);
          chunk = next.value;
        }
        const part = chunk.subarray(0, SEGMENT_LEN - len);
        into.set(part, len);
        len += part.length;
        chunk = chunk.subarray(part.length);
        loan.used = Math.max(loan.used, len);
      }
      return len;
    },

    /** Touches no buffer from here on, and tells the source. One that is stuck is not waited for. */
    stop(): void {
      if (ended || stopped) return;
      stopped = true;
      chunks.return?.().catch(() => undefined);
    },
  };
}
