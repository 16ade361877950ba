/**
 * The field of SM2, integers mod p. GB/T 32918.5-2017 clause 2 (the recommended curve).
 *
 * p = 2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴ − 1. Elements are in Montgomery form, a·R mod p with R = 2²⁶¹, as nine signed limbs of
 * 29 bits. Two kinds:
 *
 *   tight   limbs 0…7 in [0, 2²⁹), |limb 8| < 2²⁷, value in (−p, 2p). What feMul, feSqr and feNorm give.
 *   loose   |limb| < 2³⁰·⁶, |value| < 6p: a sum or difference of at most three tight ones, uncarried.
 *
 * A product must keep each column, nine products, below 2⁶³: loose × tight does (9·2³⁰·⁶·2²⁹), loose × a difference of tight
 * ones too, two sums do not (9·2³⁰·2³⁰). And |a·b| ≤ R·p, so that the result is tight. A test follows these bounds through
 * every formula of point.ts, with intervals. As p ≡ −1 mod 2⁶⁴, a quotient digit is the column's low 29 bits, and m·p is
 * four shifts.
 *
 * Constant time: everything here. The exponent of feInv is public.
 */
import { Mask, maskZero } from "../word";
import { feMul, feSqr } from "./field-product";
import {
  Bytes32,
  Limbs,
  LIMB_MASK,
  limbsBits,
  limbsCopy,
  limbsFromBytes,
  limbsSelect,
  limbsSubtract,
  limbsToBytes,
} from "./limbs";

/** A field element in Montgomery form, 36 bytes. */
export type Fe = Limbs;

const MASK: i64 = 0x1fffffff;

/** p. */
export const P = memory.data<i32>([
  0x1fffffff, 0x1fffffff, 0x3f, 0x1ffffe00, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff,
]);

/** 1 in Montgomery form: R mod p. */
export const FE_ONE: Fe = memory.data<i32>([0x20, 0x0, 0x1ffff800, 0x3fff, 0x0, 0x0, 0x0, 0x4000000, 0x0]);

/** R² mod p: carries a number into Montgomery form. */
export const RR = memory.data<i32>([0xc00, 0x4000, 0x1fff0000, 0x17ffff, 0x400000, 0x2000000, 0x0, 0x1, 0x10]);

/** The number 1, not in Montgomery form: carries an element out of it. */
const RAW_ONE = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);

/** b of the curve in Montgomery form. */
export const FE_B: Fe = memory.data<i32>([
  0x181ba844, 0x1230632b, 0x9bd5b86, 0xde6c26d, 0x1878e39e, 0x1505ea51, 0x4293cc0, 0x368838b, 0x81fc31,
]);

/** Scratch of feInv: e2, e4, e8, e16, e30, e32 and the running power; of feToBytes: two numbers. */
const S0 = memory.data(36, 16);
const S1 = memory.data(36, 16);
const S2 = memory.data(36, 16);
const S3 = memory.data(36, 16);
const S4 = memory.data(36, 16);
const S5 = memory.data(36, 16);

