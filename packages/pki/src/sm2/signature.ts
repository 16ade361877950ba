import { checkDer, element, elementsOf, fixedLen, malformed, SEQUENCE, unsignedInteger } from "../der.ts";

const MAX_LEN = 80;

/** r ‖ s, 64 bytes → SM2Signature ::= SEQUENCE { R INTEGER, S INTEGER }, GM/T 0009-2012 clause 7.3. */
export function encodeSignature(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  if (raw.length !== 64) throw new RangeError(`"raw" expected 64 bytes, got ${raw.length}`);
  return element(SEQUENCE, unsignedInteger(raw.subarray(0, 32)), unsignedInteger(raw.subarray(32)));
}

/** The inverse, DER only. @throws OperationError MALFORMED */
export function parseSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, MAX_LEN, "signature");
  const parts = elementsOf(der);
  const [r, s] = parts;
  if (der[0] !== SEQUENCE || r === undefined || s === undefined || parts.length !== 2) throw malformed("signature");
  const raw = new Uint8Array(64);
  raw.set(fixedLen(r, 32, "signature"));
  raw.set(fixedLen(s, 32, "signature"), 32);
  return raw;
}

/** What the field sends: DER, or r ‖ s as it is. */
export function parseEitherSignature(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.length === 64 ? new Uint8Array(bytes) : parseSignature(bytes);
}
