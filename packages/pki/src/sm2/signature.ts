import { checkDer, element, fixedLen, malformed, partsOf, SEQUENCE, unsignedInteger } from "../der.ts";

const WHAT = "signature";
/** Two INTEGERs of 33 bytes at most, each with its header, and the header around them. */
const MAX_LEN = 72;

/** r ‖ s, 64 bytes → SM2Signature ::= SEQUENCE { R INTEGER, S INTEGER }, GM/T 0009-2012 clause 7.3. */
export function encodeSignature(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  if (raw.length !== 64) throw new RangeError(`"raw" expected 64 bytes, got ${raw.length}`);
  return element(SEQUENCE, unsignedInteger(raw.subarray(0, 32)), unsignedInteger(raw.subarray(32)));
}

/** The inverse, DER only; short r and s are padded. @throws OperationError MALFORMED */
export function parseSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, MAX_LEN, WHAT);
  const [r, s, more] = partsOf(der, SEQUENCE, WHAT);
  if (r === undefined || s === undefined || more !== undefined) throw malformed(WHAT);
  const raw = new Uint8Array(64);
  raw.set(fixedLen(r, 32, WHAT));
  raw.set(fixedLen(s, 32, WHAT), 32);
  return raw;
}

/**
 * What the field sends: DER, or r ‖ s as it is. Sixty-four bytes are taken as r ‖ s: DER of that length would need r and s
 * together six bytes short.
 *
 * @throws OperationError MALFORMED
 */
export function parseEitherSignature(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.length === 64 ? new Uint8Array(bytes) : parseSignature(bytes);
}
