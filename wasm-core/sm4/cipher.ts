/**
 * SM4 block cipher (分组密码算法), GB/T 32907-2016 clauses 6 and 7, by looking up half bytes (tables.gen.ts tells how).
 *
 * The state's bytes are held as H·x throughout, in the standard's order. Eight blocks side by side: vector i of a group holds word Xᵢ
 * of four; or one block after the other in a chain, each word in all four places.
 *
 *   Keys    32 round keys, native words; 128 bytes. Decryption takes them in reverse order
 *   HELD    the round keys, held, with the constants that ride on them (planes.ts tells which), and zeros behind them: 144 bytes
 *
 * Constant time: in the keys and the data; no table is read at an address that depends on either.
 */
import { loadWord } from "../word";
import { lookUp } from "./lookup";
import { HELD_HIGH, HELD_LOW, INTO, OUT_OF, PLAIN_HIGH, PLAIN_LOW, RECIPROCAL, TWO_OVER } from "./tables";
import { UV_1, UV_2, Y_1, Y_2, YU_1, YU_2 } from "./tables";

/** Round keys, 128 bytes. */
export type Keys = usize;

const HELD = memory.data(144, 16);

/** System parameter FK, clause 7.3. */
const FK0: u32 = 0xa3b1bac6;
const FK1: u32 = 0x56aa3350;
const FK2: u32 = 0x677d9197;
const FK3: u32 = 0xb27022dc;

/** τ comes with this in each byte, clause 6.2. */
const C: i32 = 0xd3;

/** The low and the high half of each byte. */
function lowHalves(x: v128): v128 {
  return v128.and(x, i8x16.splat(15));
}
function highHalves(x: v128): v128 {
  return v128.and(i32x4.shr_u(x, 4), i8x16.splat(15));
}

/** A linear map of each byte, from what it makes of low and high halves. */
function map(x: v128, low: usize, high: usize): v128 {
  return v128.xor(lookUp(v128.load(low), lowHalves(x)), lookUp(v128.load(high), highHalves(x)));
}

/** A name of the inverse of i·t + k, with j = i + k, from 2/k; and the other one where i and j change places. */
function nameOf(i: v128, j: v128, twoOverK: v128): v128 {
  const table = v128.load(RECIPROCAL);
  return v128.xor(lookUp(table, v128.xor(lookUp(table, i), twoOverK)), j);
}

/** What two tables say of an inverse by its names. */
function sayOf(first: v128, second: v128, table1: usize, table2: usize): v128 {
  return v128.xor(lookUp(v128.load(table1), first), lookUp(v128.load(table2), second));
}

