/**
 * The scalars of SM2, integers mod n, the order of the base point. GB/T 32918.5-2017 clause 2.
 *
 * A scalar is nine limbs of 29 bits with value in [0, n), not in Montgomery form. Products are Montgomery's with R = 2²⁶¹,
 * one factor of which comes lifted, as b·R; n has no helpful shape, so each quotient digit costs a multiplication by −n⁻¹ mod 2²⁹.
 *
 * Constant time: everything here.
 */
import { Mask, maskZero } from "../word";
import { limbsInvert } from "./inverse";
import { N_DASH, scProduct } from "./scalar-product";
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

/** An integer mod n, 36 bytes. */
export type Scalar = Limbs;

/** n. */
export const N = memory.data<i32>([
  0x19d54123, 0x1ddfa049, 0x11814ad4, 0x7bed643, 0x1ffff720, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff,
]);

/** n − 1. */
export const N_MINUS_ONE = memory.data<i32>([
  0x19d54122, 0x1ddfa049, 0x11814ad4, 0x7bed643, 0x1ffff720, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff,
]);

/** p − n: what is below it is an x twice, as itself and with n added. */
export const P_MINUS_N = memory.data<i32>([0x62abedc, 0x2205fb6, 0xe7eb56b, 0x184127bc, 0x8df, 0x0, 0x0, 0x0, 0x0]);

/** R² mod n. */
export const RR = memory.data<i32>([
  0x159b7552, 0x15c38c55, 0xb5ce697, 0x1164d74c, 0x151153b6, 0x1875ffc1, 0x1620fc84, 0x559e9d, 0xd7904b,
]);

/** The number 1. */
const ONE = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);

/** 11·n: what makes the number that limbsInvert gives positive. */
export const ELEVEN_N = memory.data<i32>([
  0x1c29cc81, 0x89be32b, 0x8e3726, 0x153334e7, 0x1fff9e62, 0x1fffffff, 0x1fffffff, 0x1e9fffff, 0xaffffff,
]);

/** Scratch of the last subtraction. */
const SPARE = memory.data(48, 16);

/** r ← a·b·R⁻¹ mod n. Requires a·b < R·n; r may be a or b. */
function montMul(r: Scalar, a: Scalar, b: Scalar): void {
  scProduct(r, a, b);
  reduceOnce(r);
}

/** r ← r − n where r ≥ n. Requires r < 2n. */
function reduceOnce(r: Scalar): void {
  const below = limbsSubtract(SPARE, r, N);
  limbsSelect(r, SPARE, below - 1);
}

/** r ← a + b mod n. r may be a or b. */
export function scAdd(r: Scalar, a: Scalar, b: Scalar): void {
  limbsAdd(r, a, b);
  reduceOnce(r);
}

/** r ← a − b mod n. r may be a or b. */
export function scSub(r: Scalar, a: Scalar, b: Scalar): void {
  const negative = limbsSubtract(r, a, b);
  limbsAdd(SPARE, r, N);
  limbsSelect(r, SPARE, 0 - negative);
}

/** r ← a + 1 mod n. */
export function scAddOne(r: Scalar, a: Scalar): void {
  scAdd(r, a, ONE);
}

/** r ← a⁻¹·R mod n, ready for scMulLifted, and 0 for 0. r may be a. */
export function scInvLifted(r: Scalar, a: Scalar): void {
  limbsInvert(r, a, N, N_DASH);
  limbsAdd(r, r, ELEVEN_N); // in [0, 22n): with R² below n and m·n below R·n, the product's value is below 2n
  montMul(r, r, RR);
}

/** r ← a·b mod n, for b·R mod n in `lifted`. r may be either. */
export function scMulLifted(r: Scalar, a: Scalar, lifted: Limbs): void {
  montMul(r, a, lifted);
}

/** r ← the number of these 32 bytes, mod n. */
export function scFromBytes(r: Scalar, bytes: Bytes32): void {
  limbsFromBytes(r, bytes);
  reduceOnce(r);
}

/** r ← the number of these 32 bytes; ones where it is in [1, n − 1]. Else r is that number mod n. */
export function scFromBytesInRange(r: Scalar, bytes: Bytes32): Mask {
  limbsFromBytes(r, bytes);
  const below = limbsSubtract(SPARE, r, N);
  const mask = ~maskZero(limbsBits(r)) & (0 - below);
  limbsSelect(r, SPARE, below - 1);
  return mask;
}

/** As scFromBytesInRange, with ones where the number is a private key, in [1, n − 2]. GB/T 32918.1-2016 clause 6.1. */
export function scFromKey(r: Scalar, bytes: Bytes32): Mask {
  const inRange = scFromBytesInRange(r, bytes);
  const below = limbsSubtract(SPARE, r, N_MINUS_ONE);
  return inRange & (0 - below);
}

/** bytes ← a, 32 bytes. */
export function scToBytes(bytes: Bytes32, a: Scalar): void {
  limbsToBytes(bytes, a);
}

/** Ones where a = 0. */
export function scIsZero(a: Scalar): Mask {
  return maskZero(limbsBits(a));
}

/** Clears what the functions of this file leave in their scratch. */
export function scWipe(): void {
  limbsWipe(SPARE);
}
