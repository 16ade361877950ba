/** Checks of shape, in one grammar: `"key" expected 16 bytes, got 15`. */

export function bytes(name: string, value: Uint8Array, len?: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`"${name}" expected Uint8Array, got ${typeof value}`);
  if (len !== undefined && value.length !== len) {
    throw new RangeError(`"${name}" expected ${len} bytes, got ${value.length}`);
  }
  return value;
}

export function count(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`"${name}" expected an integer from ${min} to ${max}, got ${value}`);
  }
  return value;
}

/** A public key in its one accepted form, 04 ‖ x ‖ y. */
export function publicKeyCoordinates(publicKey: Uint8Array): Uint8Array {
  bytes("publicKey", publicKey, 65);
  if (publicKey[0] !== 4) throw new RangeError('"publicKey" expected to begin with 04 (uncompressed)');
  return publicKey.subarray(1);
}