/** The words with yu and uv in their bytes become L(y), clause 6.2. */
function mix(yu: v128, uv: v128): v128 {
  const yv = v128.xor(yu, uv);
  const uv8 = i8x16.shuffle(uv, uv, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
  const uv16 = i8x16.shuffle(uv, uv, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  const yv24 = i8x16.shuffle(yv, yv, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
  return v128.xor(v128.xor(yv24, yu), v128.xor(uv8, uv16));
}

/** T of each of the four held words, clause 6.2; its constants ride on the keys. */
function transform(x: v128): v128 {
  const k = lowHalves(x);
  const i = highHalves(x);
  const j = v128.xor(i, k);
  const twoOverK = lookUp(v128.load(TWO_OVER), k);
  const first = nameOf(i, j, twoOverK);
  const second = nameOf(j, i, twoOverK);
  return mix(sayOf(first, second, YU_1, YU_2), sayOf(first, second, UV_1, UV_2));
}

/** τ of a word, clause 6.2. */
function substitute(word: u32): u32 {
  const x = v128.xor(map(i32x4.splat(word as i32), HELD_LOW, HELD_HIGH), i8x16.splat(INTO as i8));
  const k = lowHalves(x);
  const i = highHalves(x);
  const j = v128.xor(i, k);
  const twoOverK = lookUp(v128.load(TWO_OVER), k);
  const y = sayOf(nameOf(i, j, twoOverK), nameOf(j, i, twoOverK), Y_1, Y_2);
  return i32x4.extract_lane(v128.xor(y, i8x16.splat(C as i8)), 0) as u32;
}

/** keys ← the round keys of the 16 bytes at key. Clause 7.3. */
export function sm4ExpandKey(keys: Keys, key: usize): void {
  let k0 = loadWord(key) ^ FK0;
  let k1 = loadWord(key + 4) ^ FK1;
  let k2 = loadWord(key + 8) ^ FK2;
  let k3 = loadWord(key + 12) ^ FK3;
  for (let i = 0; i < 32; i++) {
    // CKᵢ: byte j is 7·(4i + j) mod 256
    const c = 28 * i;
    const ck = ((c & 255) << 24) | (((c + 7) & 255) << 16) | (((c + 14) & 255) << 8) | ((c + 21) & 255);
    const b = substitute(k1 ^ k2 ^ k3 ^ ck);
    const rk = k0 ^ b ^ rotl<u32>(b, 13) ^ rotl<u32>(b, 23);
    store<u32>(keys + 4 * i, rk);
    k0 = k1;
    k1 = k2;
    k2 = k3;
    k3 = rk;
  }
}

/** Turns the round keys round, from encryption to decryption and back. Clause 7.2. */
export function sm4ReverseKeys(keys: Keys): void {
  for (let i: usize = 0; i < 64; i += 4) {
    const low = load<u32>(keys + i);
    store<u32>(keys + i, load<u32>(keys + 124 - i));
    store<u32>(keys + 124 - i, low);
  }
}

/** Makes keys ready for cipherEight and cipherChain. To be wiped by wipeKeys. */
export function holdKeys(keys: Keys): void {
  // Keys 1, 3, 4 and 6 of every eight meet a constant that left a τ before: what planes.ts reckons.
  let carried = i32x4(0, -1, 0, -1);
  for (let i: usize = 0; i < 128; i += 16) {
    const x = v128.load(keys + i);
    const bytes = i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    const constants = v128.xor(v128.and(carried, i8x16.splat(OUT_OF as i8)), i8x16.splat(INTO as i8));
    v128.store(HELD + i, v128.xor(map(bytes, HELD_LOW, HELD_HIGH), constants));
    carried = v128.not(carried);
  }
}

/** Leaves no key behind. */
export function wipeKeys(): void {
  memory.fill(HELD, 0, 144);
}

/** The words i of four blocks, in the places where four words of them are. Turned over twice it is as before. */
function turnWords(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
  v128.store(to, i64x2.shuffle(ab2, cd2, 0, 2), 32);
  v128.store(to, i64x2.shuffle(ab2, cd2, 1, 3), 48);
}

/** The held bytes at p. */
function loadHeld(p: usize): v128 {
  return map(v128.load(p), HELD_LOW, HELD_HIGH);
}

/** The eight blocks (128 bytes) at `to` ← the cipher of those at `from`, with the keys that are held. Clause 7.1. May be the same place. */
export function cipherEight(to: usize, from: usize): void {
  turnWords(to, loadHeld(from), loadHeld(from + 16), loadHeld(from + 32), loadHeld(from + 48));
  turnWords(to + 64, loadHeld(from + 64), loadHeld(from + 80), loadHeld(from + 96), loadHeld(from + 112));
  let a0 = v128.load(to);
  let a1 = v128.load(to, 16);
  let a2 = v128.load(to, 32);
  let a3 = v128.load(to, 48);
  let b0 = v128.load(to, 64);
  let b1 = v128.load(to, 80);
  let b2 = v128.load(to, 96);
  let b3 = v128.load(to, 112);
  for (let key = HELD; key < HELD + 128; key += 4) {
    const a = v128.xor(a0, transform(v128.xor(v128.xor(a1, a2), v128.xor(a3, v128.load32_splat(key)))));
    a0 = a1;
    a1 = a2;
    a2 = a3;
    a3 = a;
    const b = v128.xor(b0, transform(v128.xor(v128.xor(b1, b2), v128.xor(b3, v128.load32_splat(key)))));
    b0 = b1;
    b1 = b2;
    b2 = b3;
    b3 = b;
  }
  // the reverse transformation R: the last words come first
  turnWords(to, a3, a2, a1, a0);
  turnWords(to + 64, b3, b2, b1, b0);
  for (let i: usize = 0; i < 128; i += 16) v128.store(to + i, map(v128.load(to + i), PLAIN_LOW, PLAIN_HIGH));
}

/**
 * The blocks at data ← CBC of them, in place: each is the cipher of its sum with the one before it; the first one's is at `chain`, and
 * the last one is put there. With the keys that are held. GB/T 17964-2021 clause 6.
 */
export function cipherChain(chain: usize, data: usize, len: i32): void {
  let last = loadHeld(chain);
  for (let at = data; at < data + len; at += 16) {
    const x = v128.xor(last, loadHeld(at));
    let x0 = i32x4.shuffle(x, x, 0, 0, 0, 0);
    let x1 = i32x4.shuffle(x, x, 1, 1, 1, 1);
    let x2 = i32x4.shuffle(x, x, 2, 2, 2, 2);
    let x3 = i32x4.shuffle(x, x, 3, 3, 3, 3);
    let into = v128.xor(v128.xor(x1, x2), v128.xor(x3, v128.load32_splat(HELD)));
    for (let key = HELD + 4; key < HELD + 132; key += 4) {
      // All that the next round adds to this one's result is added before it is there.
      const rest = v128.xor(v128.xor(x0, v128.load32_splat(key)), v128.xor(x2, x3));
      const result = transform(into);
      into = v128.xor(rest, result);
      const next = v128.xor(x0, result);
      x0 = x1;
      x1 = x2;
      x2 = x3;
      x3 = next;
    }
    last = i64x2.shuffle(i32x4.shuffle(x3, x2, 0, 4, 1, 5), i32x4.shuffle(x1, x0, 0, 4, 1, 5), 0, 2);
    v128.store(at, map(last, PLAIN_LOW, PLAIN_HIGH));
  }
  v128.store(chain, map(last, PLAIN_LOW, PLAIN_HIGH));
}
