/**
 * Multiples of points: k·G from a table of the base point, k·P for any P. GB/T 32918.1-2016 annex A.3.
 *
 * k is cut into windows of w bits with signed digits in [−2ʷ⁻¹, 2ʷ⁻¹] (Booth): the w + 1 bits around window i, the
 * highest of the window below included, give the digit (bits + 1)/2 − 2ʷ·sign.
 *
 *   BASE      43 windows × 32 affine points × 80 bytes = 110 080 bytes: entry (i, j) is (j + 1)·2⁶ⁱ·G. Made at the first use:
 *             nothing but G is shipped, and nothing needs to be trusted
 *   MULTIPLES 17 points × 112 bytes: 0·P … 16·P
 *
 * Constant time: in k. Every table scan reads all entries of its window and keeps one by masks; digit 0 and the sign are
 * masks too. The first use builds the table, which depends on no secret.
 */
import { maskZero } from "../word";
import { Fe, feInv } from "./field";
import { feMul } from "./field-product";
import { limbsCopy, limbsSelect } from "./limbs";
import {
  AFFINE_LEN,
  Affine,
  POINT_LEN,
  Point,
  affineNegate,
  pointAdd,
  pointAddAffine,
  pointCopy,
  pointDouble,
  pointFromAffine,
  pointNegate,
  pointSelect,
  pointZero,
  windowBits,
} from "./point";

const BASE_WIDTH: i32 = 6;
const BASE_WINDOWS: i32 = 43;
const BASE_ENTRIES: i32 = 32;
const WIDTH: i32 = 5;
const WINDOWS: i32 = 52;
const ENTRIES: i32 = 17;

/** G in Montgomery form. GB/T 32918.5-2017 clause 2. */
export const GENERATOR: Affine = memory.data<i32>(
  [
    0x30053d2, 0x128990f4, 0x16027e89, 0x7b9b29, 0x7867cf3, 0x199ac24c, 0x2eb50f6, 0x1dc704ec, 0x22cf4b, 0x5a1bbac,
    0x154e593c, 0x14afd309, 0x195e3b4c, 0x11f183eb, 0x1066e2a4, 0x1ec6a67d, 0x13875cd6, 0x79acba, 0, 0,
  ],
  16,
);

const BASE = memory.data(110080, 16);
const READY = memory.data(4, 4);

/** Scratch: 32 points of one window and the running products of their Z; the running power of G; an inverse. */
const ROW = memory.data(3584, 16);
const PRODUCTS = memory.data(1152, 16);
const RUNNING: Point = memory.data(112, 16);
const INVERSE: Fe = memory.data(36, 16);
const STEP: Fe = memory.data(36, 16);

/** Scratch of the two multiplications. Secret; wiped. */
const PICKED: Affine = memory.data(112, 16);
const NEGATED: Affine = memory.data(112, 16);
const SUM: Point = memory.data(112, 16);
const MULTIPLES = memory.data(1904, 16);

/** Affine entries ← ROW, with one inversion for the 32 of them (Montgomery's trick). */
function normaliseRow(entries: usize): void {
  const last = BASE_ENTRIES - 1;
  limbsCopy(PRODUCTS, ROW + 72);
  for (let j = 1; j < BASE_ENTRIES; j++) feMul(PRODUCTS + 36 * j, PRODUCTS + 36 * (j - 1), ROW + POINT_LEN * j + 72);
  feInv(INVERSE, PRODUCTS + 36 * last);
  for (let j = last; j >= 0; j--) {
    const point = ROW + POINT_LEN * j;
    if (j > 0) feMul(STEP, INVERSE, PRODUCTS + 36 * (j - 1));
    else limbsCopy(STEP, INVERSE);
    feMul(entries + AFFINE_LEN * j, point, STEP);
    feMul(entries + AFFINE_LEN * j + 36, point + 36, STEP);
    feMul(INVERSE, INVERSE, point + 72);
  }
}

/** Fills BASE once. */
function prepareBase(): void {
  if (load<i32>(READY) !== 0) return;
  pointFromAffine(RUNNING, GENERATOR);
  for (let i = 0; i < BASE_WINDOWS; i++) {
    pointCopy(ROW, RUNNING);
    for (let j = 1; j < BASE_ENTRIES; j++) pointAdd(ROW + POINT_LEN * j, ROW + POINT_LEN * (j - 1), RUNNING);
    normaliseRow(BASE + BASE_ENTRIES * AFFINE_LEN * i);
    pointDouble(RUNNING, ROW + POINT_LEN * (BASE_ENTRIES - 1));
  }
  store<i32>(READY, 1);
}

