/** Sealed segments → files: the half of reading that knows the key. docs/formats/bid-package.md, Payload */
import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { createPieceHash } from "./hash-in-pieces.ts";
import type { PayloadKeys } from "./keys.ts";
import { notOpened } from "./refusals.ts";
import { openSegment, SEGMENT_LEN } from "./segments.ts";
import { type BidFiles, HASH_LEN, readPlan, type StreamPlan } from "./stream.ts";

/** Bytes of a file, out of a segment whose tag was right. */
export interface FilePiece {
  /** Its place in the list. */
  readonly file: number;
  readonly name: string;
  /** Where in the file. */
  readonly offset: number;
  /** Its memory is nobody else's and may be transferred; empty for a file of no bytes, which has this one piece. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Takes the sealed segments in order. Every failure is OperationError BID_NOT_OPENED, and final. */
export interface PayloadReader {
  /** The pieces in it, in order. They are genuine, but the files are whole only when `end` has said so. */
  take(sealed: Uint8Array): readonly FilePiece[];
  /** The same for a segment that was opened elsewhere: its plaintext, an array of its own, or null where its tag was wrong. */
  takeOpened(plain: Uint8Array<ArrayBuffer> | null): readonly FilePiece[];
  /** Behind the last segment: the files, whole and with the hashes that were written. */
  end(): BidFiles;
}

type Hashing = Pick<Gm, "sm3Many" | "createSm3" | "sm4GcmDecrypt">;

/**
 * @param options.keys     as `openKeys` gave them: with the commitment compared; the caller wipes them behind the end
 * @param options.segments how many the package has
 */
export function createPayloadReader(options: {
  readonly gm: Hashing;
  readonly keys: PayloadKeys;
  readonly segments: number;
}): PayloadReader {
  const { gm, keys, segments } = options;
  const hash = createPieceHash(gm, SEGMENT_LEN);
  let opened = 0;
  let failed = false;
  let plan: StreamPlan | null = null;
  /** The file that is being read, where it begins in the stream, and what is to be compared at the end. */
  let current = 0;
  let currentAt = 0;
  let computed = new Uint8Array(0);
  let written = new Uint8Array(0);

  function begin(plain: Uint8Array): StreamPlan {
    const read = readPlan(plain);
    // With this every offset of the stream lies in these segments, and the padding is less than one.
    if (read.segments !== segments) throw notOpened();
    currentAt = read.filesAt;
    computed = new Uint8Array(HASH_LEN * read.files.length);
    written = new Uint8Array(HASH_LEN * read.files.length);
    return read;
  }

  /** The files' part of a segment that begins at `at` of the stream. */
  function piecesOf({ files }: StreamPlan, plain: Uint8Array<ArrayBuffer>, at: number): FilePiece[] {
    const pieces: FilePiece[] = [];
    for (let file = files[current]; file !== undefined; file = files[current]) {
      const { name, size } = file;
      const from = Math.max(at, currentAt);
      const to = Math.min(at + SEGMENT_LEN, currentAt + size);
      if (from >= at + SEGMENT_LEN) break;
      // The segment's own memory where no other file lies in it: most of a large bid.
      const isAlone = to === at + SEGMENT_LEN && pieces.length === 0;
      const bytes = isAlone ? plain.subarray(from - at) : plain.slice(from - at, to - at);
      hash.update(bytes);
      pieces.push({ file: current, name, offset: from - currentAt, bytes });
      if (to < currentAt + size) break;
      computed.set(hash.digest(), HASH_LEN * current);
      currentAt += size;
      current++;
    }
    return pieces;
  }

  /** The hashes' part of it. */
  function keepHashes({ hashesAt, endAt }: StreamPlan, plain: Uint8Array, at: number): void {
    const from = Math.max(at, hashesAt);
    const to = Math.min(at + SEGMENT_LEN, endAt);
    if (to > from) written.set(plain.subarray(from - at, to - at), from - hashesAt);
  }

  function checkEnd({ endAt }: StreamPlan, plain: Uint8Array, at: number): void {
    const isZero = plain.subarray(endAt - at).every((byte) => byte === 0);
    const isSame = computed.every((byte, place) => byte === written[place]);
    if (!isZero || !isSame) throw notOpened();
  }

  function read(plain: Uint8Array<ArrayBuffer> | null): readonly FilePiece[] {
    const index = opened++;
    const isLast = opened === segments;
    if (plain === null || index >= segments) throw notOpened();
    const at = index * SEGMENT_LEN;
    plan ??= begin(plain);
    // First what looks at the segment, then the pieces, which may be the segment itself and be given away.
    keepHashes(plan, plain, at);
    const pieces = piecesOf(plan, plain, at);
    if (isLast) checkEnd(plan, plain, at);
    return pieces;
  }

  /** After the first failure nothing is right any more. */
  function once<T>(step: () => T): T {
    if (failed) throw notOpened();
    failed = true;
    try {
      const done = step();
      failed = false;
      return done;
    } catch (error) {
      throw OperationError.is(error, "MALFORMED") ? notOpened() : error;
    }
  }

  return {
    take: (sealed) =>
      once(() => read(opened < segments ? openSegment(gm, keys, opened, opened === segments - 1, sealed) : null)),
    takeOpened: (plain) => once(() => read(plain)),
    end: () =>
      once(() => {
        if (plan === null || opened !== segments) throw notOpened();
        return plan.files;
      }),
  };
}
