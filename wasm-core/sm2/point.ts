/**
 * Points of the SM2 curve y² = x³ − 3x + b. GB/T 32918.1-2016 clause 4 and annex A, GB/T 32918.5-2017 clause 2.
 *
 * A point is X : Y : Z, Jacobian (x = X/Z², y = Y/Z³); infinity has Z = 0. The formulas are those that textbooks have for a = −3
 * (Cohen, Miyaji and Ono 1998; Bernstein and Lange's database: dbl-2001-b and madd), laid out so that their products come two and two,
 * and with their small factors put where the next product divides the value again: nothing needs to be carried between products.
 *
 *   Point     X and X again at 0, Y and Z at 80; 160 bytes. X and Z tight, Y tight or the difference of two such
 *   Affine    x and y; 80 bytes; tight, values in (−2p, 2p)
 *
 * pointDouble is right for every point: none is of order 2. pointAddAffine is not for q = ±s and for q at infinity; its callers say
 * why no secret leads there (base-table.ts, multiply.ts). pointAddPublic is right for any two points, by looking.
 *
 * Constant time: everything here but pointAddPublic.
 */
import { Mask } from "../word";
import { Fe, feIsZero } from "./field";
import { limbsWipe } from "./limbs";
import { PAIR_LEN, Pair, pairTake, pairWipe } from "./pair";
import { pairMul, pairMulSub } from "./pair-product";
import { pairSqr, pairSqrSub } from "./pair-square";

/** A point in Jacobian coordinates, 160 bytes. */
export type Point = usize;

/** A point other than infinity in affine coordinates, 80 bytes. */
export type Affine = Pair;

/** Bytes of a Point. */
export const POINT_LEN: i32 = 160;

/** Bytes of an Affine. */
export const AFFINE_LEN: i32 = 80;

/** Where the pair Y, Z stands. */
export const YZ: usize = 80;

/** Scratch of the formulas: what goes into a product, and what came out. */
const A: Pair = memory.data(80, 16);
const B: Pair = memory.data(80, 16);
const C: Pair = memory.data(80, 16);
const T: Pair = memory.data(80, 16);
const U: Pair = memory.data(80, 16);
const V: Pair = memory.data(80, 16);

const E: Fe = memory.data(48, 16);

/** 1 in the second lane. */
export const SECOND_ONE: Pair = memory.data<i32>(
  [0, 0x20, 0, 0, 0, -0x800, 0, 0x4000, 0, 0, 0, 0, 0, 0, 0, 0x4000000, 0, 0, 0, 0],
  16,
);

/** The sum of both lanes. */
function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}

/** The difference of both lanes. */
function sub(a: v128, b: v128): v128 {
  return i32x4.sub(a, b);
}

/** Three times both lanes. */
function triple(a: v128): v128 {
  return i32x4.add(a, i32x4.add(a, a));
}

/** The lanes changed over. */
function swap(a: v128): v128 {
  return i32x4.shuffle(a, a, 1, 0, 3, 2);
}

/** The first of a and the second of b. */
function both(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 5, 2, 7);
}

/** The first in both lanes. */
function firsts(a: v128): v128 {
  return i32x4.shuffle(a, a, 0, 0, 2, 2);
}

/** The second in both lanes. */
function seconds(a: v128): v128 {
  return i32x4.shuffle(a, a, 1, 1, 3, 3);
}

/** Zero in both lanes. */
function none(): v128 {
  return i32x4.splat(0);
}

/** r ← infinity. */
export function pointZero(r: Point): void {
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const one = firsts(swap(v128.load(SECOND_ONE + i)));
    v128.store(r + i, one);
    v128.store(r + i, both(one, none()), YZ);
  }
}

/** r ← q with Z = 1. */
export function pointFromAffine(r: Point, q: Affine): void {
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const xy = v128.load(q + i);
    v128.store(r + i, firsts(xy));
    v128.store(r + i, both(swap(xy), v128.load(SECOND_ONE + i)), YZ);
  }
}

/**
 * r ← 2q. r may be q. With δ = Z², γ = Y², α = 3(X − δ)(X + δ) and 4β = X·4γ:
 * X ← α² − 8β, Y ← α(4β − X) − 8γ², Z ← 2YZ.
 */
export function pointDouble(r: Point, q: Point): void {
  pairSqr(T, q + YZ); // γ, δ
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const xx = v128.load(q + i);
    const t = v128.load(T + i);
    v128.store(A + i, both(add(add(t, t), add(t, t)), sub(xx, t)));
    v128.store(B + i, both(xx, add(xx, t)));
  }
  pairMul(U, A, B); // 4β, (X − δ)(X + δ)
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const t = v128.load(T + i);
    const u = v128.load(U + i);
    v128.store(A + i, both(add(t, t), triple(u)));
    v128.store(C + i, both(none(), swap(add(u, u))));
  }
  pairSqrSub(T, A, C); // 4γ², X
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const yz = v128.load(q + i, YZ);
    const t = v128.load(T + i);
    v128.store(A + i, both(swap(v128.load(A + i)), swap(add(yz, yz))));
    v128.store(B + i, both(sub(v128.load(U + i), swap(t)), yz));
    v128.store(C + i, both(add(t, t), none()));
    v128.store(r + i, seconds(t));
  }
  pairMulSub(r + YZ, A, B, C);
}

