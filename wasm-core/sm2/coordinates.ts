/**
 * Coordinates of points on their way in and out: bytes (GB/T 32918.1-2016 clauses 4.2.8 and 4.2.9, uncompressed), affine, and single
 * ones.
 *
 * Constant time: everything here but the answers of affineFromBytes and pointToBytes, whose masks callers make public.
 */
import { Mask } from "../word";
import { FE_B, FE_ONE, Fe, feFromBytes, feInv, feIsZero, feSub, feToBytes, feTriple } from "./field";
import { feMul, feSqr } from "./field-product";
import { limbsWipe } from "./limbs";
import { pairPut, pairTake, pairWipe } from "./pair";
import { Affine, Point, YZ } from "./point";

/** Scratch, wiped by coordinatesWipe. */
const E: Fe = memory.data(48, 16);
const F: Fe = memory.data(48, 16);
const G: Fe = memory.data(48, 16);
const H: Fe = memory.data(48, 16);
const LEFT: Affine = memory.data(80, 16);

/** r ← the point 04 ‖ x ‖ y (65 bytes); ones where it is on the curve and x, y are below p. */
export function affineFromBytes(r: Affine, bytes: usize): Mask {
  const inRange = feFromBytes(E, bytes + 1) & feFromBytes(F, bytes + 33);
  pairPut(r, E, 0);
  pairPut(r, F, 1);
  // x³ − 3x + b − y² = x(x² − 3) + b − y²
  feSqr(F, F);
  feSub(F, F, FE_B);
  feTriple(H, FE_ONE);
  feSqr(G, E);
  feSub(G, G, H);
  feMul(E, E, G);
  feSub(E, E, F);
  const uncompressed: Mask = ((load<u8>(bytes) as u32) ^ 4) - 1;
  return inRange & feIsZero(E) & ((uncompressed as i32) >> 31);
}

/** r ← X. */
export function pointX(r: Fe, q: Point): void {
  pairTake(r, q, 0);
}

/** r ← Z. */
export function pointDepth(r: Fe, q: Point): void {
  pairTake(r, q + YZ, 1);
}

/** r ← q as x, y, given Z⁻¹ in `inverse`. */
export function affineFromPoint(r: Affine, q: Point, inverse: Fe): void {
  feSqr(E, inverse);
  pairTake(F, q, 0);
  feMul(F, F, E);
  feMul(E, E, inverse);
  pairTake(G, q + YZ, 0);
  feMul(G, G, E);
  pairPut(r, F, 0);
  pairPut(r, G, 1);
}

/** bytes ← 04 ‖ x ‖ y, 65 bytes. */
export function affineToBytes(bytes: usize, q: Affine): void {
  store<u8>(bytes, 4);
  pairTake(E, q, 0);
  feToBytes(bytes + 1, E);
  pairTake(E, q, 1);
  feToBytes(bytes + 33, E);
}

/** bytes ← 04 ‖ x ‖ y, 65 bytes; ones where q is not infinity. */
export function pointToBytes(bytes: usize, q: Point): Mask {
  pointDepth(E, q);
  const finite = ~feIsZero(E);
  feInv(H, E);
  affineFromPoint(LEFT, q, H);
  affineToBytes(bytes, LEFT);
  return finite;
}

/** Clears the scratch of this file. */
export function coordinatesWipe(): void {
  limbsWipe(E);
  limbsWipe(F);
  limbsWipe(G);
  limbsWipe(H);
  pairWipe(LEFT);
}
