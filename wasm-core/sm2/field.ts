/**
 * The field of SM2, integers mod p. GB/T 32918.5-2017 clause 2 (the recommended curve).
 *
 * p = 2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴ − 1. Elements are in Montgomery form, a·R mod p with R = 2²⁶¹, as nine signed limbs of
 * 29 bits. Two kinds:
 *
 *   tight   |limb| ≤ 2²⁸ for limbs 0…7, value in (−4p, 4p), so |limb 8| ≤ 2²⁶. What a product gives, and what the formulas of
 *           point.ts give to each other
 *   k-fold  a sum, difference or small multiple of tight ones, uncarried: |limb| ≤ k·2²⁸. At most 7-fold, as limbs are i32
 *
 * A product of a j-fold and a k-fold element keeps every column below 2⁶³ where j·k ≤ 15: eight products of whole limbs meet at
 * most, 8·15·2⁵⁶, and two with a limb 8. Its value is in [a·b/R, a·b/R + p). A test follows these bounds through every
 * formula of point.ts, with intervals.
 *
 * Constant time: everything here.
 */
import { Mask, maskZero } from "../word";
import { feMul } from "./field-product";
import { limbsInvert } from "./inverse";
import {
  Bytes32,
  Limbs,
  limbsAdd,
  limbsBits,
  limbsFromBytes,
  limbsSelect,
  limbsSubtract,
  limbsToBytes,
  limbsWipe,
} from "./limbs";

/** A field element in Montgomery form, 36 bytes. */
export type Fe = Limbs;

/** p, and −p⁻¹ mod 2²⁹. */
export const P = memory.data<i32>([
  0x1fffffff, 0x1fffffff, 0x3f, 0x1ffffe00, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff,
]);
const P_DASH: i64 = 1;

/** 1 in Montgomery form: R mod p. Tight. */
export const FE_ONE: Fe = memory.data<i32>([0x20, 0x0, -0x800, 0x4000, 0x0, 0x0, 0x0, 0x4000000, 0x0]);

/** R² mod p: carries a number into Montgomery form. Tight. */
export const RR = memory.data<i32>([0xc00, 0x4000, -0x10000, 0x180000, 0x400000, 0x2000000, 0x0, 0x1, 0x10]);

/** The number 1, not in Montgomery form: carries an element out of it. */
const RAW_ONE = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);

/** b of the curve in Montgomery form. Tight. */
export const FE_B: Fe = memory.data<i32>([
  -0x7e457bc, -0xdcf9cd4, 0x9bd5b87, 0xde6c26d, -0x7871c62, -0xafa15ae, 0x4293cc1, 0x368838b, 0x81fc31,
]);

/** Scratch, wiped by every function that uses it. */
const WHOLE: Limbs = memory.data(48, 16);
const LESS: Limbs = memory.data(48, 16);

/** r ← a − b, uncarried. r may be a or b. */
export function feSub(r: Fe, a: Fe, b: Fe): void {
  v128.store(r, i32x4.sub(v128.load(a), v128.load(b)));
  v128.store(r, i32x4.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  store<i32>(r, load<i32>(a, 32) - load<i32>(b, 32), 32);
}

/** r ← 3a, uncarried. r may be a. */
export function feTriple(r: Fe, a: Fe): void {
  const low = v128.load(a);
  const high = v128.load(a, 16);
  v128.store(r, i32x4.add(low, i32x4.add(low, low)));
  v128.store(r, i32x4.add(high, i32x4.add(high, high)), 16);
  store<i32>(r, 3 * load<i32>(a, 32), 32);
}

/** r ← a⁻¹ mod p, and 0 for 0. r may be a. */
export function feInv(r: Fe, a: Fe): void {
  feReduce(WHOLE, a);
  limbsInvert(WHOLE, WHOLE, P, P_DASH);
  feMul(r, WHOLE, RR);
  limbsWipe(WHOLE);
}

/** r ← the number below p that a stands for, out of Montgomery form: limbs in [0, 2²⁹). Domain: a up to 7-fold, |a| < 16p. */
function feReduce(r: Limbs, a: Fe): void {
  feMul(r, a, RAW_ONE); // in [0, p], limbs signed
  const below = limbsSubtract(LESS, r, P);
  limbsAdd(r, LESS, P);
  limbsSelect(r, LESS, below - 1);
  limbsWipe(LESS);
}

/** bytes ← a, 32 bytes. Domain as of feReduce. */
export function feToBytes(bytes: Bytes32, a: Fe): void {
  feReduce(WHOLE, a);
  limbsToBytes(bytes, WHOLE);
  limbsWipe(WHOLE);
}

/** r ← the element of these 32 bytes, tight; ones where the number is below p, as a coordinate must be. */
export function feFromBytes(r: Fe, bytes: Bytes32): Mask {
  limbsFromBytes(r, bytes);
  const below = limbsSubtract(LESS, r, P);
  feMul(r, r, RR);
  limbsWipe(LESS);
  return 0 - below;
}

/** Ones where a ≡ 0 mod p. Domain as of feReduce. */
export function feIsZero(a: Fe): Mask {
  feReduce(WHOLE, a);
  const mask = maskZero(limbsBits(WHOLE));
  limbsWipe(WHOLE);
  return mask;
}
