/**
 * SM4 block cipher (分组密码算法), GB/T 32907-2016.
 *
 * Eight blocks at a time, bitsliced: word w of the state is eight planes of 32 bits; plane i holds bit i of every byte,
 * and bit 8·k + b of a plane belongs to byte k (0 = least significant) of that word in block b. Rotating a plane by 8 is
 * rotating every word by 8, so the linear maps need no shuffle.
 *
 * Layout  a key schedule (RoundKeys) is 32 × 8 planes × u32 = 1 KiB, already spread over the eight blocks.
 * Constant time in key and data: no table, no branch, no index depends on them.
 */
import { wipe } from "./memory";
import { loadBe32, storeBe32 } from "./word";

/** 32 round keys as planes, 1024 bytes. */
export type RoundKeys = usize;

export const ROUND_KEYS_LEN: i32 = 1024;

/** Four words of eight planes, and the eight planes of one round's τ input and output. */
const STATE = memory.data(4 * 32, 16);
const S = memory.data(32, 16);

/**
 * S ← Sbox(S) on eight planes: 114 gates over the GF(2⁸) inversion circuit of Boyar and Peralta (2010), with the affine
 * maps of SM4 in place of those of AES. The S-box of clause 6.2 is y(x ⊕ 0x75) ⊕ 0xD3 of the circuit.
 */
function subBytes(): void {
  const x0 = ~load<u32>(S, 0);
  const x1 = load<u32>(S, 4);
  const x2 = ~load<u32>(S, 8);
  const x3 = load<u32>(S, 12);
  const x4 = ~load<u32>(S, 16);
  const x5 = ~load<u32>(S, 20);
  const x6 = ~load<u32>(S, 24);
  const x7 = load<u32>(S, 28);

  // Top linear map: 20 gates.
  const t68 = x2 ^ x6;
  const t70 = x1 ^ t68;
  const t71 = x0 ^ t70;
  const t103 = x5 ^ t71;
  const t67 = x2 ^ t71;
  const t111 = x3 ^ t103;
  const t3 = x0 ^ x1;
  const t109 = x1 ^ t111;
  const t102 = x0 ^ t103;
  const t18 = x1 ^ x4;
  const t81 = t67 ^ t18;
  const t85 = x2 ^ t81;
  const t93 = x3 ^ t85;
  const t113 = x5 ^ t81;
  const t50 = x5 ^ t18;
  const t178 = x7 ^ t50;
  const t244 = t70 ^ t178;
  const t155 = t111 ^ t244;
  const t133 = t113 ^ t244;
  const t223 = t68 ^ t155;

  // Inversion in GF(2⁸): 63 gates, in the lines of the published circuit.
  const m1 = t85 & t109;
  const m2 = x2 & t223;
  const m3 = t102 ^ m1;
  const m4 = t81 & t178;
  const m5 = m4 ^ m1;
  const m6 = t50 & t111;
  const m7 = t67 & t155;
  const m8 = t93 ^ m6;
  const m9 = t113 & t244;
  const m10 = m9 ^ m6;
  const m11 = x5 & t70;
  const m12 = t103 & x1;
  const m13 = m12 ^ m11;
  const m14 = t71 & t68;
  const m15 = m14 ^ m11;
  const m16 = m3 ^ m2;
  const m17 = m5 ^ t3;
  const m18 = m8 ^ m7;
  const m19 = m10 ^ m15;
  const m20 = m16 ^ m13;
  const m21 = m17 ^ m15;
  const m22 = m18 ^ m13;
  const m23 = m19 ^ t133;
  const m24 = m22 ^ m23;
  const m25 = m22 & m20;
  const m26 = m21 ^ m25;
  const m27 = m20 ^ m21;
  const m28 = m23 ^ m25;
  const m29 = m28 & m27;
  const m30 = m26 & m24;
  const m31 = m20 & m23;
  const m32 = m27 & m31;
  const m33 = m27 ^ m25;
  const m34 = m21 & m22;
  const m35 = m24 & m34;
  const m36 = m24 ^ m25;
  const m37 = m21 ^ m29;
  const m38 = m32 ^ m33;
  const m39 = m23 ^ m30;
  const m40 = m35 ^ m36;
  const m41 = m38 ^ m40;
  const m42 = m37 ^ m39;
  const m43 = m37 ^ m38;
  const m44 = m39 ^ m40;
  const m45 = m42 ^ m41;
  const m46 = m44 & t109;
  const m47 = m40 & t223;
  const m48 = m39 & t178;
  const m49 = m43 & t111;
  const m50 = m38 & t155;
  const m51 = m37 & t244;
  const m52 = m42 & t70;
  const m53 = m45 & x1;
  const m54 = m41 & t68;
  const m55 = m44 & t85;
  const m56 = m40 & x2;
  const m57 = m39 & t81;
  const m58 = m43 & t50;
  const m59 = m38 & t67;
  const m60 = m37 & t113;
  const m61 = m42 & x5;
  const m62 = m45 & t103;
  const m63 = m41 & t71;

  // Bottom linear map: 31 gates.
  const b18 = m50 ^ m51;
  const b19 = m60 ^ m62;
  const b20 = m63 ^ b19;
  const b21 = m56 ^ m58;
  const b22 = m46 ^ m52;
  const b23 = m53 ^ b18;
  const b24 = m48 ^ m59;
  const b25 = m57 ^ b21;
  const b26 = m47 ^ b18;
  const b27 = m54 ^ b23;
  const b28 = b20 ^ b24;
  const b29 = m61 ^ b22;
  const b30 = b25 ^ b29;
  store<u32>(S, ~(m54 ^ m63 ^ b24 ^ b30), 0);
  store<u32>(S, ~(m46 ^ m49 ^ m51 ^ b28), 4);
  store<u32>(S, m48 ^ b19 ^ b23 ^ b30, 8);
  store<u32>(S, m54 ^ b22 ^ b26, 12);
  store<u32>(S, ~(b26 ^ b28), 16);
  store<u32>(S, m55 ^ m57 ^ m58 ^ m60 ^ b27, 20);
  store<u32>(S, ~(m55 ^ b20 ^ b21), 24);
  store<u32>(S, ~b27, 28);
}

