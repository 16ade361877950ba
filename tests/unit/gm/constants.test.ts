/** Every constant of the core, recomputed with BigInt from what the standard writes. */
import { expect, test } from "vitest";
import { invert, mod, toBytes32 } from "../../support/oracles/bigint.ts";
import { Probe, valueOf } from "../../support/oracles/probe.ts";
import { SBOX } from "../../support/oracles/sbox.ts";
import { b, Curve, Gx, Gy, n, p } from "../../support/oracles/sm2.ts";

const probe = new Probe();
const R = 2n ** 261n;

const number = (name: string): bigint => valueOf(probe.limbs(probe.constant(name)));

/** The two numbers of a pair. */
const pair = (name: string): bigint[] =>
  [0, 4].map((lane) => {
    const at = probe.constant(name) + lane;
    return valueOf(Array.from({ length: 9 }, (_, i) => probe.words.getInt32(at + 8 * i, true)));
  });

test.each([
  ["p", "P", p],
  ["1 in Montgomery form", "FE_ONE", mod(R, p)],
  ["R² mod p", "RR_P", mod(R * R, p)],
  ["b in Montgomery form", "FE_B", mod(b * R, p)],
  ["n", "N", n],
  ["n − 1", "N_MINUS_ONE", n - 1n],
  ["p − n", "P_MINUS_N", p - n],
  ["11·n", "ELEVEN_N", 11n * n],
  ["R² mod n", "RR_N", mod(R * R, n)],
])("%s", (_, name, value) => {
  expect(number(name)).toBe(value);
});

test("G in Montgomery form, and the 1 that stands beside y", () => {
  expect(pair("GENERATOR")).toEqual([mod(Gx * R, p), mod(Gy * R, p)]);
  expect(pair("SECOND_ONE")).toEqual([0n, mod(R, p)]);
});

test("the constants of the products", () => {
  const lanes = (name: string): bigint[] =>
    [0, 8].map((at) => probe.words.getBigInt64(probe.constant(name) + at, true));
  const wide = (value: bigint): bigint[] => [value, value].map((each) => BigInt.asIntN(64, each));
  const limb = (value: bigint): bigint => (value << 32n) | value;
  expect(lanes("MASK")).toEqual(wide(2n ** 29n - 1n));
  expect(lanes("MASK_32")).toEqual(wide(limb(2n ** 29n - 1n)));
  expect(lanes("HALF_32")).toEqual(wide(limb(2n ** 28n)));
  expect(lanes("FIRST_BIAS")).toEqual(wide(2n ** 63n));
  expect(lanes("BIAS")).toEqual(wide(2n ** 63n - 2n ** 34n)); // the carry of a bias is 2⁶³ ⁻ ²⁹
  expect(lanes("BIAS_HALF")).toEqual(wide(2n ** 63n - 2n ** 34n + 2n ** 28n));
});

test("the Montgomery digits", () => {
  expect(BigInt(probe.constant("N_DASH"))).toBe(mod(-invert(n, 2n ** 29n), 2n ** 29n));
  expect(mod(-invert(p, 2n ** 29n), 2n ** 29n)).toBe(1n); // −p⁻¹ ≡ 1: the quotient digit is the column itself
});

test("the curve: p from its powers of two, G on it and of order n, and the order a prime above 2²⁵⁵ as the formulas need", () => {
  expect(p).toBe(0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn);
  Curve.BASE.assertValidity();
  expect(
    Curve.BASE.multiplyUnsafe(n - 1n)
      .negate()
      .equals(Curve.BASE),
  ).toBe(true);
  expect(n & 1n).toBe(1n);
  expect(toBytes32(p).length).toBe(32);
});

test("the numbers of the blocks in a batch: block 16·g + l is byte l, bit g", () => {
  const bitsOf = (byte: number, bit: number) =>
    Array.from({ length: 8 }, (_, g) => (((16 * g + byte) >> bit) & 1) << g).reduce((sum, each) => sum | each);
  const made = Array.from({ length: 112 }, (_, i) => bitsOf(i & 15, i >> 4));
  expect([...probe.bytes(probe.constant("NUMBERS"), 112)]).toEqual(made);
});

/** The S-box from its definition: A·(A·x + c)⁻¹ + c in GF(2⁸) mod x⁸ + x⁷ + x⁶ + x⁵ + x⁴ + x² + 1. */
test("the S-box of SM4 from its algebraic form", () => {
  const multiply = (x: number, y: number): number => {
    let product = 0;
    for (let i = 0; i < 8; i++) if ((y >> i) & 1) product ^= x << i;
    for (let i = 14; i >= 8; i--) if ((product >> i) & 1) product ^= 0x1f5 << (i - 8);
    return product;
  };
  const inverse = (x: number): number => {
    for (let y = 1; y < 256; y++) if (multiply(x, y) === 1) return y;
    return 0;
  };
  const rotate = (x: number, by: number): number => ((x << by) | (x >> (8 - by))) & 255;
  const parity = (x: number): number => (x.toString(2).split("1").length - 1) & 1;
  // row i of A is a7 rotated left by i
  const affine = (x: number): number => {
    let y = 0;
    for (let i = 0; i < 8; i++) y |= parity(x & rotate(0xa7, i)) << i;
    return y ^ 0xd3;
  };
  const made = Array.from({ length: 256 }, (_, x) => affine(inverse(affine(x))));
  expect(SBOX).toEqual(made);
});
