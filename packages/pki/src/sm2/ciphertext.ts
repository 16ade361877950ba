import type { Gm } from "@certbridge/gm";
import {
  checkDer,
  contentsOf,
  element,
  fixedLen,
  malformed,
  OCTET_STRING,
  octetString,
  partsOf,
  SEQUENCE,
  unsignedInteger,
} from "../der.ts";

const WHAT = "ciphertext";
/** SM2 encrypts keys; what is longer is no ciphertext of ours or of a CA. */
const MAX_LEN = 1 << 20;
/** 04 ‖ C1 ‖ C3. */
const HEAD_LEN = 97;

/** 04 ‖ C1 ‖ C3 ‖ C2 → SM2Cipher ::= SEQUENCE { x, y INTEGER, HASH, CipherText OCTET STRING }, GM/T 0009-2012 clause 7.2. */
export function encodeCiphertext(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  if (raw.length <= HEAD_LEN || raw[0] !== 4) throw new RangeError('"raw" expected 04 ‖ C1 ‖ C3 ‖ C2');
  return element(
    SEQUENCE,
    unsignedInteger(raw.subarray(1, 33)),
    unsignedInteger(raw.subarray(33, 65)),
    octetString(raw.subarray(65, HEAD_LEN)),
    octetString(raw.subarray(HEAD_LEN)),
  );
}

/** The inverse, DER only. @throws OperationError MALFORMED */
export function parseCiphertext(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, MAX_LEN, WHAT);
  const [x, y, c3, c2, more] = partsOf(der, SEQUENCE, WHAT);
  const hash = contentsOf(c3, OCTET_STRING, WHAT);
  const text = contentsOf(c2, OCTET_STRING, WHAT);
  if (x === undefined || y === undefined || more !== undefined || hash.length !== 32 || text.length === 0) {
    throw malformed(WHAT);
  }
  const raw = new Uint8Array(HEAD_LEN + text.length);
  raw[0] = 4;
  raw.set(fixedLen(x, 32, WHAT), 1);
  raw.set(fixedLen(y, 32, WHAT), 33);
  raw.set(hash, 65);
  raw.set(text, HEAD_LEN);
  return raw;
}

/**
 * The forms that a ciphertext may be meant in, as 04 ‖ C1 ‖ C3 ‖ C2, in the order to try: DER, then C1C3C2 and C1C2C3, each with
 * and without the leading 04. A wrong guess fails at the hash C3, so that trying is safe.
 *
 * @returns none where the bytes are too short or too long for any
 */
export function readCiphertext(bytes: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
  if (bytes.length > MAX_LEN) return [];
  const forms: Uint8Array<ArrayBuffer>[] = [];
  if (bytes[0] === SEQUENCE) {
    try {
      forms.push(parseCiphertext(bytes));
    } catch {
      // Not DER after all: x may begin with the same byte.
    }
  }
  for (const body of bytes[0] === 4 ? [bytes.subarray(1), bytes] : [bytes]) {
    if (body.length < HEAD_LEN) continue;
    forms.push(arrange(body, 64, 96), arrange(body, body.length - 32, 64));
  }
  return forms;
}

/** 04 ‖ C1 ‖ C3 ‖ C2 from a body C1 ‖ … whose C3 begins at one place and C2 at another. */
function arrange(body: Uint8Array, hashAt: number, textAt: number): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(body.length + 1);
  raw[0] = 4;
  raw.set(body.subarray(0, 64), 1);
  raw.set(body.subarray(hashAt, hashAt + 32), 65);
  raw.set(body.subarray(textAt, textAt + body.length - 96), HEAD_LEN);
  return raw;
}

/** The plaintext, in whichever form it was sent; null where it was not made for this key, or altered. */
export function openCiphertext(
  gm: Pick<Gm, "sm2Decrypt">,
  privateKey: Uint8Array,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> | null {
  for (const form of readCiphertext(bytes)) {
    const plaintext = gm.sm2Decrypt(privateKey, form);
    if (plaintext !== null) return plaintext;
  }
  return null;
}
