/** Wrong shapes, in plain words: what a caller got wrong in its own program, never what a sender may have forged. */

/** Distinguishing id where the caller names none, GM/T 0009 clause 10. */
const DEFAULT_ID = "1234567812345678";

/** An id of this many bytes or more has a length in bits that no longer fits the two bytes of ENTL. */
const ID_LIMIT = 8192;

/** What a value is, for a message that must not show it. */
function kindOf(value: unknown): string {
  return value === null ? "null" : ArrayBuffer.isView(value) ? value.constructor.name : typeof value;
}

/** TypeError unless `value` is a Uint8Array, of any realm. */
export function checkBytes(name: string, value: Uint8Array): void {
  // The tag is read from the array's inner slot, so an array of another frame passes and an impostor does not.
  if (!ArrayBuffer.isView(value) || value[Symbol.toStringTag] !== "Uint8Array") {
    throw new TypeError(`"${name}" expected Uint8Array, got ${kindOf(value)}`);
  }
}

/** As checkBytes, and RangeError unless there are `len` of them. */
export function checkLen(name: string, value: Uint8Array, len: number): void {
  checkBytes(name, value);
  if (value.length !== len) throw new RangeError(`"${name}" expected ${len} bytes, got ${value.length}`);
}

/** Longest plaintext of GCM, 2³⁶ − 32 bytes: beyond it counters come again. NIST SP 800-38D clause 5.2.1.1. */
export const GCM_LIMIT = 2 ** 36 - 32;

/** RangeError where a plaintext is longer than GCM can take. */
export function checkGcmLen(name: string, len: number): void {
  if (len > GCM_LIMIT) throw new RangeError(`"${name}" expected at most ${GCM_LIMIT} bytes, got ${len}`);
}

/** What GCM takes beside its message: a key of 16 bytes, a nonce of at least 1. */
export function checkGcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): void {
  checkLen("key", key, 16);
  checkBytes("nonce", nonce);
  if (nonce.length === 0) throw new RangeError('"nonce" expected at least 1 byte, got 0');
  checkBytes("aad", aad);
}

/** RangeError unless the array is a public key's shape: 04 and 64 more bytes. */
export function checkPublicKeyShape(name: string, value: Uint8Array): void {
  checkLen(name, value, 65);
  if (value[0] !== 4) throw new RangeError(`"${name}" expected an uncompressed point, 04 first`);
}

/** RangeError unless `value` is a whole number from `least` to `most`. */
export function checkCount(name: string, value: number, least: number, most: number): void {
  if (typeof value !== "number") throw new TypeError(`"${name}" expected number, got ${kindOf(value)}`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`"${name}" expected a whole number from ${least} to ${most}, got ${value}`);
  }
}

/** The bytes of a distinguishing id. */
export function parseId(id: string | Uint8Array = DEFAULT_ID): Uint8Array {
  const bytes = typeof id === "string" ? new TextEncoder().encode(id) : id;
  checkBytes("id", bytes);
  if (bytes.length >= ID_LIMIT) {
    throw new RangeError(`"id" expected fewer than ${ID_LIMIT} bytes, got ${bytes.length}`);
  }
  return bytes;
}
