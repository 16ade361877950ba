/**
 * Two field elements of SM2 side by side: limb i of the first and limb i of the second are the two i32 at 8·i. 72 bytes; what fills
 * the fifth vector is of no use. Products: pair-product.ts and pair-square.ts.
 *
 * Constant time: everything here.
 */
import { Limbs } from "./limbs";

/** Two elements, 72 bytes in 80. */
export type Pair = usize;

/** Bytes of a Pair in memory: five vectors. */
export const PAIR_LEN: usize = 80;

/** Constants of the products, in memory because an engine would make a splat anew at each use: 2²⁹ − 1, in lanes of 64 and of 32 bits. */
export const MASK = memory.data<i64>([0x1fffffff, 0x1fffffff], 16);
export const MASK_32 = memory.data<i32>([0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff], 16);

/** 2²⁸: added before a limb is cut off, subtracted from the limb. */
export const HALF_32 = memory.data<i32>([0x10000000, 0x10000000, 0x10000000, 0x10000000], 16);

/** 2⁶³ makes a signed column positive; its carry, 2³⁴, is taken from the next column's; and half a limb is added where limbs leave. */
export const FIRST_BIAS = memory.data<i64>([-0x8000000000000000, -0x8000000000000000], 16);
export const BIAS = memory.data<i64>([0x7ffffffc00000000, 0x7ffffffc00000000], 16);
export const BIAS_HALF = memory.data<i64>([0x7ffffffc10000000, 0x7ffffffc10000000], 16);

/** r ← the element in a lane, 0 or 1. Public: lane. */
export function pairTake(r: Limbs, a: Pair, lane: usize): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(r + i, load<i32>(a + 2 * i + 4 * lane));
}

/** The lane of r, 0 or 1, ← the element a. Public: lane. */
export function pairPut(r: Pair, a: Limbs, lane: usize): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(r + 2 * i + 4 * lane, load<i32>(a + i));
}

/** r ← a, all five vectors. */
export function pairCopy(r: Pair, a: Pair): void {
  for (let i: usize = 0; i < PAIR_LEN; i += 16) v128.store(r + i, v128.load(a + i));
}

/** r ← 0. */
export function pairWipe(r: Pair): void {
  for (let i: usize = 0; i < PAIR_LEN; i += 16) v128.store(r + i, i32x4.splat(0));
}
