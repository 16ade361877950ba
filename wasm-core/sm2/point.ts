/**
 * Points of SM2's curve y² = x³ − 3x + b, GB/T 32918.5-2017.
 *
 * Shape   Point: three Fe (X : Y : Z) in projective coordinates, 108 bytes; infinity is (0 : 1 : 0).
 * Form    the complete formulas for a = −3 of Renes, Costello and Batina (2016, algorithms 4 and 6): right for every pair of
 *         points, so that no secret decides which formula runs.
 * Time    all functions take the same time for all values.
 */
import { feAdd, feCopy, feFromBytes, feInvert, feIsZero, feMul, feSelect, feSqr, feSub, feToBytes, Fe } from "./field";
import { BAD_POINT, OK, Status } from "../status";

/** A point, 108 bytes. */
export type Point = usize;

export const POINT_LEN: i32 = 108;
const Y = 36;
const Z = 72;

/** b and 1 in the Montgomery domain; a test recomputes them. */
const B = memory.data<i32>([
  0x181ba844, 0x1230632b, 0x9bd5b86, 0xde6c26d, 0x1878e39e, 0x1505ea51, 0x4293cc0, 0x368838b, 0x81fc31,
]);
const FE_ONE = memory.data<i32>([0x20, 0x0, 0x1ffff800, 0x3fff, 0x0, 0x0, 0x0, 0x4000000, 0x0]);

const SCRATCH = memory.data(36 * 8, 16);
const T0 = SCRATCH;
const T1 = SCRATCH + 36;
const T2 = SCRATCH + 72;
const T3 = SCRATCH + 108;
const T4 = SCRATCH + 144;
const X3 = SCRATCH + 180;
const Y3 = SCRATCH + 216;
const Z3 = SCRATCH + 252;

/** r ← infinity. */
export function pointInfinity(r: Point): void {
  memory.fill(r, 0, POINT_LEN);
  feCopy(r + Y, FE_ONE);
}

/** r ← a. */
export function pointCopy(r: Point, a: Point): void {
  memory.copy(r, a, POINT_LEN);
}

/** r ← b where mask is all ones, a where it is 0. */
export function pointSelect(r: Point, a: Point, b: Point, mask: i32): void {
  feSelect(r, a, b, mask);
  feSelect(r + Y, a + Y, b + Y, mask);
  feSelect(r + Z, a + Z, b + Z, mask);
}

/** r ← (p.i + p.j)·(q.i + q.j) − s − t: the cross products of the addition. Uses X3. */
function cross(r: Fe, p: Point, q: Point, i: i32, j: i32, s: Fe, t: Fe): void {
  feAdd(r, p + i, p + j);
  feAdd(X3, q + i, q + j);
  feMul(r, r, X3);
  feAdd(X3, s, t);
  feSub(r, r, X3);
}

/** r ← 3·a. Uses Z3. r may be a. */
function triple(r: Fe, a: Fe): void {
  feAdd(Z3, a, a);
  feAdd(r, a, Z3);
}

/** r ← p + q. Algorithm 4. r may be p or q. */
export function pointAdd(r: Point, p: Point, q: Point): void {
  feMul(T0, p, q);
  feMul(T1, p + Y, q + Y);
  feMul(T2, p + Z, q + Z);
  cross(T3, p, q, 0, Y, T0, T1);
  cross(T4, p, q, Y, Z, T1, T2);
  cross(Y3, p, q, 0, Z, T0, T2);
  feMul(Z3, B, T2);
  feSub(X3, Y3, Z3);
  feAdd(Z3, X3, X3);
  feAdd(X3, X3, Z3);
  feSub(Z3, T1, X3);
  feAdd(X3, T1, X3);
  feMul(Y3, B, Y3);
  feAdd(T1, T2, T2);
  feAdd(T2, T1, T2);
  feSub(Y3, Y3, T2);
  feSub(Y3, Y3, T0);
  feAdd(T1, Y3, Y3);
  feAdd(Y3, T1, Y3);
  feAdd(T1, T0, T0);
  feAdd(T0, T1, T0);
  feSub(T0, T0, T2);
  feMul(T1, T4, Y3);
  feMul(T2, T0, Y3);
  feMul(Y3, X3, Z3);
  feAdd(r + Y, Y3, T2);
  feMul(X3, T3, X3);
  feSub(r, X3, T1);
  feMul(Z3, T4, Z3);
  feMul(T1, T3, T0);
  feAdd(r + Z, Z3, T1);
}

/** r ← 2p. Algorithm 6. r may be p. */
export function pointDouble(r: Point, p: Point): void {
  feSqr(T0, p);
  feSqr(T1, p + Y);
  feSqr(T2, p + Z);
  feMul(T3, p, p + Y);
  feAdd(T3, T3, T3);
  feMul(T4, p, p + Z);
  feAdd(T4, T4, T4);
  feMul(Y3, B, T2);
  feSub(Y3, Y3, T4);
  feAdd(X3, Y3, Y3);
  feAdd(Y3, X3, Y3);
  feSub(X3, T1, Y3);
  feAdd(Y3, T1, Y3);
  feMul(Y3, X3, Y3);
  feMul(X3, X3, T3);
  triple(T2, T2);
  feMul(T4, B, T4);
  feSub(T4, T4, T2);
  feSub(T4, T4, T0);
  triple(T4, T4);
  triple(T0, T0);
  feSub(T0, T0, T2);
  feMul(T0, T0, T4);
  feAdd(Y3, Y3, T0);
  feMul(T0, p + Y, p + Z);
  feAdd(T0, T0, T0);
  feMul(Z3, T0, T4);
  feSub(r, X3, Z3);
  feMul(Z3, T0, T1);
  feCopy(r + Y, Y3);
  feAdd(Z3, Z3, Z3);
  feAdd(r + Z, Z3, Z3);
}

/** All ones where the point is infinity, else 0. */
export function pointIsInfinity(p: Point): i32 {
  return feIsZero(p + Z);
}

const AFFINE = memory.data(36 * 2, 16);

/** The 64 bytes at out ← x ‖ y, big-endian, of a point other than infinity. */
export function pointToBytes(out: usize, p: Point): void {
  const inverse = AFFINE;
  const coordinate = AFFINE + 36;
  feInvert(inverse, p + Z);
  feMul(coordinate, p, inverse);
  feToBytes(out, coordinate);
  feMul(coordinate, p + Y, inverse);
  feToBytes(out + 32, coordinate);
}

/**
 * r ← the point x ‖ y of 64 bytes, big-endian. The input is public.
 *
 * @returns BAD_POINT where a coordinate is not below p or the equation does not hold
 */
export function pointFromBytes(r: Point, p: usize): Status {
  const inRange = feFromBytes(r, p) & feFromBytes(r + Y, p + 32);
  feCopy(r + Z, FE_ONE);
  // y² − x³ + 3x − b = 0
  feSqr(T0, r);
  feMul(T0, T0, r);
  feSqr(T1, r + Y);
  feSub(T1, T1, T0);
  feAdd(T0, r, r);
  feAdd(T0, T0, r);
  feAdd(T1, T1, T0);
  feSub(T1, T1, B);
  return (inRange & feIsZero(T1)) != 0 ? OK : BAD_POINT; // public
}
