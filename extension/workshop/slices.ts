/** A file's bytes in order, however long it is: what the workshop hashes, encrypts and opens by. */
import { OperationError } from "@certbridge/protocol/errors";

/**
 * Bytes of one stream. A browser looks at a file's date when it begins to read, so that one which is changed meanwhile is found out that soon.
 */
const STREAM_LEN = 64 * 1024 * 1024;

type Buffer = Uint8Array<ArrayBuffer>;

interface ByteReader {
  read(into: Buffer, options: { readonly min: number }): Promise<{ readonly value?: Buffer; readonly done: boolean }>;
  cancel(): Promise<void>;
}

/**
 * Streams that are being read. Chromium (156) does not hold one for the sake of a read that is under way: where nothing but that read knows of it, the memory's
 * sweeping takes stream, reader and whoever waits for them, and the read never ends. Seen at one of some thousand reads, beside a program that kept the browser busy.
 */
const beingRead = new Set<ByteReader>();

/** Null where a file's stream cannot fill memory that it is given, as in Chromium for long. */
function openReader(part: Blob): ByteReader | null {
  const stream = part.stream();
  try {
    return stream.getReader({ mode: "byob" }) as ByteReader;
  } catch {
    stream.cancel().catch(() => undefined);
    return null;
  }
}

/** The next bytes, so many, fewer at the end. */
async function fill(reader: ByteReader, memory: ArrayBuffer, len: number): Promise<Buffer> {
  let filled = new Uint8Array(memory, 0, 0);
  for (let isOver = false; !isOver && filled.length < len;) {
    const rest = new Uint8Array(filled.buffer, filled.length, len - filled.length);
    const { value, done } = await reader.read(rest, { min: rest.length });
    if (value !== undefined) filled = new Uint8Array(value.buffer, 0, value.byteOffset + value.length);
    isOver = done;
  }
  return filled;
}

export interface Reading {
  /**
   * Bytes of the file, which has that many. What goes on from the last ones comes by a stream: that costs Firefox a third, and Chromium half, of what
   * slices do.
   *
   * @param memory for them, theirs from then on; they may come in other memory
   * @throws OperationError CONTENT_UNREADABLE where the file is gone or was changed meanwhile
   */
  read(from: number, len: number, memory?: ArrayBuffer): Promise<Buffer>;
  close(): void;
}

/** @param name of the file, for the error */
export function openReading(content: Blob, name: string): Reading {
  let stream: { readonly reader: ByteReader; readonly end: number } | null = null;
  let canStream = true;
  /** Behind the last bytes that were asked for. */
  let at = 0;

  function close(): void {
    if (stream === null) return;
    beingRead.delete(stream.reader);
    stream.reader.cancel().catch(() => undefined);
    stream = null;
  }

  async function bytesOf(from: number, len: number, memory: ArrayBuffer | undefined): Promise<Buffer> {
    const goesOn = from === at && from > 0;
    at = from + len;
    if (stream !== null && (!goesOn || at > stream.end)) close();
    if (goesOn && stream === null && canStream) {
      const end = from + Math.max(len, STREAM_LEN);
      const reader = openReader(content.slice(from, end));
      if (reader !== null) {
        beingRead.add(reader);
        stream = { reader, end };
      }
      canStream = reader !== null;
    }
    return stream === null
      ? new Uint8Array(await content.slice(from, at).arrayBuffer())
      : fill(stream.reader, memory ?? new ArrayBuffer(len), len);
  }

  return {
    async read(from, len, memory) {
      try {
        const bytes = await bytesOf(from, len, memory);
        if (bytes.length !== len) throw new RangeError(`expected ${len} bytes, got ${bytes.length}`);
        return bytes;
      } catch (cause) {
        throw new OperationError("CONTENT_UNREADABLE", { name }, { cause });
      }
    },
    close,
  };
}

/**
 * Slices of one length, the last one shorter. The next one is read while the last one is used.
 *
 * @param name of the file, for the error
 * @param len  bytes of a slice
 * @param take memory for a slice, at least that long, which is the slice's from then on; a slice may come in memory of its own
 * @throws OperationError CONTENT_UNREADABLE where the file is gone or was changed meanwhile
 */
export async function* slicesOf(
  content: Blob,
  name: string,
  len: number,
  take: () => ArrayBuffer | undefined = () => undefined,
): AsyncGenerator<Buffer, void> {
  const { read, close } = openReading(content, name);
  const next = (from: number) => (from < content.size ? read(from, Math.min(len, content.size - from), take()) : null);
  try {
    for (let from = 0, coming = next(0); coming !== null; from += len) {
      const slice = await coming;
      coming = next(from + len);
      // One that fails is told when it is waited for.
      coming?.catch(() => undefined);
      yield slice;
    }
    // What was changed since the last stream began.
    if (content.size > 0) await read(0, 1);
  } finally {
    close();
  }
}
