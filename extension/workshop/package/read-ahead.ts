import type { ByteSource } from "@certbridge/bid";
import { openReading } from "../slices.ts";

/**
 * A file that is read from its beginning to its end, for the most part: while some of it is used the next is read.
 *
 * @param name for CONTENT_UNREADABLE, where it was changed or removed meanwhile
 */
export function readAhead(from: Blob, name: string): ByteSource & { close(): void } {
  const { read, close } = openReading(from, name);
  let ahead: { readonly at: number; readonly len: number; readonly bytes: Promise<Uint8Array> } | null = null;
  return {
    size: from.size,
    async read(at, len) {
      const bytes = await (ahead?.at === at && ahead.len === len ? ahead.bytes : read(at, len));
      const next = { at: at + len, len: Math.min(len, from.size - at - len) };
      ahead = next.len > 0 ? { ...next, bytes: read(next.at, next.len) } : null;
      // One that fails is told when it is asked for.
      ahead?.bytes.catch(() => undefined);
      return bytes;
    },
    close,
  };
}
