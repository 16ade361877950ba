import type { ByteSource } from "@certbridge/bid";
import { OperationError } from "@certbridge/protocol/errors";

/**
 * A file that is read from its beginning to its end, for the most part: while some of it is used the next is read.
 *
 * @param name for CONTENT_UNREADABLE, where it was changed or removed meanwhile
 */
export function readAhead(from: Blob, name: string): ByteSource {
  const read = (at: number, len: number) => from.slice(at, at + len).arrayBuffer();
  let ahead: { readonly at: number; readonly len: number; readonly bytes: Promise<ArrayBuffer> } | null = null;
  return {
    size: from.size,
    async read(at, len) {
      const bytes = ahead?.at === at && ahead.len === len ? ahead.bytes : read(at, len);
      ahead = { at: at + len, len, bytes: read(at + len, len) };
      ahead.bytes.catch(() => undefined);
      try {
        return new Uint8Array(await bytes);
      } catch (cause) {
        throw new OperationError("CONTENT_UNREADABLE", { name }, { cause });
      }
    },
  };
}
