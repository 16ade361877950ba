/**
 * SM4 block cipher (分组密码算法), GB/T 32907-2016 clauses 6 and 7.
 *
 * Four blocks side by side: vector i holds word Xᵢ of each. The S-box is a search without an index: row r of the standard's
 * table (16 bytes) is permuted by x ⊕ 16·r, and a swizzle answers 0 for every byte whose row is another.
 *
 *   Keys    32 round keys, native words; 128 bytes. Decryption takes them in reverse order
 *
 * Constant time: in the keys and the data; no table is read at an address that depends on either.
 */
import { loadWord } from "../word";

/** Round keys, 128 bytes. */
export type Keys = usize;

/** The S-box, 256 bytes, by rows of the high nibble. Clause 6.2, table 1. */
export const SBOX = memory.data<u8>(
  [
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05, 0x2b, 0x67, 0x9a,
    0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99, 0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef,
    0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62, 0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80,
    0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6, 0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19,
    0xe6, 0x85, 0x4f, 0xa8, 0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d,
    0x35, 0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87, 0xd4, 0x00,
    0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e, 0xea, 0xbf, 0x8a, 0xd2, 0x40,
    0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1, 0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55,
    0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3, 0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23,
    0xab, 0x0d, 0x53, 0x4e, 0x6f, 0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c,
    0x5b, 0x51, 0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8, 0x0a,
    0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0, 0x89, 0x69, 0x97, 0x4a,
    0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84, 0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d,
    0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
  ],
  16,
);

/** System parameter FK, clause 7.3. */
const FK0: u32 = 0xa3b1bac6;
const FK1: u32 = 0x56aa3350;
const FK2: u32 = 0x677d9197;
const FK3: u32 = 0xb27022dc;

/** τ of each of the 16 bytes, clause 6.2. */
function substitute(x: v128): v128 {
  let y = i8x16.splat(0);
  for (let row: i32 = 0; row < 256; row += 16) {
    y = v128.or(y, i8x16.swizzle(v128.load(SBOX + row), v128.xor(x, i8x16.splat(row as i8))));
  }
  return y;
}

/** L of each of the four words, clause 6.2: B ⊕ B<<<2 ⊕ B<<<10 ⊕ B<<<18 ⊕ B<<<24. */
function mix(b: v128): v128 {
  const b8 = i8x16.shuffle(b, b, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
  const b16 = i8x16.shuffle(b, b, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  const b24 = i8x16.shuffle(b, b, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
  const q = v128.xor(v128.xor(b, b8), b16);
  return v128.xor(v128.xor(b, b24), v128.or(i32x4.shl(q, 2), i32x4.shr_u(q, 30)));
}

/** The vector at p with the bytes of each word reversed. */
function loadWords(p: usize): v128 {
  const x = v128.load(p);
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Puts x at p with the bytes of each word reversed. */
function storeWords(p: usize, x: v128): void {
  v128.store(p, i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
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
    const b = i32x4.extract_lane(substitute(i32x4.splat((k1 ^ k2 ^ k3 ^ ck) as i32)), 0) as u32;
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

/** The four blocks (64 bytes) at `to` ← the cipher of those at `from`. Clause 7.1. May be the same place. */
export function sm4Blocks(keys: Keys, to: usize, from: usize): void {
  const a = loadWords(from);
  const b = loadWords(from + 16);
  const c = loadWords(from + 32);
  const d = loadWords(from + 48);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  let x0 = i64x2.shuffle(ab, cd, 0, 2);
  let x1 = i64x2.shuffle(ab, cd, 1, 3);
  let x2 = i64x2.shuffle(ab2, cd2, 0, 2);
  let x3 = i64x2.shuffle(ab2, cd2, 1, 3);
  for (let rk = keys; rk < keys + 128; rk += 4) {
    const t = v128.xor(v128.xor(x1, x2), v128.xor(x3, v128.load32_splat(rk)));
    const next = v128.xor(x0, mix(substitute(t)));
    x0 = x1;
    x1 = x2;
    x2 = x3;
    x3 = next;
  }
  // the reverse transformation R: the last words come first
  const p = i32x4.shuffle(x3, x2, 0, 4, 1, 5);
  const q = i32x4.shuffle(x1, x0, 0, 4, 1, 5);
  const p2 = i32x4.shuffle(x3, x2, 2, 6, 3, 7);
  const q2 = i32x4.shuffle(x1, x0, 2, 6, 3, 7);
  storeWords(to, i64x2.shuffle(p, q, 0, 2));
  storeWords(to + 16, i64x2.shuffle(p, q, 1, 3));
  storeWords(to + 32, i64x2.shuffle(p2, q2, 0, 2));
  storeWords(to + 48, i64x2.shuffle(p2, q2, 1, 3));
}
