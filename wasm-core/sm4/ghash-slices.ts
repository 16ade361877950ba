/**
 * GHASH of much data, 16 blocks (a group, 256 bytes) side by side. NIST SP 800-38D clause 6.4.
 *
 * Block i of every group belongs to stream i, and each stream is Horner's rule in H¹⁶. The streams' states are kept turned over:
 * vector p holds byte p of all of them. A product by H¹⁶ is linear, so that it is a sum over the 32 half bytes of a state, each of
 * which picks its part of the product from a table of 16, the same for all streams. What the streams hold at the end is a group of
 * blocks again, and meets H¹⁶ … H one by one.
 *
 *   TABLES    8 pairs of bytes of the product × 32 half bytes × 2 × 16 bytes: 8 KiB
 *   POWERS    xᵏ·H¹⁶ for 0 ≤ k < 128, 2 KiB
 *   STATE     16 vectors, 256 bytes
 *   HALVES    the half bytes of the state, low and high by turns, one in each byte: 512 bytes
 *   SQUARE    a group turned over, 256 bytes
 *   SCRATCH   a Hash for powers of H, 32 bytes
 *
 * Constant time: in H, Y and the data, as ghash-product.ts is; every address is a count.
 */
import { Hash, hashBlocks } from "./ghash-product";
import { lookUp } from "./lookup";
import { turnBytes, wipeTurn } from "./turn";

/** Bytes of a group. */
export const GROUP_LEN: i32 = 256;

const TABLES = memory.data(8192, 16);
const POWERS = memory.data(2048, 16);
const STATE = memory.data(256, 16);
const HALVES = memory.data(512, 16);
const SQUARE = memory.data(256, 16);
const SCRATCH = memory.data(32, 16);

/** SCRATCH + 16 ← H¹⁶: H, squared four times. */
function raise(hash: Hash): void {
  v128.store(SCRATCH, v128.load(hash), 16);
  for (let i = 0; i < 4; i++) {
    v128.store(SCRATCH, v128.load(SCRATCH, 16));
    v128.store(SCRATCH, i64x2.splat(0), 16);
    hashBlocks(SCRATCH, SCRATCH, 16);
  }
}

/** POWERS ← xᵏ·H¹⁶. In GCM's order x is one place to the right, and x¹²⁸ = x⁷ + x² + x + 1. Clause 6.3. */
function fillPowers(): void {
  let high = bswap<u64>(load<u64>(SCRATCH, 16));
  let low = bswap<u64>(load<u64>(SCRATCH, 24));
  for (let at = POWERS; at < POWERS + 2048; at += 16) {
    store<u64>(at, bswap<u64>(high));
    store<u64>(at, bswap<u64>(low), 8);
    const folded = (0 - (low & 1)) & 0xe100000000000000;
    low = (low >> 1) | (high << 63);
    high = (high >> 1) ^ folded;
  }
}

/** Byte i ← all ones where i has this bit. */
function placesWith(bit: i32): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const chosen = i8x16.splat(bit as i8);
  return i8x16.eq(v128.and(places, chosen), chosen);
}

/** TABLES ← what each half byte adds to each byte of the product: the sum of the powers that its bits stand for. */
function fillTables(): void {
  const with0 = placesWith(1);
  const with1 = placesWith(2);
  const with2 = placesWith(4);
  const with3 = placesWith(8);
  for (let half: usize = 0; half < 32; half++) {
    // Half bytes come low first; the highest bit of a byte is the lowest power.
    const power = POWERS + 64 * (half ^ 1);
    for (let byte: usize = 0; byte < 16; byte++) {
      const a = v128.and(v128.load8_splat(power + byte), with3);
      const b = v128.and(v128.load8_splat(power + byte, 16), with2);
      const c = v128.and(v128.load8_splat(power + byte, 32), with1);
      const d = v128.and(v128.load8_splat(power + byte, 48), with0);
      const place = TABLES + 1024 * (byte >> 1) + 32 * half + 16 * (byte & 1);
      v128.store(place, v128.xor(v128.xor(a, b), v128.xor(c, d)));
    }
  }
}

/** HALVES ← the half bytes of the state. */
function split(): void {
  for (let i: usize = 0; i < 256; i += 16) {
    const x = v128.load(STATE + i);
    v128.store(HALVES + 2 * i, v128.and(x, i8x16.splat(15)));
    v128.store(HALVES + 2 * i, v128.and(i32x4.shr_u(x, 4), i8x16.splat(15)), 16);
  }
}

/** STATE ← the state times H¹⁶, two bytes of it at a time: with more sums than that an engine runs out of registers. */
function multiply(): void {
  let table = TABLES;
  for (let to = STATE; to < STATE + 256; to += 32) {
    let even = i64x2.splat(0);
    let odd = i64x2.splat(0);
    for (let at = HALVES; at < HALVES + 512; at += 64) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      const c = v128.load(at, 32);
      const d = v128.load(at, 48);
      even = v128.xor(even, lookUp(v128.load(table), a));
      odd = v128.xor(odd, lookUp(v128.load(table, 16), a));
      even = v128.xor(even, lookUp(v128.load(table, 32), b));
      odd = v128.xor(odd, lookUp(v128.load(table, 48), b));
      even = v128.xor(even, lookUp(v128.load(table, 64), c));
      odd = v128.xor(odd, lookUp(v128.load(table, 80), c));
      even = v128.xor(even, lookUp(v128.load(table, 96), d));
      odd = v128.xor(odd, lookUp(v128.load(table, 112), d));
      table += 128;
    }
    v128.store(to, even);
    v128.store(to, odd, 16);
  }
}

/** STATE ← the state with the group at `data` added. */
function addGroup(data: usize): void {
  turnBytes(SQUARE, data);
  for (let i: usize = 0; i < 256; i += 16) v128.store(STATE + i, v128.xor(v128.load(STATE + i), v128.load(SQUARE + i)));
}

/** Y ← GHASH of what went into Y, and of the groups at data. len: a multiple of a group's, not 0. */
export function hashGroups(hash: Hash, data: usize, len: i32): void {
  raise(hash);
  fillPowers();
  fillTables();
  // Y stands before the first block.
  memory.fill(STATE, 0, 256);
  v128.store(STATE, v128.load(hash, 16));
  turnBytes(STATE, STATE);
  addGroup(data);
  const end = data + len;
  for (let at = data + GROUP_LEN; at < end; at += GROUP_LEN) {
    split();
    multiply();
    addGroup(at);
  }
  turnBytes(STATE, STATE);
  v128.store(hash, i64x2.splat(0), 16);
  hashBlocks(hash, STATE, GROUP_LEN);
  wipeSlices();
}

/** Leaves nothing behind of H, Y and the data. */
function wipeSlices(): void {
  memory.fill(TABLES, 0, 8192);
  memory.fill(POWERS, 0, 2048);
  memory.fill(STATE, 0, 256);
  memory.fill(HALVES, 0, 512);
  memory.fill(SQUARE, 0, 256);
  memory.fill(SCRATCH, 0, 32);
  wipeTurn();
}