/** The eight planes of B ⋘ 2: plane i is plane i − 2; the two that wrap come from the next lower byte. */
function rotl2(i: usize): u32 {
  return i >= 2 ? load<u32>(S + (i << 2) - 8) : rotl<u32>(load<u32>(S + (i << 2) + 24), 8); // public: the plane
}

/** X0 ← X0 ⊕ L(τ(X1 ⊕ X2 ⊕ X3 ⊕ rk)), clause 6.1 and 6.2: L(B) = B ⊕ B⋘2 ⊕ B⋘10 ⊕ B⋘18 ⊕ B⋘24. */
function round(x0: usize, x1: usize, x2: usize, x3: usize, rk: usize): void {
  for (let i: usize = 0; i < 32; i += 4) {
    store<u32>(S + i, load<u32>(x1 + i) ^ load<u32>(x2 + i) ^ load<u32>(x3 + i) ^ load<u32>(rk + i));
  }
  subBytes();
  for (let i: usize = 0; i < 8; i++) {
    const b = load<u32>(S + (i << 2));
    const c = rotl2(i);
    const at = x0 + (i << 2);
    store<u32>(at, load<u32>(at) ^ b ^ c ^ rotl<u32>(c, 8) ^ rotl<u32>(c, 16) ^ rotl<u32>(b, 24));
  }
}

/** planes ^= the bits of the word, as block b. */
function spread(planes: usize, word: u32, b: u32): void {
  for (let i: usize = 0; i < 8; i++) {
    const at = planes + (i << 2);
    store<u32>(at, load<u32>(at) | (((word >> <u32>i) & 0x01010101) << b));
  }
}

/** The word of block b. */
function gather(planes: usize, b: u32): u32 {
  let word: u32 = 0;
  for (let i: usize = 0; i < 8; i++) word |= ((load<u32>(planes + (i << 2)) >> b) & 0x01010101) << <u32>i;
  return word;
}