/**
 * r ← q + s for an affine s other than ±q, and q other than infinity. r may be q. With H = x·Z² − X and I = y·Z³ − Y:
 * X ← I² − H³ − 2XH², Y ← I(XH² − X) − YH³ with the new X, Z ← ZH.
 */
export function pointAddAffine(r: Point, q: Point, s: Affine): void {
  pairSqr(T, q + YZ); // of use: Z²
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    v128.store(A + i, both(v128.load(s + i), v128.load(q + i, YZ)));
    v128.store(B + i, seconds(v128.load(T + i)));
    v128.store(C + i, both(v128.load(q + i), none()));
  }
  pairMulSub(T, A, B, C); // H, Z³
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const t = swap(v128.load(T + i));
    v128.store(A + i, both(swap(v128.load(s + i)), t));
    v128.store(B + i, t);
    v128.store(C + i, both(v128.load(q + i, YZ), none()));
  }
  pairMulSub(U, A, B, C); // I, H²
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    v128.store(A + i, both(v128.load(q + i), swap(v128.load(T + i))));
    v128.store(B + i, seconds(v128.load(U + i)));
  }
  pairMul(V, A, B); // XH², H³
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const u = v128.load(U + i);
    const v = v128.load(V + i);
    v128.store(A + i, both(u, v128.load(q + i, YZ)));
    v128.store(B + i, both(u, swap(v128.load(T + i))));
    v128.store(C + i, both(add(add(v, v), swap(v)), none()));
  }
  pairMulSub(T, A, B, C); // X, Z
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const t = v128.load(T + i);
    v128.store(A + i, both(v128.load(U + i), swap(v128.load(q + i, YZ))));
    v128.store(B + i, sub(v128.load(V + i), both(t, none())));
    v128.store(r + i, firsts(t));
  }
  pairMul(A, A, B); // the two parts of Y
  for (let i: usize = 0; i < PAIR_LEN; i += 16) {
    const a = v128.load(A + i);
    v128.store(r + i, both(sub(a, swap(a)), v128.load(T + i)), YZ);
  }
}

/** Whether q is infinity, as pointZero makes it and pointDouble leaves it. */
export function pointIsZero(q: Point): boolean {
  let bits = none();
  for (let i: usize = 0; i < 64; i += 16) bits = v128.or(bits, v128.load(q + i, YZ));
  return v128.any_true(both(none(), v128.or(bits, v128.load64_zero(q, YZ + 64)))) === 0;
}

/** r ← q + s, any two points. r may be q. Public: both. */
export function pointAddPublic(r: Point, q: Point, s: Affine): void {
  if (pointIsZero(q)) {
    pointFromAffine(r, s);
    return;
  }
  pointAddAffine(r, q, s);
  // Z·H is a product, so it stands for 0 only as 0 or as p, whose lowest limbs are 0 and −1: most sums end here
  const low = load<i32>(r + YZ, 4);
  if (low !== 0 && low !== -1) return;
  pairTake(E, r + YZ, 1);
  if (feIsZero(E) === 0) return;
  // one x: H is zero, and I, which U still holds, where they are one point
  pairTake(E, U, 0);
  if (feIsZero(E) !== 0) {
    pointFromAffine(r, s);
    pointDouble(r, r);
  } else pointZero(r);
}

/** r ← −q where the mask is set, else q. r may be q. */
export function affineNegate(r: Affine, q: Affine, mask: Mask): void {
  const wide = both(none(), i32x4.splat(mask as i32));
  for (let i: usize = 0; i < PAIR_LEN; i += 16) v128.store(r + i, sub(v128.xor(v128.load(q + i), wide), wide));
}

/** r ← −r where the mask is set. */
export function pointNegate(r: Point, mask: Mask): void {
  const wide = both(i32x4.splat(mask as i32), none());
  for (let i: usize = 0; i < PAIR_LEN; i += 16) v128.store(r + i, sub(v128.xor(v128.load(r + i, YZ), wide), wide), YZ);
}

/** r ← q where the mask is set, else r stays. */
export function pointSelect(r: Point, q: Point, mask: Mask): void {
  const wide = i32x4.splat(mask as i32);
  for (let i = 0; i < POINT_LEN; i += 16) v128.store(r + i, v128.bitselect(v128.load(q + i), v128.load(r + i), wide));
}

/** Clears the scratch of the formulas. */
export function pointWipe(): void {
  pairWipe(A);
  pairWipe(B);
  pairWipe(C);
  pairWipe(T);
  pairWipe(U);
  pairWipe(V);
  limbsWipe(E);
}
