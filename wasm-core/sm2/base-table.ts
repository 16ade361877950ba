/**
 * Multiples of a point that comes again and again, by a comb of its multiples: k·G, and t·P for the keys of a slot; and the odd multiples of
 * G for a sum whose doublings another point has to pay anyway. GB/T 32918.1-2016 annex A.3.
 *
 *   Comb    43 windows × 32 affine points × 80 bytes = 110 080 bytes: entry (i, j) is (j + 1)·2⁶ⁱ·q
 *   ODDS    64 affine points, 5120 bytes: entry j is (2j + 1)·G. Made at the first use, as BASE is
 *   BASE    that of G. Made at the first use: nothing but G is shipped, and nothing needs to be trusted
 *   KEYS    4 combs of public keys that the caller expects again
 *
 * Booth digits of 6 bits from the lowest up, one mixed addition for each. It never meets ±its other operand: below window i the sum is
 * m·q with |m| ≤ 2⁶ⁱ⁻¹, and the entry d·2⁶ⁱ·q with 1 ≤ |d| ≤ 32; m ± d·2⁶ⁱ is not 0, and for k below n it is no multiple of n
 * either: below window 42 it is too small, and there d ≤ 16, m + d·2²⁵² = k, and m − d·2²⁵² = −n would need |m| > 2²⁵¹ or k > n.
 *
 * Constant time: baseMultiply, in k. The first use builds the table, which depends on no secret. combAddPublic is for public numbers.
 */
import { Mask } from "../word";
import { digitSize, windowBits } from "./digits";
import { pairCopy, pairWipe } from "./pair";
import { addPicked, affineDouble, multiplesOf, oddMultiplesOf, Table, tableWipe } from "./table";
import { Affine, AFFINE_LEN, affineNegate, Point, pointAddPublic, pointZero } from "./point";

/** A comb, 110 080 bytes. */
export type Comb = usize;

const WIDTH: i32 = 6;
const WINDOWS: i32 = 43;
const ENTRIES: i32 = 32;
const ROW_LEN: i32 = 2560;
const COMB_LEN: i32 = 110080;

/** Combs of public keys that fit. */
export const SLOTS: i32 = 4;

/** G in Montgomery form, tight. GB/T 32918.5-2017 clause 2. */
export const GENERATOR: Affine = memory.data<i32>(
  [
    0x30053d2, 0x5a1bbac, -0xd766f0c, -0xab1a6c4, -0x9fd8176, -0xb502cf6, 0x7b9b2a, -0x6a1c4b3, 0x7867cf3, -0xe0e7c14,
    -0x6653db4, -0xf991d5b, 0x2eb50f7, -0x1395982, -0x238fb14, -0xc78a329, 0x22cf4c, 0x79acbb, 0, 0,
  ],
  16,
);

/** Width of the wNAF whose digits ODDS has: half its size, the odd ones. */
export const ODDS_WIDTH: i32 = 8;
const ODDS_ENTRIES: i32 = 64;

const BASE: Comb = memory.data(110080, 16);
const READY = memory.data(4, 4);
const ODDS: Table = memory.data(5120, 16);
const ODDS_READY = memory.data(4, 4);
const KEYS = memory.data(440320, 16);

/** Scratch: 2⁶ⁱ·q of the row; the entry picked. */
const RUNNING: Affine = memory.data(80, 16);
const PICKED: Affine = memory.data(80, 16);

/** comb ← the multiples of q. */
export function combOf(comb: Comb, q: Affine): void {
  pairCopy(RUNNING, q);
  for (let i = 0; i < WINDOWS; i++) {
    const row = comb + ROW_LEN * i;
    multiplesOf(row, ENTRIES, RUNNING);
    affineDouble(RUNNING, row + AFFINE_LEN * (ENTRIES - 1));
  }
  tableWipe();
  pairWipe(RUNNING);
}

/** The comb of G. */
export function baseComb(): Comb {
  if (load<i32>(READY) === 0) {
    combOf(BASE, GENERATOR);
    store<i32>(READY, 1);
  }
  return BASE;
}

/** The odd multiples of G. */
export function baseOdds(): Table {
  if (load<i32>(ODDS_READY) === 0) {
    oddMultiplesOf(ODDS, ODDS_ENTRIES, GENERATOR);
    store<i32>(ODDS_READY, 1);
  }
  return ODDS;
}

/** The comb of a slot, 0 … SLOTS − 1. */
export function slotComb(slot: i32): Comb {
  return KEYS + COMB_LEN * slot;
}

/** r ← k·G. k: 32 bytes, big-endian, below n, secret. */
export function baseMultiply(r: Point, k: usize): void {
  const comb = baseComb();
  pointZero(r);
  let none: Mask = ~0;
  for (let i = 0; i < WINDOWS; i++) {
    const bits = windowBits(k, WIDTH * i, WIDTH);
    none = addPicked(r, none, comb + ROW_LEN * i, ENTRIES, bits, WIDTH);
  }
  tableWipe();
}

/** r ← r + k·q by the comb of q. k: 32 bytes, big-endian, below n. Public: all. */
export function combAddPublic(r: Point, comb: Comb, k: usize): void {
  for (let i = 0; i < WINDOWS; i++) {
    const bits = windowBits(k, WIDTH * i, WIDTH);
    const size = digitSize(bits, WIDTH);
    if (size === 0) continue;
    affineNegate(PICKED, comb + ROW_LEN * i + AFFINE_LEN * (size - 1), 0 - (bits >>> WIDTH));
    pointAddPublic(r, r, PICKED);
  }
  pairWipe(PICKED);
}
