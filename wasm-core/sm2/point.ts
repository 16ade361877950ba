/**
 * Points of the SM2 curve y² = x³ − 3x + b. GB/T 32918.1-2016 clause 4 and annex A, GB/T 32918.5-2017 clause 2.
 *
 * A point is X : Y : Z, homogeneous (x = X/Z, y = Y/Z), infinity is 0 : 1 : 0. Addition and doubling are the complete
 * formulas for a = −3 of Renes, Costello and Batina (EUROCRYPT 2016, eprint 2015/1060, algorithms 4, 5 and 6): the order
 * is odd, so they have no exceptional case and no secret can steer one. Where the paper multiplies two sums, a product of
 * differences stands here: X₁Y₂ + X₂Y₁ = X₁X₂ + Y₁Y₂ − (X₁ − Y₁)(X₂ − Y₂) keeps the limbs within bounds (see field.ts).
 *
 *   Point     X at 0, Y at 36, Z at 72; 112 bytes with padding; coordinates tight, from feScale or feMul
 *   Affine    x at 0, y at 36; 80 bytes with padding
 *
 * Constant time: everything here but the answers of pointFromBytes and pointToBytes, whose masks callers make public.
 */
import { loadWord, Mask } from "../word";
import { FE_B, FE_ONE, Fe, feAdd, feFromBytes, feInv, feIsZero, feNorm, feScale, feSub, feToBytes } from "./field";
import { feMul, feSqr } from "./field-product";
import { limbsCopy } from "./limbs";

/** A point in homogeneous coordinates, 112 bytes. */
export type Point = usize;

/** A point other than infinity in affine coordinates, 80 bytes. */
export type Affine = usize;

/** Bytes of a Point. */
export const POINT_LEN: i32 = 112;

/** Bytes of an Affine. */
export const AFFINE_LEN: i32 = 80;

const Y: usize = 36;
const Z: usize = 72;

/** Scratch: the letters of the formulas. */
const A: Fe = memory.data(36, 16);
const B: Fe = memory.data(36, 16);
const C: Fe = memory.data(36, 16);
const D: Fe = memory.data(36, 16);
const E: Fe = memory.data(36, 16);
const F: Fe = memory.data(36, 16);
const G: Fe = memory.data(36, 16);
const H: Fe = memory.data(36, 16);
const T: Fe = memory.data(36, 16);
const U: Fe = memory.data(36, 16);

/** r ← infinity. */
export function pointZero(r: Point): void {
  memory.fill(r, 0, POINT_LEN);
  limbsCopy(r + Y, FE_ONE);
}

/** r ← q, whole. */
export function pointCopy(r: Point, q: Point): void {
  memory.copy(r, q, POINT_LEN);
}

/** r ← q with Z = 1. */
export function pointFromAffine(r: Point, q: Affine): void {
  memory.copy(r, q, 72);
  limbsCopy(r + Z, FE_ONE);
}

/**
 * The end that all three formulas share. With G = 3(F − bC), H = B − G, I = B + G, J = 3(bF − 3C − A), K = 3(A − C):
 * X ← D·I − E·J, Y ← I·H + K·J, and Z ← E·H + D·K.
 *
 * Domain  A, B, C tight; D, E, F loose. Uses F, G, H, T, U. H stays a difference; I must be carried, as D is a sum
 */
function finish(r: Point): void {
  feMul(T, F, FE_B); // bF
  feMul(G, C, FE_B);
  feSub(G, F, G);
  feScale(G, G, 3);
  feSub(H, B, G);
  feAdd(G, B, G);
  feNorm(G, G); // G is I from here
  feScale(U, C, 3);
  feSub(T, T, U);
  feSub(T, T, A);
  feScale(T, T, 3); // J
  feSub(U, A, C);
  feScale(U, U, 3); // K
  feMul(F, D, G);
  feMul(B, E, T);
  feSub(F, F, B);
  feNorm(r, F);
  feMul(G, G, H);
  feMul(T, U, T);
  feAdd(G, G, T);
  feNorm(r + Y, G);
  feMul(E, E, H);
  feMul(D, D, U);
  feAdd(E, E, D);
  feNorm(r + Z, E);
}

/** r ← x₁y₂ + x₂y₁ = a + b − (x₁ − y₁)(x₂ − y₂), with a = x₁x₂ and b = y₁y₂. r loose; uses T, U. */
function cross(r: Fe, x1: Fe, y1: Fe, x2: Fe, y2: Fe, a: Fe, b: Fe): void {
  feSub(T, x1, y1);
  feSub(U, x2, y2);
  feMul(T, T, U);
  feAdd(r, a, b);
  feSub(r, r, T);
}

