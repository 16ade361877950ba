/** Every constant of the core, recomputed with BigInt from what the standard writes. */
import { expect, test } from "vitest";
import { invert, mod, toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { Probe, valueOf } from "../../support/oracles/probe.ts";
import { b, Curve, Gx, Gy, n, p } from "../../support/oracles/sm2.ts";

const probe = new Probe();
const R = 2n ** 261n;

const number = (name: string, offset = 0): bigint => valueOf(probe.limbs(probe.constant(name) + offset));

test.each([
  ["p", "P", 0, p],
  ["1 in Montgomery form", "FE_ONE", 0, mod(R, p)],
  ["R² mod p", "RR_P", 0, mod(R * R, p)],
  ["b in Montgomery form", "FE_B", 0, mod(b * R, p)],
  ["x of G in Montgomery form", "GENERATOR", 0, mod(Gx * R, p)],
  ["y of G in Montgomery form", "GENERATOR", 36, mod(Gy * R, p)],
  ["n", "N", 0, n],
  ["n − 1", "N_MINUS_ONE", 0, n - 1n],
  ["R² mod n", "RR_N", 0, mod(R * R, n)],
])("%s", (_, name, offset, value) => {
  expect(number(name, offset)).toBe(value);
});

test("n − 2 in bytes, and the Montgomery digits", () => {
  expect(toNumber(probe.bytes(probe.constant("N_MINUS_TWO"), 32))).toBe(n - 2n);
  expect(BigInt(probe.constant("N_DASH"))).toBe(mod(-invert(n, 2n ** 29n), 2n ** 29n));
  expect(mod(-invert(p, 2n ** 29n), 2n ** 29n)).toBe(1n); // −p⁻¹ ≡ 1: the quotient digit is the column itself
});

test("the curve: p from its powers of two, G on it and of order n, and the order odd as the complete formulas need", () => {
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
  expect([...probe.bytes(probe.constant("SBOX"), 256)]).toEqual(made);
});
