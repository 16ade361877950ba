/**
 * Tables of multiples: entry j is (j + 1)·q, or (2j + 1)·q, affine, 80 bytes.
 *
 * Constant time: pick, in the digit: it reads every entry and keeps one by masks. The tables are made for any q, secret or not, since no
 * multiple below n·q meets ±q or ±2q as the next one is added: the order n of the curve is a prime.
 */
import { Mask, maskZero } from "../word";
import { digitSize } from "./digits";
import { Fe, feInv } from "./field";
import { feMul, feSqr } from "./field-product";
import { limbsCopy, limbsWipe } from "./limbs";
import { affineFromPoint, pointDepth } from "./coordinates";
import {
  Affine,
  AFFINE_LEN,
  affineNegate,
  Point,
  POINT_LEN,
  pointAddAffine,
  pointDouble,
  pointFromAffine,
  pointSelect,
  YZ,
} from "./point";
import { pairPut, pairTake, pairWipe } from "./pair";

/** Multiples of a point, one after the other. */
export type Table = usize;

/** Points that ROW holds. */
const ROW_POINTS: i32 = 32;

/** Scratch: points on their way to a table, their Z, and the running products of these. Wiped by tableWipe. */
const ROW = memory.data(5120, 16);
const DEPTHS = memory.data(1536, 16);
const PRODUCTS = memory.data(1536, 16);
const INVERSE: Fe = memory.data(48, 16);
const STEP: Fe = memory.data(48, 16);

/** Scratch of oddMultiplesOf: 2q, and the curve on which it is affine. Wiped by tableWipe. */
const TWICE: Affine = memory.data(80, 16);
const DEPTH: Fe = memory.data(48, 16);
const POWER: Fe = memory.data(48, 16);

/** Scratch of addPicked: the entry, and the sum. Wiped by tableWipe. */
const PICKED: Affine = memory.data(80, 16);
const SUM: Point = memory.data(160, 16);

/** DEPTHS ← the Z of the points of ROW. */
function readDepths(count: i32): void {
  for (let j = 0; j < count; j++) pointDepth(DEPTHS + 48 * j, ROW + POINT_LEN * j);
}

/** entries ← the points of ROW, whose Z stand in DEPTHS, with one inversion for them (Montgomery's trick). */
function normaliseRow(entries: Table, count: i32): void {
  limbsCopy(PRODUCTS, DEPTHS);
  for (let j = 1; j < count; j++) feMul(PRODUCTS + 48 * j, PRODUCTS + 48 * (j - 1), DEPTHS + 48 * j);
  feInv(INVERSE, PRODUCTS + 48 * (count - 1));
  for (let j = count - 1; j >= 0; j--) {
    if (j > 0) feMul(STEP, INVERSE, PRODUCTS + 48 * (j - 1));
    else limbsCopy(STEP, INVERSE);
    affineFromPoint(entries + AFFINE_LEN * j, ROW + POINT_LEN * j, STEP);
    feMul(INVERSE, INVERSE, DEPTHS + 48 * j);
  }
}

/** The points of ROW from number `from` on ← the one before, and `step` added. */
function continueRow(from: i32, count: i32, step: Affine): void {
  for (let j = from; j < count; j++) pointAddAffine(ROW + POINT_LEN * j, ROW + POINT_LEN * (j - 1), step);
}

/** entries ← q, 2q … count·q. Public: count, from 2 to 32. */
export function multiplesOf(entries: Table, count: i32, q: Affine): void {
  pointFromAffine(ROW, q);
  pointDouble(ROW + POINT_LEN, ROW);
  continueRow(2, count, q);
  readDepths(count);
  normaliseRow(entries, count);
}

/**
 * entries ← q, 3q … (2·count − 1)·q. Public: count. The entries are apart from q.
 *
 * With Z of 2q, (x, y) ↦ (x·Z², y·Z³) leads to another curve, on which 2q is affine without an inversion. The formulas of addition hold
 * there as well, since they know no coefficient. What they give has Z times too little depth for the way back.
 */