/** r ← q + s, any two points. r may be q or s. Algorithm 4. */
export function pointAdd(r: Point, q: Point, s: Point): void {
  feMul(A, q, s);
  feMul(B, q + Y, s + Y);
  feMul(C, q + Z, s + Z);
  cross(D, q, q + Y, s, s + Y, A, B);
  cross(E, q + Y, q + Z, s + Y, s + Z, B, C);
  cross(F, q, q + Z, s, s + Z, A, C);
  finish(r);
}

/** r ← q + s for any q and an affine s. r may be q. Algorithm 5. */
export function pointAddAffine(r: Point, q: Point, s: Affine): void {
  feMul(A, q, s);
  feMul(B, q + Y, s + Y);
  limbsCopy(C, q + Z);
  cross(D, q, q + Y, s, s + Y, A, B);
  feMul(E, s + Y, C);
  feAdd(E, E, q + Y);
  feMul(F, s, C);
  feAdd(F, F, q);
  finish(r);
}

/** r ← 2q, any q. r may be q. Algorithm 6. */
export function pointDouble(r: Point, q: Point): void {
  feSqr(A, q);
  feSqr(B, q + Y);
  feSqr(C, q + Z);
  feMul(D, q, q + Y);
  feAdd(D, D, D);
  feMul(E, q + Y, q + Z);
  feAdd(E, E, E);
  feMul(F, q, q + Z);
  feAdd(F, F, F);
  finish(r);
}

/** r ← −q of an affine one: y becomes p − y. r may be q. */
export function affineNegate(r: Affine, q: Affine): void {
  limbsCopy(r, q);
  feScale(r + Y, q + Y, -1);
}

/** r ← −q. r may be q. */
export function pointNegate(r: Point, q: Point): void {
  affineNegate(r, q);
  limbsCopy(r + Z, q + Z);
}

/** r ← the point 04 ‖ x ‖ y (65 bytes) with Z = 1; ones where it is on the curve and x, y are below p. */
export function pointFromBytes(r: Point, bytes: usize): Mask {
  const inRange = feFromBytes(r, bytes + 1) & feFromBytes(r + Y, bytes + 33);
  limbsCopy(r + Z, FE_ONE);
  // x³ − 3x + b − y² = x(x² − 3) + b − y²
  feScale(T, FE_ONE, 3);
  feSqr(A, r);
  feSub(A, A, T);
  feMul(A, A, r);
  feSqr(B, r + Y);
  feSub(A, A, B);
  feAdd(A, A, FE_B);
  const uncompressed: Mask = ((load<u8>(bytes) as u32) ^ 4) - 1;
  return inRange & feIsZero(A) & ((uncompressed as i32) >> 31);
}

/** bytes ← 04 ‖ x ‖ y, 65 bytes; ones where q is not infinity. */
export function pointToBytes(bytes: usize, q: Point): Mask {
  feInv(A, q + Z);
  feMul(B, q, A);
  feMul(C, q + Y, A);
  store<u8>(bytes, 4);
  feToBytes(bytes + 1, B);
  feToBytes(bytes + 33, C);
  return ~feIsZero(A);
}

/** r ← q where the mask is set, else r stays. */
export function pointSelect(r: Point, q: Point, mask: Mask): void {
  const wide = i32x4.splat(mask as i32);
  for (let i = 0; i < POINT_LEN; i += 16) v128.store(r + i, v128.bitselect(v128.load(q + i), v128.load(r + i), wide));
}

/** The `width` bits of k from bit `low` on, and the bit below them: one Booth window, see base-table.ts. */
export function windowBits(k: usize, low: i32, width: i32): u32 {
  // k is 32 big-endian bytes; the bit below bit 0 and those above bit 255 are zero. Public: low, width.
  let bits: u64 = 0;
  const from = low - 1;
  const word = from >> 5;
  if (word >= 0 && word < 8) bits = loadWord(k + 28 - 4 * word);
  if (word + 1 >= 0 && word + 1 < 8) bits |= (loadWord(k + 24 - 4 * word) as u64) << 32;
  return ((bits >> (from & 31)) as u32) & ((1 << (width + 1)) - 1);
}

/** Clears the scratch of the formulas. */
export function pointWipe(): void {
  memory.fill(A, 0, 36);
  memory.fill(B, 0, 36);
  memory.fill(C, 0, 36);
  memory.fill(D, 0, 36);
  memory.fill(E, 0, 36);
  memory.fill(F, 0, 36);
  memory.fill(G, 0, 36);
  memory.fill(H, 0, 36);
  memory.fill(T, 0, 36);
  memory.fill(U, 0, 36);
}
