/** Sealed segments → files: the half of reading that knows the key. docs/formats/bid-package.md, Payload */
import type { Gm, OpenedGcmRun } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { createPieceHash } from "./hash-in-pieces.ts";
import type { PayloadKeys } from "./keys.ts";
import { notOpened } from "./refusals.ts";
import { openSegment, SEGMENT_LEN, type SegmentRun } from "./segments.ts";
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
  /**
   * Which parts of a run are pieces of files that lie wholly in it, for {@link SegmentRun.parts}: none before the first segment was taken, since
   * that says where the files lie.
   *
   * @param index of its first segment
   * @param count how many it has
   */
  partsOf(index: number, count: number): SegmentRun["parts"];
  /** The same for the segments that come next, opened elsewhere with their {@link partsOf} hashed or none; null where one of them was wrong. */
  takeOpened(opened: Pick<OpenedGcmRun, "plain" | "partsSm3"> | null): readonly FilePiece[];
  /** Behind the last segment: the files, whole and with the hashes that were written. */
  end(): BidFiles;
}

/** The SM3 of a piece, and where it stands in the stream. */
interface HashedPiece {
  readonly at: number;
  readonly len: number;
  readonly sm3: Uint8Array;
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

  /** Pieces of files that lie wholly in the stream from `from` to `to`, in order: where in the stream, and how long. */
  function wholePieces({ files }: StreamPlan, from: number, to: number): SegmentRun["parts"] {
    const pieces: [number, number][] = [];
    let fileAt = currentAt;
    for (let file = current; file < files.length && fileAt < to; file++) {
      const end = fileAt + (files[file]?.size ?? 0);
      const first = fileAt + SEGMENT_LEN * Math.max(0, Math.ceil((from - fileAt) / SEGMENT_LEN));
      for (let at = first; at < end; at += SEGMENT_LEN) {
        const len = Math.min(SEGMENT_LEN, end - at);
        if (at + len > to) break;
        pieces.push([at, len]);
      }
      fileAt = end;
    }
    return pieces;
  }

  /** The files' part of a run that begins at `at` of the stream. */
  function piecesOf(
    { files }: StreamPlan,
    plain: Uint8Array<ArrayBuffer>,
    at: number,
    hashed: HashedPiece[],
  ): FilePiece[] {
    const pieces: FilePiece[] = [];
    const endAt = at + plain.length;
    for (let file = files[current]; file !== undefined; file = files[current]) {
      const { name, size } = file;
      const from = Math.max(at, currentAt);
      const to = Math.min(endAt, currentAt + size);
      if (from >= endAt) break;
      // The run's own memory where no other file lies in it: most of a large bid.
      const isAlone = to === endAt && pieces.length === 0;
      const bytes = isAlone ? plain.subarray(from - at) : plain.slice(from - at, to - at);
      hashBytes(bytes, from, hashed);
      pieces.push({ file: current, name, offset: from - currentAt, bytes });
      if (to < currentAt + size) break;
      computed.set(hash.digest(), HASH_LEN * current);
      currentAt += size;
      current++;
    }
    return pieces;
  }

  /** Into the file's hash, bytes that stand from `from` on in the stream: as the SM3 of a piece where somebody has it. */
  function hashBytes(bytes: Uint8Array, from: number, hashed: HashedPiece[]): void {
    let done = 0;
    for (let piece = hashed[0]; piece !== undefined && piece.at < from + bytes.length; piece = hashed[0]) {
      hash.update(bytes.subarray(done, piece.at - from));
      hash.takeHashed(piece.sm3);
      done = piece.at - from + piece.len;
      hashed.shift();
    }
    hash.update(bytes.subarray(done));
  }

  /** The hashes' part of it. */
  function keepHashes({ hashesAt, endAt }: StreamPlan, plain: Uint8Array, at: number): void {
    const from = Math.max(at, hashesAt);
    const to = Math.min(at + plain.length, endAt);
    if (to > from) written.set(plain.subarray(from - at, to - at), from - hashesAt);
  }

  function checkEnd({ endAt }: StreamPlan, plain: Uint8Array, at: number): void {
    // A loop, for it is up to a segment of a megabyte.
    let bits = 0;
    for (let place = endAt - at; place < plain.length; place++) bits |= plain[place] ?? 0;
    const isZero = bits === 0;
    const isSame = computed.every((byte, place) => byte === written[place]);
    if (!isZero || !isSame) throw notOpened();
  }

  function read(run: Parameters<PayloadReader["takeOpened"]>[0]): readonly FilePiece[] {
    const index = opened;
    opened += (run?.plain.length ?? SEGMENT_LEN) / SEGMENT_LEN;
    if (run === null || opened <= index || opened > segments || !Number.isInteger(opened)) throw notOpened();
    const { plain, partsSm3 } = run;
    const at = index * SEGMENT_LEN;
    const parts = plan === null ? [] : wholePieces(plan, at, at + plain.length);
    plan ??= begin(plain);
    const isHashed = partsSm3.length === parts.length;
    const hashed = parts.flatMap(([from, len], place) => {
      const sm3 = partsSm3[place];
      return isHashed && sm3 !== undefined ? [{ at: from, len, sm3 }] : [];
    });
    // First what looks at the segments, then the pieces, which may be the run itself and be given away.
    keepHashes(plan, plain, at);
    const pieces = piecesOf(plan, plain, at, hashed);
    if (opened === segments) checkEnd(plan, plain, at);
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
      once(() => {
        const plain = opened < segments ? openSegment(gm, keys, opened, opened === segments - 1, sealed) : null;
        return read(plain === null ? null : { plain, partsSm3: [] });
      }),
    partsOf(index, count) {
      const at = index * SEGMENT_LEN;
      return plan === null
        ? []
        : wholePieces(plan, at, at + count * SEGMENT_LEN).map(([from, len]) => [from - at, len]);
    },
    takeOpened: (run) => once(() => read(run)),
    end: () =>
      once(() => {
        if (plan === null || opened !== segments) throw notOpened();
        return plan.files;
      }),
  };
}
