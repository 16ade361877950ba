/** The stream that is cut into segments: where its parts lie follows from its index alone. docs/formats/bid-package.md, Payload */
import { type BidFileList, bidFileList } from "@certbridge/protocol/bid";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { join } from "./bytes-in-and-out.ts";
import { SEALED_LEN, SEGMENT_LEN } from "./segments.ts";

export type BidFiles = BidFileList["files"];

/** Bytes of the length before the index, and of each file's hash behind the files. */
const COUNT_LEN = 4;
export const HASH_LEN = 32;

/** A stream's parts: lengths and offsets in bytes. */
export interface StreamPlan {
  readonly files: BidFiles;
  /** Behind the index. */
  readonly filesAt: number;
  /** Behind the files. */
  readonly hashesAt: number;
  /** Behind the hashes: the rest of the last segment is zeros, and less than a segment. */
  readonly endAt: number;
  readonly segments: number;
}

function planOf(files: BidFiles, indexLen: number): StreamPlan {
  const filesAt = COUNT_LEN + indexLen;
  // Exact: a thousand sizes of at most 2³⁶ have a sum below 2⁵³.
  const hashesAt = files.reduce((sum, { size }) => sum + size, filesAt);
  const endAt = hashesAt + HASH_LEN * files.length;
  return { files, filesAt, hashesAt, endAt, segments: Math.ceil(endAt / SEGMENT_LEN) };
}

/**
 * The plan of these files, and what stands before them in the stream.
 *
 * @throws OperationError MALFORMED where a name or size is none for a bid package, or there are none or too many; TOO_LARGE where
 *   the index or the whole is
 */
export function planStream(files: BidFiles): { plan: StreamPlan; start: Uint8Array<ArrayBuffer> } {
  const index = encodeCanonical({ files });
  if (index.length > limits.bidFileListLen) throw new OperationError("TOO_LARGE", { limit: limits.bidFileListLen });
  const plan = planOf(parseCanonical(bidFileList, index, limits.bidFileListLen, "file list").files, index.length);
  if (plan.segments * SEALED_LEN > limits.packageLen) {
    throw new OperationError("TOO_LARGE", { limit: limits.packageLen });
  }
  const count = new Uint8Array(COUNT_LEN);
  new DataView(count.buffer).setUint32(0, index.length);
  return { plan, start: join([count, index]) };
}

/**
 * The plan that the first segment has; an index is shorter than a segment.
 *
 * @param plain SEGMENT_LEN bytes
 * @throws OperationError MALFORMED
 */
export function readPlan(plain: Uint8Array): StreamPlan {
  const indexLen = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  const index = plain.subarray(COUNT_LEN, COUNT_LEN + indexLen);
  return planOf(parseCanonical(bidFileList, index, limits.bidFileListLen, "file list").files, indexLen);
}

/** Length of the payload of these files, known before a byte of them is. Errors as of {@link planStream}. */
export function payloadLenOf(files: BidFiles): number {
  return planStream(files).plan.segments * SEALED_LEN;
}
