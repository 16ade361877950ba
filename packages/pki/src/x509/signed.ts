import type { Gm } from "@certbridge/gm";
import { algorithmOf, bareAlgorithm } from "../algorithm.ts";
import { bitsOf, bitString, checkDer, element, malformed, partsOf, sameBytes, SEQUENCE } from "../der.ts";
import { oid } from "../oid.ts";
import { encodeSignature, parseSignature } from "../sm2/signature.ts";

/** SIGNED{}, the frame that certificates, lists and requests share: what is signed, the algorithm, the signature. RFC 5280 clause 4.1.1. */
export interface Signed {
  /** What is signed, DER, as it stands. */
  readonly tbs: Uint8Array;
  /** AlgorithmIdentifier, DER; what names it a second time inside must name the same (clause 4.1.2.3). */
  readonly algorithm: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
}

/** Of a signature or an algorithm, DER. Bytes. */
const SMALL_LEN = 128;

/** Parameters are left out: RFC 8998 and GM/T 0015 know none. */
export const signatureAlgorithm = (): Uint8Array<ArrayBuffer> => bareAlgorithm(oid.sm2WithSm3);

/** Signs with the default distinguishing id, GM/T 0009-2012 clause 10. */
export function encodeSigned(
  gm: Pick<Gm, "sm2Sign">,
  tbs: Uint8Array,
  privateKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, tbs, signatureAlgorithm(), bitString(encodeSignature(gm.sm2Sign(privateKey, tbs))));
}

/** @throws OperationError MALFORMED, naming `what`: broken DER, too large, or another signature than SM2 with SM3 */
export function parseSigned(der: Uint8Array, maxLen: number, what: string, maxElements?: number): Signed {
  checkDer(der, maxLen, what, maxElements);
  return frameOf(der, maxLen, what);
}

/**
 * The frame alone, by its lengths: of `tbs` nothing was looked at. For what is large, so that its signature is proved first, and then read by
 * {@link parseSigned}.
 *
 * @throws OperationError MALFORMED, naming `what`
 */
export function frameOf(der: Uint8Array, maxLen: number, what: string): Signed {
  if (der.length > maxLen) throw malformed(what);
  const [tbs, algorithm, signature, more] = partsOf(der, SEQUENCE, what);
  if (tbs === undefined || algorithm === undefined || signature === undefined || more !== undefined)
    throw malformed(what);
  for (const part of [algorithm, signature]) checkDer(part, SMALL_LEN, what);
  if (algorithmOf(algorithm, what) !== oid.sm2WithSm3) throw malformed(what);
  return { tbs, algorithm, signature: parseSignature(bitsOf(signature, what)) };
}

/** Refuses an algorithm inside that is not the one outside. @throws OperationError MALFORMED */
export function checkSameAlgorithm(signed: Signed, inside: Uint8Array | undefined, what: string): void {
  if (inside === undefined || !sameBytes(inside, signed.algorithm)) throw malformed(what);
}
