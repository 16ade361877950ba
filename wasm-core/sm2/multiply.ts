/**
 * Multiples of a point that comes once: t·P for a secret t, and t·P + s·G for public numbers. GB/T 32918.1-2016 annex A.3.
 *
 * Secret: Booth digits of 5 bits from the highest down, over a table of P … 16·P. k and n − k give the same x, so the lower of them is
 * taken, and the sign of y is put right at the end. Then no addition meets ±its other operand: the sum is 32·m·P with m = 0, which is
 * infinity and known, or 1 ≤ m and 32·m < n/2 + 32, and the entry is d·P with |d| ≤ 16.
 *
 * Public: wNAF, of 5 bits over P, 3P … 15P and of 8 bits over G, 3G … 127G. The doublings that t·P takes do for both, so that G's table
 * may be of any width, and needs no comb.
 *
 * Constant time: pointMultiply, in k.
 */
import { Mask } from "../word";
import { baseOdds, ODDS_WIDTH } from "./base-table";
import { DIGITS, windowBits, wnaf } from "./digits";
import { Limbs, limbsSelect, limbsSubtract, limbsToBytes, limbsWipe } from "./limbs";
import { N, scFromBytes } from "./scalar";
import { addPicked, multiplesOf, oddMultiplesOf, Table, tableWipe } from "./table";
import { Affine, AFFINE_LEN, affineNegate, Point, pointAddPublic, pointDouble, pointNegate, pointZero } from "./point";

const WIDTH: i32 = 5;
const WINDOWS: i32 = 52;
const ENTRIES: i32 = 16;
const ODD_ENTRIES: i32 = 8;

/** Scratch: the table, wiped as the rest is, for it may be of a secret point. */
const MULTIPLES = memory.data(1280, 16);
const PICKED: Affine = memory.data(80, 16);
const SUM: Point = memory.data(160, 16);
const NUMBER: Limbs = memory.data(48, 16);
const OTHER: Limbs = memory.data(48, 16);
const BYTES = memory.data(32, 16);
const SIGNED = memory.data(514, 16);
const SIGNED_BASE = memory.data(514, 16);

/** BYTES ← the lower of k and n − k; ones where that is n − k. */
function lowerOf(k: usize): Mask {
  scFromBytes(NUMBER, k);
  limbsSubtract(OTHER, N, NUMBER);
  const negate: Mask = 0 - limbsSubtract(SUM, OTHER, NUMBER);
  limbsSelect(NUMBER, OTHER, negate);
  limbsToBytes(BYTES, NUMBER);
  return negate;
}

/** r ← k·q. k: 32 bytes, big-endian, below n, secret. r apart from q. */
export function pointMultiply(r: Point, k: usize, q: Affine): void {
  multiplesOf(MULTIPLES, ENTRIES, q);
  const negate = lowerOf(k);
  pointZero(r);
  let none: Mask = ~0;
  for (let i = WINDOWS - 1; i >= 0; i--) {
    for (let j = 0; j < WIDTH; j++) pointDouble(r, r);
    const bits = windowBits(BYTES, WIDTH * i, WIDTH);
    none = addPicked(r, none, MULTIPLES, ENTRIES, bits, WIDTH);
  }
  pointNegate(r, negate);
  wipe();
}

/** r ← r + digit·q, by the odd multiples of q. Public: all. */
function addOdd(r: Point, odds: Table, digit: i32): void {
  if (digit === 0) return;
  affineNegate(PICKED, odds + AFFINE_LEN * (abs<i32>(digit) >> 1), digit >> 31);
  pointAddPublic(r, r, PICKED);
}

/** r ← k·q + l·G. k and l: 32 bytes, big-endian, below n. Public: all. r apart from q. */
export function pointMultiplySum(r: Point, k: usize, q: Affine, l: usize): void {
  const base = baseOdds();
  oddMultiplesOf(MULTIPLES, ODD_ENTRIES, q);
  wnaf(SIGNED, k, WIDTH);
  wnaf(SIGNED_BASE, l, ODDS_WIDTH);
  pointZero(r);
  let i = 2 * (DIGITS - 1);
  while (i >= 0 && (load<i16>(SIGNED + i) | load<i16>(SIGNED_BASE + i)) === 0) i -= 2;
  for (; i >= 0; i -= 2) {
    pointDouble(r, r);
    addOdd(r, MULTIPLES, load<i16>(SIGNED + i));
    addOdd(r, base, load<i16>(SIGNED_BASE + i));
  }
  wipe();
}

function wipe(): void {
  memory.fill(MULTIPLES, 0, 1280);
  memory.fill(SIGNED, 0, 514);
  memory.fill(SIGNED_BASE, 0, 514);
  memory.fill(BYTES, 0, 32);
  memory.fill(PICKED, 0, 80);
  memory.fill(SUM, 0, 160);
  limbsWipe(NUMBER);
  limbsWipe(OTHER);
  tableWipe();
}