/** The size of a digit, 0 … 2ʷ⁻¹, from the w + 1 bits around its window. */
function magnitude(bits: u32, width: i32): u32 {
  const sign = 0 - (bits >>> width);
  const up = (bits + 1) >>> 1;
  return ((up ^ sign) - sign + (sign & (1 << width))) & ((1 << width) - 1);
}

/** r ← k·G. k: 32 bytes, big-endian, secret. */
export function baseMultiply(r: Point, k: usize): void {
  prepareBase();
  pointZero(r);
  for (let i = 0; i < BASE_WINDOWS; i++) {
    const bits = windowBits(k, BASE_WIDTH * i, BASE_WIDTH);
    const size = magnitude(bits, BASE_WIDTH);
    pickAffine(BASE + BASE_ENTRIES * AFFINE_LEN * i, size, bits >>> BASE_WIDTH);
    pointAddAffine(SUM, r, PICKED);
    pointSelect(r, SUM, ~maskZero(size));
  }
  wipeMultiply();
}

/** PICKED ← the entry for this size, negated where sign is 1. For size 0 it is no point, and not used. */
function pickAffine(entries: usize, size: u32, sign: u32): void {
  let v0 = i32x4.splat(0);
  let v1 = v0;
  let v2 = v0;
  let v3 = v0;
  let v4 = v0;
  for (let j: u32 = 0; j < 32; j++) {
    const wide = i32x4.splat(maskZero((j + 1) ^ size) as i32);
    const entry = entries + AFFINE_LEN * j;
    v0 = v128.or(v0, v128.and(v128.load(entry), wide));
    v1 = v128.or(v1, v128.and(v128.load(entry, 16), wide));
    v2 = v128.or(v2, v128.and(v128.load(entry, 32), wide));
    v3 = v128.or(v3, v128.and(v128.load(entry, 48), wide));
    v4 = v128.or(v4, v128.and(v128.load(entry, 64), wide));
  }
  v128.store(PICKED, v0);
  v128.store(PICKED, v1, 16);
  v128.store(PICKED, v2, 32);
  v128.store(PICKED, v3, 48);
  v128.store(PICKED, v4, 64);
  affineNegate(NEGATED, PICKED);
  limbsSelect(PICKED + 36, NEGATED + 36, 0 - sign);
}

/** r ← k·q. k: 32 bytes, big-endian, secret; q any point. r apart from q. */
export function pointMultiply(r: Point, k: usize, q: Point): void {
  pointZero(MULTIPLES);
  for (let j = 1; j < ENTRIES; j++) pointAdd(MULTIPLES + POINT_LEN * j, MULTIPLES + POINT_LEN * (j - 1), q);
  pointZero(r);
  for (let i = WINDOWS - 1; i >= 0; i--) {
    for (let j = 0; j < WIDTH; j++) pointDouble(r, r);
    const bits = windowBits(k, WIDTH * i, WIDTH);
    pickMultiple(magnitude(bits, WIDTH));
    pointNegate(NEGATED, PICKED);
    pointSelect(PICKED, NEGATED, 0 - (bits >>> WIDTH));
    pointAdd(r, r, PICKED);
  }
  memory.fill(MULTIPLES, 0, POINT_LEN * ENTRIES);
  wipeMultiply();
}

/** PICKED ← size·q. */
function pickMultiple(size: u32): void {
  memory.fill(PICKED, 0, POINT_LEN);
  for (let j: u32 = 0; j < 17; j++) pointSelect(PICKED, MULTIPLES + POINT_LEN * j, maskZero(j ^ size));
}

function wipeMultiply(): void {
  memory.fill(PICKED, 0, POINT_LEN);
  memory.fill(NEGATED, 0, POINT_LEN);
  memory.fill(SUM, 0, POINT_LEN);
}

/** The entry (window, number) of the table as a point, for the tests. */
export function baseEntry(r: Point, window: i32, number: i32): void {
  prepareBase();
  pointFromAffine(r, BASE + (BASE_ENTRIES * window + number) * AFFINE_LEN);
}
