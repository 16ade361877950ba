/** One segment, sealed and opened: STREAM (CRYPTO 2015) over SM4-GCM. docs/formats/bid-package.md, Payload */
import type { Gm, GcmRun, OpenedGcmRun } from "@certbridge/gm";
import type { GmPool } from "@certbridge/gm/pool";
import { limits } from "@certbridge/protocol/limits";
import type { PayloadKeys } from "./keys.ts";

/** Plaintext of a segment, and the same with its tag of 16 bytes. */
export const SEGMENT_LEN = limits.segmentLen;
export const SEALED_LEN = limits.sealedSegmentLen;

const PREFIX_LEN = 7;

/** prefix (7) ‖ index (4, big-endian) ‖ 01 for the last, else 00: no two segments of a package have the same. */
function nonceOf(prefix: Uint8Array, index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce.set(prefix);
  new DataView(nonce.buffer).setUint32(PREFIX_LEN, index);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Null where there are not so many whole ones. */
function noncesOf(
  prefix: Uint8Array,
  { index, isLast, count }: { readonly index: number; readonly isLast: boolean; readonly count: number },
): readonly Uint8Array[] | null {
  if (count < 1 || !Number.isInteger(count)) return null;
  return Array.from({ length: count }, (_, at) => nonceOf(prefix, index + at, isLast && at === count - 1));
}

/**
 * Ciphertext ‖ tag, SEALED_LEN bytes, an array of its own.
 *
 * @param index from 0
 * @param plain SEGMENT_LEN bytes; RangeError else
 */
export function sealSegment(
  gm: Pick<Gm, "sm4GcmEncrypt">,
  { key, prefix }: PayloadKeys,
  index: number,
  isLast: boolean,
  plain: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (plain.length !== SEGMENT_LEN) throw new RangeError(`"plain" expected ${SEGMENT_LEN} bytes, got ${plain.length}`);
  return gm.sm4GcmEncrypt(key, nonceOf(prefix, index, isLast), plain);
}

/** The plaintext, an array of its own; null where this is not that segment of a payload under these keys. */
export function openSegment(
  gm: Pick<Gm, "sm4GcmDecrypt">,
  { key, prefix }: PayloadKeys,
  index: number,
  isLast: boolean,
  sealed: Uint8Array,
): Uint8Array<ArrayBuffer> | null {
  return sealed.length === SEALED_LEN ? gm.sm4GcmDecrypt(key, nonceOf(prefix, index, isLast), sealed) : null;
}

/** Segments of a package in their order, to be sealed together: one errand to another core. */
export interface SegmentBatch {
  /** Of the first one, from 0. */
  readonly index: number;
  /** Whether the last of them is the package's last. */
  readonly isLast: boolean;
  /** SEALED_LEN bytes each: the plaintext, SEGMENT_LEN, and room for the tag. Their memory is the sealer's from then on. */
  readonly batch: Uint8Array<ArrayBuffer>;
}

/** The same memory, sealed, and the SM3 of each segment, 32 bytes. */
export interface SealedBatch {
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly digests: readonly Uint8Array<ArrayBuffer>[];
}

/** Here and now; RangeError for a batch that is not of whole segments. */
export function sealRun(
  gm: Pick<Gm, "sm4GcmEncryptRun">,
  { key, prefix }: PayloadKeys,
  { index, isLast, batch }: SegmentBatch,
): SealedBatch {
  const nonces = noncesOf(prefix, { index, isLast, count: batch.length / SEALED_LEN });
  if (nonces === null) throw new RangeError(`"batch" expected segments of ${SEALED_LEN} bytes, got ${batch.length}`);
  return { sealed: batch, digests: gm.sm4GcmEncryptRun(key, nonces, batch) };
}

/** Segments of a package in their order, one behind the other, to be opened together: one errand to another core. */
export interface SegmentRun {
  /** Of the first one, from 0. */
  readonly index: number;
  /** Whether the last of them is the package's last. */
  readonly isLast: boolean;
  /** SEALED_LEN bytes each. Their memory is the opener's from then on. */
  readonly sealed: Uint8Array<ArrayBuffer>;
  /** Whether the SM3 of each sealed segment is asked for. */
  readonly hashSealed: boolean;
  /** Parts of the plaintexts whose SM3 is asked for: offset from the first one's beginning, and length, in bytes. */
  readonly parts: GcmRun["parts"];
}

/** The plaintexts one behind the other, in memory that is nobody else's, and what was asked for; null where one of them is not that segment of a payload under these keys. */
export type RunOpener = (keys: PayloadKeys, run: SegmentRun) => Promise<OpenedGcmRun | null>;

function gcmRunOf({ prefix }: PayloadKeys, { index, isLast, sealed, hashSealed, parts }: SegmentRun): GcmRun | null {
  const nonces = noncesOf(prefix, { index, isLast, count: sealed.length / SEALED_LEN });
  return nonces === null ? null : { nonces, sealed, hashSealed, parts };
}

/** As a {@link RunOpener}, here and now. */
export function openRun(gm: Pick<Gm, "sm4GcmDecryptRun">, keys: PayloadKeys, run: SegmentRun): OpenedGcmRun | null {
  const gcmRun = gcmRunOf(keys, run);
  return gcmRun === null ? null : gm.sm4GcmDecryptRun(keys.key, gcmRun);
}

/** By the workers of a pool, which the caller made and closes. */
export const openInPool =
  (pool: Pick<GmPool, "gcmDecryptRun">): RunOpener =>
  async (keys, run) => {
    const gcmRun = gcmRunOf(keys, run);
    return gcmRun === null ? null : pool.gcmDecryptRun(keys.key, gcmRun);
  };
