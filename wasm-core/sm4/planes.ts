/**
 * SM4 on bit planes (位切片): 128 blocks, 2 KiB, side by side. GB/T 32907-2016.
 *
 * Block 16·g + l of a batch lives in byte l, bit g of every vector; plane p of a word, 0 ≤ p < 32, is bit p of that word in all
 * blocks. A rotation of a word renames its planes; τ is a circuit of gates (circuit.gen.ts).
 *
 *   PLANES        four words of 32 planes, 2 KiB
 *   MASKS         32 round keys of 32 masks, 4 bytes each: 4 KiB
 *   SUBSTITUTED   32 planes between τ and L, 512 bytes
 *   TURNED        2 KiB on their way between blocks and planes
 *
 * The circuit's constants ride on the round keys. Word i of the standard is word i here ⊕ 0x4f4f4f4f where bit 2 of i is set: that is
 * L of 0xd3d3d3d3, which leaves with every τ, and the words that leave round 32 have that bit clear.
 *
 * Constant time: in keys and data; every address is a count.
 */
import { mixPlanes, substitutePlanes } from "./circuit";
import { Keys } from "./cipher";
import { turnBytes, turnBytesOnto, wipeTurn } from "./turn";

/** Bytes of a batch. */
export const BATCH_LEN: i32 = 2048;

export const PLANES = memory.data(2048, 16);
const MASKS = memory.data(4096, 16);
const SUBSTITUTED = memory.data(512, 16);
const TURNED = memory.data(2048, 16);

/** Bytes of a word's 32 planes. */
export const WORD: usize = 512;

/** Constants of the circuit: what τ wants XORed to its input, and what its own constant becomes by L. */
const INTO: u32 = 0x75757575;
const OUT_OF: u32 = 0x4f4f4f4f;

/** Masks ← the round keys, in their order. To be wiped by wipePlanes. */
export function expandMasks(keys: Keys): void {
  for (let i: u32 = 0; i < 32; i++) {
    const carried = ((i + 1) >> 2) ^ ((i + 2) >> 2) ^ ((i + 3) >> 2);
    const key = load<u32>(keys + 4 * i) ^ INTO ^ (OUT_OF * (carried & 1));
    const bits = i32x4.splat(key as i32);
    let four = i32x4(1, 2, 4, 8);
    for (let p: u32 = 0; p < 128; p += 16) {
      v128.store(MASKS + 128 * i + p, i32x4.eq(v128.and(bits, four), four));
      four = i32x4.shl(four, 4);
    }
  }
}

/** Leaves no key and no data behind. */
export function wipePlanes(): void {
  memory.fill(PLANES, 0, 2048);
  memory.fill(MASKS, 0, 4096);
  memory.fill(SUBSTITUTED, 0, 512);
  memory.fill(TURNED, 0, 2048);
  wipeTurn();
}

/** What is to change places between a, from bit n on, and b, where the mask is set. */
function crossed(a: v128, b: v128, n: i32, mask: i64): v128 {
  return v128.and(v128.xor(i64x2.shr_u(a, n), b), i64x2.splat(mask));
}

/** Turns 8 × 8 bits over in each of 16 bytes: bit g of vector i at `to` ← bit i of vector g at `from`. Strides in bytes. */
function turnBits(to: usize, toStride: usize, from: usize, fromStride: usize): void {
  let a = v128.load(from);
  let b = v128.load(from + fromStride);
  let c = v128.load(from + 2 * fromStride);
  let d = v128.load(from + 3 * fromStride);
  let e = v128.load(from + 4 * fromStride);
  let f = v128.load(from + 5 * fromStride);
  let g = v128.load(from + 6 * fromStride);
  let h = v128.load(from + 7 * fromStride);

  let t = crossed(a, b, 1, 0x5555555555555555);
  b = v128.xor(b, t);
  a = v128.xor(a, i64x2.shl(t, 1));
  t = crossed(c, d, 1, 0x5555555555555555);
  d = v128.xor(d, t);
  c = v128.xor(c, i64x2.shl(t, 1));
  t = crossed(e, f, 1, 0x5555555555555555);
  f = v128.xor(f, t);
  e = v128.xor(e, i64x2.shl(t, 1));
  t = crossed(g, h, 1, 0x5555555555555555);
  h = v128.xor(h, t);
  g = v128.xor(g, i64x2.shl(t, 1));

  t = crossed(a, c, 2, 0x3333333333333333);
  c = v128.xor(c, t);
  a = v128.xor(a, i64x2.shl(t, 2));
  t = crossed(b, d, 2, 0x3333333333333333);
  d = v128.xor(d, t);
  b = v128.xor(b, i64x2.shl(t, 2));
  t = crossed(e, g, 2, 0x3333333333333333);
  g = v128.xor(g, t);
  e = v128.xor(e, i64x2.shl(t, 2));
  t = crossed(f, h, 2, 0x3333333333333333);
  h = v128.xor(h, t);
  f = v128.xor(f, i64x2.shl(t, 2));

  t = crossed(a, e, 4, 0x0f0f0f0f0f0f0f0f);
  e = v128.xor(e, t);
  a = v128.xor(a, i64x2.shl(t, 4));
  t = crossed(b, f, 4, 0x0f0f0f0f0f0f0f0f);
  f = v128.xor(f, t);
  b = v128.xor(b, i64x2.shl(t, 4));
  t = crossed(c, g, 4, 0x0f0f0f0f0f0f0f0f);
  g = v128.xor(g, t);
  c = v128.xor(c, i64x2.shl(t, 4));
  t = crossed(d, h, 4, 0x0f0f0f0f0f0f0f0f);
  h = v128.xor(h, t);
  d = v128.xor(d, i64x2.shl(t, 4));

  v128.store(to, a);
  v128.store(to + toStride, b);
  v128.store(to + 2 * toStride, c);
  v128.store(to + 3 * toStride, d);
  v128.store(to + 4 * toStride, e);
  v128.store(to + 5 * toStride, f);
  v128.store(to + 6 * toStride, g);
  v128.store(to + 7 * toStride, h);
}

