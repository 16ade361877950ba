/** What the room needs from outside: where bytes come from, where they go, and a checksum that every system has already. */
import { OperationError } from "@certbridge/protocol/errors";

/** Bytes that can be read anywhere: a File, a file of the host, a range of an upload. */
export interface ByteSource {
  /** Bytes there are; does not change. */
  readonly size: number;
  /**
   * Exactly `len` bytes from `at` on, the reader's own from then on. Where they cannot be had it throws: CONTENT_UNREADABLE with the
   * name that people know it by, which nobody here knows.
   */
  read(at: number, len: number): Promise<Uint8Array>;
}

/** Where bytes can be written anywhere, also again: an OPFS handle, a file of the host. */
export interface ByteSink {
  /** All of the bytes at `at`. They are not changed before the promise is kept. */
  write(at: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
}

/** CRC-32 (ISO 3309, as ZIP has it) of the bytes behind those whose CRC-32 is `soFar`, 0 to 2³² − 1; `zlib.crc32` is one, the core's `crc32` another. */
export type Crc32 = (bytes: Uint8Array, soFar: number) => number;

/** Told while a long job goes on: bytes of the payload that are done, and all of them. */
export type Progress = (doneLen: number, wholeLen: number) => void;

/** What every long job takes beside its own. */
export interface JobOptions {
  readonly onProgress?: Progress;
  /** Ends the job between two segments: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * As the source reads, and no fewer or more bytes than were asked for.
 *
 * @throws OperationError CONTENT_UNREADABLE
 */
export async function readExactly(source: ByteSource, at: number, len: number): Promise<Uint8Array> {
  const bytes = await source.read(at, len);
  if (bytes.length !== len) throw new OperationError("CONTENT_UNREADABLE", { name: "bid package" });
  return bytes;
}

/** One byte string out of many. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