/** r ← a + b, uncarried. r may be a or b. */
export function feAdd(r: Fe, a: Fe, b: Fe): void {
  v128.store(r, i32x4.add(v128.load(a), v128.load(b)));
  v128.store(r, i32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
  store<i32>(r, load<i32>(a, 32) + load<i32>(b, 32), 32);
}

/** r ← a − b, uncarried. r may be a or b. */
export function feSub(r: Fe, a: Fe, b: Fe): void {
  v128.store(r, i32x4.sub(v128.load(a), v128.load(b)));
  v128.store(r, i32x4.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  store<i32>(r, load<i32>(a, 32) - load<i32>(b, 32), 32);
}

/**
 * r ← m·a, carried, for a small public m.
 *
 * What lies above 2²⁵⁶ comes back as h·(2²²⁴ + 2⁹⁶ − 2⁶⁴ + 1), which is h·2²⁵⁶ mod p.
 *
 * Domain  any limbs with |m·limb| < 2⁵⁰, |m·value| < 2²⁷⁰. r tight with value in (−2²⁵⁰, 2²⁵⁶ + 2²⁵⁰)
 * Alias   r may be a
 */
export function feScale(r: Fe, a: Fe, m: i64): void {
  const top = m * (load<i32>(a, 32) as i64);
  const h = top >> 24;
  let t = m * (load<i32>(a) as i64) + h;
  store<i32>(r, (t & MASK) as i32);
  t = (t >> 29) + m * (load<i32>(a, 4) as i64);
  store<i32>(r, (t & MASK) as i32, 4);
  t = (t >> 29) + m * (load<i32>(a, 8) as i64) - (h << 6);
  store<i32>(r, (t & MASK) as i32, 8);
  t = (t >> 29) + m * (load<i32>(a, 12) as i64) + (h << 9);
  store<i32>(r, (t & MASK) as i32, 12);
  t = (t >> 29) + m * (load<i32>(a, 16) as i64);
  store<i32>(r, (t & MASK) as i32, 16);
  t = (t >> 29) + m * (load<i32>(a, 20) as i64);
  store<i32>(r, (t & MASK) as i32, 20);
  t = (t >> 29) + m * (load<i32>(a, 24) as i64);
  store<i32>(r, (t & MASK) as i32, 24);
  t = (t >> 29) + m * (load<i32>(a, 28) as i64) + (h << 21);
  store<i32>(r, (t & MASK) as i32, 28);
  store<i32>(r, ((t >> 29) + (top & 0xffffff)) as i32, 32);
}

/** r ← a, carried: a loose one made tight. r may be a. */
export function feNorm(r: Fe, a: Fe): void {
  feScale(r, a, 1);
}

/** r ← a^(2ᵗⁱᵐᵉˢ). Public: times. */
function feSqrTimes(r: Fe, a: Fe, times: i32): void {
  feSqr(r, a);
  for (let i = 1; i < times; i++) feSqr(r, r);
}

/**
 * r ← a⁻¹ mod p, and 0 for 0: a^(p − 2) by Fermat. r may be a; a tight.
 *
 * p − 2 in 32-bit words: fffffffe, 4 × ffffffff, 00000000, ffffffff, fffffffd. eₖ stands for a^(2ᵏ − 1).
 */
export function feInv(r: Fe, a: Fe): void {
  const e1 = S0,
    e2 = S1,
    e4 = S2,
    e8 = S3,
    e30 = S4,
    e32 = S5;
  limbsCopy(e1, a);
  feSqr(e2, e1);
  feMul(e2, e2, e1);
  feSqrTimes(e4, e2, 2);
  feMul(e4, e4, e2);
  feSqrTimes(e8, e4, 4);
  feMul(e8, e8, e4);
  feSqrTimes(e30, e8, 8);
  feMul(e30, e30, e8); // e16
  feSqrTimes(e30, e30, 8);
  feMul(e30, e30, e8); // e24
  feSqrTimes(e30, e30, 4);
  feMul(e30, e30, e4); // e28
  feSqrTimes(e30, e30, 2);
  feMul(e30, e30, e2);
  feSqr(e32, e30);
  feMul(e32, e32, e1); // e31
  feSqr(r, e32); // fffffffe
  feSqr(e32, e32);
  feMul(e32, e32, e1);
  for (let i = 0; i < 4; i++) {
    feSqrTimes(r, r, 32);
    feMul(r, r, e32);
  }
  feSqrTimes(r, r, 64);
  feMul(r, r, e32);
  feSqrTimes(r, r, 30);
  feMul(r, r, e30);
  feSqrTimes(r, r, 2);
  feMul(r, r, e1);
  memory.fill(S0, 0, 36);
  memory.fill(S1, 0, 36);
  memory.fill(S2, 0, 36);
  memory.fill(S3, 0, 36);
  memory.fill(S4, 0, 36);
  memory.fill(S5, 0, 36);
}

/** r ← the number below p that a stands for, out of Montgomery form. a loose; a and r apart from the scratch. */
function feReduce(r: Limbs, a: Fe): void {
  feMul(r, a, RAW_ONE); // in [0, p]
  const below = limbsSubtract(S0, r, P);
  limbsSelect(r, S0, below - 1);
}

/** bytes ← a, 32 bytes. a loose. */
export function feToBytes(bytes: Bytes32, a: Fe): void {
  feReduce(S1, a);
  limbsToBytes(bytes, S1);
  memory.fill(S0, 0, 36);
  memory.fill(S1, 0, 36);
}

/** r ← the element of these 32 bytes; ones where the number is below p, as a coordinate must be. */
export function feFromBytes(r: Fe, bytes: Bytes32): Mask {
  limbsFromBytes(r, bytes);
  const below = limbsSubtract(S0, r, P);
  feMul(r, r, RR);
  memory.fill(S0, 0, 36);
  return 0 - below;
}

/** Ones where a ≡ 0 mod p. a loose. */
export function feIsZero(a: Fe): Mask {
  feReduce(S1, a);
  const mask = maskZero(limbsBits(S1));
  memory.fill(S0, 0, 36);
  memory.fill(S1, 0, 36);
  return mask;
}
