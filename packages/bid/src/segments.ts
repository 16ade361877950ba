/** One segment, sealed and opened: STREAM (CRYPTO 2015) over SM4-GCM. docs/formats/bid-package.md, Payload */
import type { Gm } from "@certbridge/gm";
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

/** Opens a segment on another core, as {@link openSegment} does here. `sealed` is not changed before the promise is settled. */
export type SegmentOpener = (
  keys: PayloadKeys,
  index: number,
  isLast: boolean,
  sealed: Uint8Array,
) => Promise<Uint8Array<ArrayBuffer> | null>;

/** By the workers of a pool, which the caller made and closes. */
export const openInPool =
  (pool: Pick<GmPool, "gcmDecrypt">): SegmentOpener =>
  async ({ key, prefix }, index, isLast, sealed) =>
    sealed.length === SEALED_LEN ? pool.gcmDecrypt(key, nonceOf(prefix, index, isLast), sealed) : null;
