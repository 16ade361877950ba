/** Numbers and bytes, for the oracles. */

/** The number of these bytes, big-endian. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** 32 bytes of a number below 2²⁵⁶, big-endian. */
export function toBytes32(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** a mod m, in [0, m). */
export function mod(a: bigint, m: bigint): bigint {
  return ((a % m) + m) % m;
}

/** a⁻¹ mod m by Euclid's algorithm; m prime, a not a multiple of it. */
export function invert(a: bigint, m: bigint): bigint {
  let [r, next, s, nextS] = [mod(a, m), m, 1n, 0n];
  while (next !== 0n) {
    const q = r / next;
    [r, next] = [next, r - q * next];
    [s, nextS] = [nextS, s - q * nextS];
  }
  return mod(s, m);
}

/** The inverses of all, none of them a multiple of m, at the price of one: Montgomery's trick. */
export function invertAll(values: readonly bigint[], m: bigint): bigint[] {
  const before: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    before.push(product);
    product = (product * value) % m;
  }
  let inverse = invert(product, m);
  const inverses: bigint[] = [];
  for (const [i, value] of [...values.entries()].toReversed()) {
    inverses[i] = (inverse * (before[i] ?? 0n)) % m;
    inverse = (inverse * value) % m;
  }
  return inverses;
}