/** n ≤ 8 blocks: out ← E or D of in. `step` is 32 for encryption, −32 for decryption (round keys in reverse). */
function cryptBlocks(out: usize, input: usize, n: i32, keys: RoundKeys, decrypt: bool): void {
  wipe(STATE, 128);
  for (let b: i32 = 0; b < n; b++) {
    for (let w: usize = 0; w < 4; w++) spread(STATE + (w << 5), loadBe32(input + (<usize>b << 4) + (w << 2)), b);
  }
  const step: isize = decrypt ? -32 : 32; // public: the direction
  let rk: usize = decrypt ? keys + 31 * 32 : keys;
  const x0 = STATE;
  const x1 = STATE + 32;
  const x2 = STATE + 64;
  const x3 = STATE + 96;
  for (let i: i32 = 0; i < 8; i++) {
    round(x0, x1, x2, x3, rk);
    rk += step;
    round(x1, x2, x3, x0, rk);
    rk += step;
    round(x2, x3, x0, x1, rk);
    rk += step;
    round(x3, x0, x1, x2, rk);
    rk += step;
  }
  // Clause 7.1: the words come out in reverse order.
  for (let b: i32 = 0; b < n; b++) {
    for (let w: usize = 0; w < 4; w++) {
      storeBe32(out + (<usize>b << 4) + (w << 2), gather(STATE + ((3 - w) << 5), b));
    }
  }
  wipe(STATE, 128);
  wipe(S, 32);
}

/** out ← E(in), n ≤ 8 blocks. out may be in. */
export function encryptBlocks(out: usize, input: usize, n: i32, keys: RoundKeys): void {
  cryptBlocks(out, input, n, keys, false);
}

/** out ← D(in), n ≤ 8 blocks. out may be in. */
export function decryptBlocks(out: usize, input: usize, n: i32, keys: RoundKeys): void {
  cryptBlocks(out, input, n, keys, true);
}

/** CK_i: byte j is (4·i + j)·7 mod 256, clause 7.3. */
function ck(i: u32): u32 {
  let word: u32 = 0;
  for (let j: u32 = 0; j < 4; j++) word = (word << 8) | (((4 * i + j) * 7) & 0xff);
  return word;
}

const K = memory.data(16, 16);

/** keys ← the schedule of the 16-byte key, clause 7.3: rk_i = K_i ⊕ L′(τ(K_{i+1} ⊕ K_{i+2} ⊕ K_{i+3} ⊕ CK_i)). */
export function expandKey(keys: RoundKeys, key: usize): void {
  store<u32>(K, loadBe32(key) ^ 0xa3b1bac6, 0);
  store<u32>(K, loadBe32(key + 4) ^ 0x56aa3350, 4);
  store<u32>(K, loadBe32(key + 8) ^ 0x677d9197, 8);
  store<u32>(K, loadBe32(key + 12) ^ 0xb27022dc, 12);
  for (let i: u32 = 0; i < 32; i++) {
    const at = K + ((i & 3) << 2);
    const sum = load<u32>(K + (((i + 1) & 3) << 2)) ^ load<u32>(K + (((i + 2) & 3) << 2)) ^ load<u32>(K + (((i + 3) & 3) << 2));
    wipe(S, 32);
    spread(S, sum ^ ck(i), 0);
    subBytes();
    const b = gather(S, 0);
    const rk = load<u32>(at) ^ b ^ rotl<u32>(b, 13) ^ rotl<u32>(b, 23);
    store<u32>(at, rk);
    const planes = keys + (<usize>i << 5);
    wipe(planes, 32);
    // Each bit is wanted in all eight blocks: multiply by 0xFF spreads bit 0 of a byte over it.
    for (let p: usize = 0; p < 8; p++) store<u32>(planes + (p << 2), ((rk >> <u32>p) & 0x01010101) * 0xff);
  }
  wipe(K, 16);
  wipe(S, 32);
}
