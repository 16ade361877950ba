/**
 * The scalars of SM2, integers mod n, the order of the base point. GB/T 32918.5-2017 clause 2.
 *
 * A scalar is nine limbs of 29 bits with value in [0, n), not in Montgomery form. A Montgomery product with R = 2²⁶¹
 * stands behind scMul; n has no helpful shape, so each quotient digit costs a multiplication by −n⁻¹ mod 2²⁹.
 *
 * Constant time: everything here. The exponent of scInv is public.
 */
import { Mask, maskZero } from "../word";
import { scProduct } from "./scalar-product";
import {
  Bytes32,
  Limbs,
  limbsAdd,
  limbsBits,
  limbsCopy,
  limbsFromBytes,
  limbsSelect,
  limbsSubtract,
  limbsToBytes,
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

/** R² mod n. */
export const RR = memory.data<i32>([
  0x159b7552, 0x15c38c55, 0xb5ce697, 0x1164d74c, 0x151153b6, 0x1875ffc1, 0x1620fc84, 0x559e9d, 0xd7904b,
]);

/** The number 1. */
const ONE = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);

/** n − 2, the exponent of the inversion, big-endian. */
export const N_MINUS_TWO = memory.data<u8>([
  0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf,
  0x6b, 0x21, 0xc6, 0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x21,
]);

/** Scratch of the last subtraction, of scMul, and 15 powers for scInv. */
const SPARE = memory.data(36, 16);
const LIFTED = memory.data(36, 16);
const POWERS = memory.data(540, 16);

/** r ← a·b·R⁻¹ mod n. Requires a, b < 2²⁵⁶; r may be a or b. */
function montMul(r: Scalar, a: Scalar, b: Scalar): void {
  scProduct(r, a, b);
  reduceOnce(r);
}

/** r ← r − n where r ≥ n. Requires r < 2n. */
function reduceOnce(r: Scalar): void {
  const below = limbsSubtract(SPARE, r, N);
  limbsSelect(r, SPARE, below - 1);
}

/** r ← a·b mod n. r may be a or b. */
export function scMul(r: Scalar, a: Scalar, b: Scalar): void {
  montMul(LIFTED, a, RR);
  montMul(r, LIFTED, b);
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

/** r ← a⁻¹ mod n, and 0 for 0: a^(n − 2) by windows of four bits. r may be a. */
export function scInv(r: Scalar, a: Scalar): void {
  montMul(POWERS, a, RR);
  for (let i = 1; i < 15; i++) montMul(POWERS + 36 * i, POWERS + 36 * (i - 1), POWERS);
  limbsCopy(r, POWERS + 36 * 14); // n − 2 begins with the digit f
  for (let i = 1; i < 64; i++) {
    for (let j = 0; j < 4; j++) montMul(r, r, r);
    const byte = load<u8>(N_MINUS_TWO + (i >> 1)) as i32;
    const digit = (i & 1) === 1 ? byte & 15 : byte >> 4;
    // public: the exponent
    if (digit !== 0) montMul(r, r, POWERS + 36 * (digit - 1));
  }
  montMul(r, r, ONE);
  memory.fill(POWERS, 0, 540);
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

/** Ones where a ≤ n − 2. */
export function scIsKey(a: Scalar): Mask {
  return 0 - limbsSubtract(SPARE, a, N_MINUS_ONE);
}

/** bytes ← a, 32 bytes. */
export function scToBytes(bytes: Bytes32, a: Scalar): void {
  limbsToBytes(bytes, a);
}

/** Ones where a = 0. */
export function scIsZero(a: Scalar): Mask {
  return maskZero(limbsBits(a));
}

/** Ones where a = b. */
export function scEqual(a: Scalar, b: Scalar): Mask {
  limbsSubtract(SPARE, a, b);
  return maskZero(limbsBits(SPARE));
}

/** Clears what the functions of this file leave in their scratch. */
export function scWipe(): void {
  memory.fill(SPARE, 0, 36);
  memory.fill(LIFTED, 0, 36);
}
