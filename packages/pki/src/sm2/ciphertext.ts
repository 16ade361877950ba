import {
  checkDer,
  contentOf,
  element,
  elementsOf,
  fixedLen,
  malformed,
  OCTET_STRING,
  SEQUENCE,
  unsignedInteger,
} from "../der.ts";

const HEAD_LEN = 97;

/** 04 ‖ C1 ‖ C3 ‖ C2 → SM2Cipher ::= SEQUENCE { x, y INTEGER, HASH, CipherText OCTET STRING }, GM/T 0009-2012 clause 7.2. */
export function encodeCiphertext(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  if (raw.length <= HEAD_LEN || raw[0] !== 4) throw new RangeError('"raw" expected 04 ‖ C1 ‖ C3 ‖ C2');
  return element(
    SEQUENCE,
    unsignedInteger(raw.subarray(1, 33)),
    unsignedInteger(raw.subarray(33, 65)),
    element(OCTET_STRING, raw.subarray(65, HEAD_LEN)),
    element(OCTET_STRING, raw.subarray(HEAD_LEN)),
  );
}

/** The inverse, DER only. @throws OperationError MALFORMED */
export function parseCiphertext(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, 1 << 20, "ciphertext");
  const [x, y, c3, c2, more] = elementsOf(der);
  if (der[0] !== SEQUENCE || x === undefined || y === undefined || c3 === undefined || c2 === undefined) {
    throw malformed("ciphertext");
  }
  const hash = contentOf(c3);
  const text = contentOf(c2);
  if (more !== undefined || c3[0] !== OCTET_STRING || c2[0] !== OCTET_STRING || hash.length !== 32) {
    throw malformed("ciphertext");
  }
  const raw = new Uint8Array(HEAD_LEN + text.length);
  raw[0] = 4;
  raw.set(fixedLen(x, 32, "ciphertext"), 1);
  raw.set(fixedLen(y, 32, "ciphertext"), 33);
  raw.set(hash, 65);
  raw.set(text, HEAD_LEN);
  return raw;
}

/**
 * The forms that a ciphertext may be meant in, as 04 ‖ C1 ‖ C3 ‖ C2, in the order to try: DER, then C1C3C2 and C1C2C3, each with
 * and without the leading 04. A wrong guess fails at the hash C3, so that trying is safe.
 */
export function readCiphertext(bytes: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
  const forms: Uint8Array<ArrayBuffer>[] = [];
  if (bytes[0] === SEQUENCE) {
    try {
      forms.push(parseCiphertext(bytes));
    } catch {
      // Not DER after all: raw forms may begin with the same byte.
    }
  }
  for (const body of bytes[0] === 4 ? [bytes.subarray(1), bytes] : [bytes]) {
    if (body.length <= HEAD_LEN - 1) continue;
    const c1 = body.subarray(0, 64);
    const rest = body.subarray(64);
    const split = rest.length - 32;
    for (const [c3, c2] of [
      [rest.subarray(0, 32), rest.subarray(32)],
      [rest.subarray(split), rest.subarray(0, split)],
    ] as const) {
      const raw = new Uint8Array(HEAD_LEN + c2.length);
      raw[0] = 4;
      raw.set(c1, 1);
      raw.set(c3, 65);
      raw.set(c2, HEAD_LEN);
      forms.push(raw);
    }
  }
  return forms;
}