export function oddMultiplesOf(entries: Table, count: i32, q: Affine): void {
  pointFromAffine(ROW, q);
  pointDouble(ROW, ROW);
  pointDepth(DEPTH, ROW);
  pairTake(STEP, ROW, 0);
  pairPut(TWICE, STEP, 0);
  pairTake(STEP, ROW + YZ, 0);
  pairPut(TWICE, STEP, 1);
  feSqr(POWER, DEPTH);
  pairTake(STEP, q, 0);
  feMul(STEP, STEP, POWER);
  pairPut(PICKED, STEP, 0);
  feMul(POWER, POWER, DEPTH);
  pairTake(STEP, q, 1);
  feMul(STEP, STEP, POWER);
  pairPut(PICKED, STEP, 1);
  pointFromAffine(ROW, PICKED);
  for (let done = 0; done < count; done += ROW_POINTS) {
    const some = min<i32>(ROW_POINTS, count - done);
    if (done > 0) pointAddAffine(ROW, ROW + POINT_LEN * (ROW_POINTS - 1), TWICE);
    continueRow(1, some, TWICE);
    readDepths(some);
    for (let j = 0; j < some; j++) feMul(DEPTHS + 48 * j, DEPTHS + 48 * j, DEPTH);
    normaliseRow(entries + AFFINE_LEN * done, some);
  }
}

/** r ← 2q, affine. r may be q. */
export function affineDouble(r: Affine, q: Affine): void {
  pointFromAffine(ROW, q);
  pointDouble(ROW, ROW);
  readDepths(1);
  normaliseRow(r, 1);
}

/**
 * r ← the entry for this Booth digit, negated where the digit is negative; answers the digit's size. For size 0 r is no point.
 * Public: count, width.
 */
function pick(r: Affine, entries: Table, count: u32, bits: u32, width: i32): u32 {
  const size = digitSize(bits, width);
  let v0 = i32x4.splat(0);
  let v1 = v0;
  let v2 = v0;
  let v3 = v0;
  let v4 = v0;
  for (let j: u32 = 1; j <= count; j++) {
    const wide = i32x4.splat(maskZero(j ^ size) as i32);
    v0 = v128.or(v0, v128.and(v128.load(entries), wide));
    v1 = v128.or(v1, v128.and(v128.load(entries, 16), wide));
    v2 = v128.or(v2, v128.and(v128.load(entries, 32), wide));
    v3 = v128.or(v3, v128.and(v128.load(entries, 48), wide));
    v4 = v128.or(v4, v128.and(v128.load(entries, 64), wide));
    entries += AFFINE_LEN;
  }
  v128.store(r, v0);
  v128.store(r, v1, 16);
  v128.store(r, v2, 32);
  v128.store(r, v3, 48);
  v128.store(r, v4, 64);
  affineNegate(r, r, 0 - (bits >>> width));
  return size;
}

/**
 * r ← r + the entry for this Booth digit; answers the next `none`. `none`: ones where r is infinity, since every digit so far was zero. The
 * sum is computed in any case, and taken where it counts.
 */
export function addPicked(r: Point, none: Mask, entries: Table, count: u32, bits: u32, width: i32): Mask {
  const some: Mask = ~maskZero(pick(PICKED, entries, count, bits, width));
  pointAddAffine(SUM, r, PICKED);
  pointSelect(r, SUM, some & ~none);
  pointFromAffine(SUM, PICKED);
  pointSelect(r, SUM, some & none);
  return none & ~some;
}

/** Clears the scratch of this file. */
export function tableWipe(): void {
  memory.fill(ROW, 0, 5120);
  memory.fill(DEPTHS, 0, 1536);
  memory.fill(PRODUCTS, 0, 1536);
  limbsWipe(INVERSE);
  limbsWipe(STEP);
  limbsWipe(DEPTH);
  limbsWipe(POWER);
  pairWipe(TWICE);
  pairWipe(PICKED);
  memory.fill(SUM, 0, POINT_LEN);
}
