/**
 * Scalar multiplication on SM2's curve, for secret scalars: [k]P by fixed windows of four bits, [k]G by a table of all
 * multiples that windows can ask for.
 *
 * Layout  BASE_TABLE: 64 windows × 16 points × 108 bytes = 108 KiB; entry (w, d) is [d·16^w]G, entry (w, 0) infinity.
 *         It is computed at start from G alone, which a test recomputes.
 * Time    the same for all scalars: every table is read whole, and the entry kept by a mask.
 */
import { pointAdd, pointCopy, pointDouble, pointFromBytes, pointInfinity, POINT_LEN, pointSelect, Point } from "./point";
import { wipe } from "../memory";

/** x ‖ y of the base point G, big-endian. */
const G = memory.data<u8>([
  0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf, 0xf2,
  0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7, 0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd,
  0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0,
  0xa0,
]);

const WINDOWS = 64;
const ENTRIES = 16;
const ROW = 16 * 108;

const BASE_TABLE = memory.data(64 * 16 * 108, 16);
const TABLE = memory.data(16 * 108, 16);
const ENTRY = memory.data(108, 16);
const ACC = memory.data(108, 16);

/** row[d] ← [d]P for d = 0…15. */
function fillRow(row: usize, p: Point): void {
  pointInfinity(row);
  pointCopy(row + POINT_LEN, p);
  for (let d: i32 = 2; d < ENTRIES; d++) pointAdd(row + d * POINT_LEN, row + (d - 1) * POINT_LEN, p);
}

/** Computes the table of G's multiples; once, at start. */
export function prepareBaseTable(): void {
  pointFromBytes(ACC, G);
  for (let w: i32 = 0; w < WINDOWS; w++) {
    fillRow(BASE_TABLE + w * ROW, ACC);
    for (let i: i32 = 0; i < 4; i++) pointDouble(ACC, ACC);
  }
}

/** ENTRY ← row[digit], reading every entry. */
function lookUp(row: usize, digit: i32): void {
  pointCopy(ENTRY, row);
  for (let d: i32 = 1; d < ENTRIES; d++) {
    const different = d ^ digit;
    const mask = ((different | -different) >> 31) ^ -1;
    pointSelect(ENTRY, ENTRY, row + d * POINT_LEN, mask);
  }
}

/** The w-th window of four bits, w = 0 the least significant, of 32 big-endian bytes. */
function digitOf(k: usize, w: i32): i32 {
  return (<i32>load<u8>(k + (31 - (w >> 1))) >> ((w & 1) << 2)) & 15;
}

/** r ← [k]G; k is 32 bytes, big-endian. */
export function multiplyBase(r: Point, k: usize): void {
  pointInfinity(ACC);
  for (let w: i32 = 0; w < WINDOWS; w++) {
    lookUp(BASE_TABLE + w * ROW, digitOf(k, w));
    pointAdd(ACC, ACC, ENTRY);
  }
  pointCopy(r, ACC);
  wipe(ENTRY, POINT_LEN);
  wipe(ACC, POINT_LEN);
}

/** r ← [k]P; k is 32 bytes, big-endian. r may be P. */
export function multiplyPoint(r: Point, p: Point, k: usize): void {
  fillRow(TABLE, p);
  pointInfinity(ACC);
  for (let w: i32 = WINDOWS - 1; w >= 0; w--) {
    for (let i: i32 = 0; i < 4; i++) pointDouble(ACC, ACC);
    lookUp(TABLE, digitOf(k, w));
    pointAdd(ACC, ACC, ENTRY);
  }
  pointCopy(r, ACC);
  wipe(ENTRY, POINT_LEN);
  wipe(ACC, POINT_LEN);
  wipe(TABLE, ROW);
}