/** Where the planes of a block's byte are: words are big-endian, so byte 0 is bits 24 … 31 of word 0. */
function planesOf(byte: usize): usize {
  return PLANES + WORD * (byte >> 2) + 128 * (3 - (byte & 3));
}

/** Planes ← the 128 blocks at `from`. */
export function loadBlocks(from: usize): void {
  for (let g: usize = 0; g < 2048; g += 256) turnBytes(TURNED + g, from + g);
  for (let byte: usize = 0; byte < 16; byte++) turnBits(planesOf(byte), 16, TURNED + 16 * byte, 256);
}

/** Half of the way back: the reverse transformation R, clause 7.1, puts the last word first. */
function turnBack(): void {
  for (let byte: usize = 0; byte < 16; byte++) turnBits(TURNED + 16 * byte, 256, planesOf(byte ^ 12), 16);
}

/** The 128 blocks at `to` ← the planes after the last round. */
export function storeBlocks(to: usize): void {
  turnBack();
  for (let g: usize = 0; g < 2048; g += 256) turnBytes(to + g, TURNED + g);
}

/** The 128 blocks at `to` ← those at `on` ⊕ the planes after the last round. From the last on, so that `on` may lie at `to` or below. */
export function storeBlocksOnto(to: usize, on: usize): void {
  turnBack();
  for (let g: usize = 2048; g > 0; g -= 256) turnBytesOnto(to + g - 256, TURNED + g - 256, on + g - 256);
}

/** to ← x ⊕ T(b ⊕ c ⊕ d ⊕ key), clause 6.1. Pointers to 32 planes each, and to a round key's 32 masks. */
function round(to: usize, x: usize, b: usize, c: usize, d: usize, key: usize): void {
  substitutePlanes(SUBSTITUTED, b, c, d, key);
  substitutePlanes(SUBSTITUTED + 128, b + 128, c + 128, d + 128, key + 32);
  substitutePlanes(SUBSTITUTED + 256, b + 256, c + 256, d + 256, key + 64);
  substitutePlanes(SUBSTITUTED + 384, b + 384, c + 384, d + 384, key + 96);
  mixPlanes(to, x, SUBSTITUTED);
}

/** The 32 rounds on planes like PLANES at `from`, clause 7.1; what comes out is in PLANES. */
export function runRounds(from: usize): void {
  const x1 = PLANES + WORD;
  const x2 = x1 + WORD;
  const x3 = x2 + WORD;
  round(PLANES, from, from + WORD, from + 2 * WORD, from + 3 * WORD, MASKS);
  round(x1, from + WORD, from + 2 * WORD, from + 3 * WORD, PLANES, MASKS + 128);
  round(x2, from + 2 * WORD, from + 3 * WORD, PLANES, x1, MASKS + 256);
  round(x3, from + 3 * WORD, PLANES, x1, x2, MASKS + 384);
  for (let keys = MASKS + 512; keys < MASKS + 4096; keys += 512) {
    round(PLANES, PLANES, x1, x2, x3, keys);
    round(x1, x1, x2, x3, PLANES, keys + 128);
    round(x2, x2, x3, PLANES, x1, keys + 256);
    round(x3, x3, PLANES, x1, x2, keys + 384);
  }
}
