/**
 * SM3 cryptographic hash (密码杂凑算法), GB/T 32905-2016 clause 5, and HMAC (RFC 2104) and PBKDF2's loop (RFC 8018
 * clause 5.2) on it.
 *
 *   Sm3     V: 8 native words at 0; bytes taken in so far: u64 at 32; the unfinished block: 64 bytes at 40. 104 bytes
 *   Hmac    an Sm3 that has taken in key ⊕ ipad, and one that has taken in key ⊕ opad. 208 bytes
 *
 * Constant time: in the data and the keys; not in lengths and counts, which are public.
 */
import { loadWord, storeWord } from "./word";

/** A running SM3, 104 bytes. */
export type Sm3 = usize;

/** An HMAC key made ready, 208 bytes. */
export type Hmac = usize;

/** Bytes of an Sm3. */
export const SM3_LEN: i32 = 104;

const COUNT: usize = 32;
const BLOCK: usize = 40;

/** Scratch: W₀ … W₆₇, and a copy of a running state. Wiped by every exported function. */
const W = memory.data(272, 16);
const FORK: Sm3 = memory.data(104, 16);
const PAD = memory.data(64, 16);

/** state ← a fresh SM3: the initial value of clause 4.1. */
export function sm3Init(state: Sm3): void {
  store<u32>(state, 0x7380166f);
  store<u32>(state, 0x4914b2b9, 4);
  store<u32>(state, 0x172442d7, 8);
  store<u32>(state, 0xda8a0600, 12);
  store<u32>(state, 0xa96f30bc, 16);
  store<u32>(state, 0x163138aa, 20);
  store<u32>(state, 0xe38dee4d, 24);
  store<u32>(state, 0xb0fb0e4e, 28);
  memory.fill(state + COUNT, 0, SM3_LEN - 32);
}

/** P₀, clause 4.4. */
function p0(x: u32): u32 {
  return x ^ rotl<u32>(x, 9) ^ rotl<u32>(x, 17);
}

/** P₁, clause 4.4. */
function p1(x: u32): u32 {
  return x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23);
}

/** V ← CF(V, B) for the 64 bytes at block, clause 5.3.3. */
function compress(state: Sm3, block: usize): void {
  // 5.3.2: message expansion
  for (let j: usize = 0; j < 64; j += 4) store<u32>(W + j, loadWord(block + j));
  for (let j: usize = 64; j < 272; j += 4) {
    const w = W + j;
    const x = load<u32>(w - 64) ^ load<u32>(w - 36) ^ rotl<u32>(load<u32>(w - 12), 15);
    store<u32>(w, p1(x) ^ rotl<u32>(load<u32>(w - 52), 7) ^ load<u32>(w - 24));
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  let t: u32 = 0x79cc4519; // Tⱼ <<< j, kept rotating
  for (let j: usize = 0; j < 64; j += 4) {
    const w = load<u32>(W + j);
    const ss1 = rotl<u32>(rotl<u32>(a, 12) + e + t, 7);
    const ss2 = ss1 ^ rotl<u32>(a, 12);
    const tt1 = (a ^ b ^ c) + d + ss2 + (w ^ load<u32>(W + j, 16));
    const tt2 = (e ^ f ^ g) + h + ss1 + w;
    d = c;
    c = rotl<u32>(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl<u32>(f, 19);
    f = e;
    e = p0(tt2);
    t = rotl<u32>(t, 1);
  }
  t = 0x9d8a7a87; // 7a879d8a <<< 16
  for (let j: usize = 64; j < 256; j += 4) {
    const w = load<u32>(W + j);
    const ss1 = rotl<u32>(rotl<u32>(a, 12) + e + t, 7);
    const ss2 = ss1 ^ rotl<u32>(a, 12);
    const tt1 = ((a & b) | (a & c) | (b & c)) + d + ss2 + (w ^ load<u32>(W + j, 16));
    const tt2 = ((e & f) | (~e & g)) + h + ss1 + w;
    d = c;
    c = rotl<u32>(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl<u32>(f, 19);
    f = e;
    e = p0(tt2);
    t = rotl<u32>(t, 1);
  }
  store<u32>(state, load<u32>(state) ^ a);
  store<u32>(state, load<u32>(state, 4) ^ b, 4);
  store<u32>(state, load<u32>(state, 8) ^ c, 8);
  store<u32>(state, load<u32>(state, 12) ^ d, 12);
  store<u32>(state, load<u32>(state, 16) ^ e, 16);
  store<u32>(state, load<u32>(state, 20) ^ f, 20);
  store<u32>(state, load<u32>(state, 24) ^ g, 24);
  store<u32>(state, load<u32>(state, 28) ^ h, 28);
}

/** Takes in len bytes. Scratch stays for the caller to wipe. */
export function absorb(state: Sm3, data: usize, len: i32): void {
  const count = load<u64>(state, COUNT);
  store<u64>(state, count + (len as u64), COUNT);
  let filled = (count as i32) & 63;
  let left = len;
  let at = data;
  // public: lengths
  if (filled !== 0) {
    const take = min<i32>(64 - filled, left);
    memory.copy(state + BLOCK + filled, at, take);
    at += take;
    left -= take;
    filled += take;
    if (filled < 64) return;
    compress(state, state + BLOCK);
  }
  while (left >= 64) {
    compress(state, at);
    at += 64;
    left -= 64;
  }
  memory.copy(state + BLOCK, at, left);
}

/** out ← the digest, 32 bytes; the state is used up. Padding of clause 5.2. Scratch stays for the caller to wipe. */
export function squeeze(state: Sm3, out: usize): void {
  const count = load<u64>(state, COUNT);
  const filled = (count as i32) & 63;
  const block = state + BLOCK;
  store<u8>(block + filled, 0x80);
  memory.fill(block + filled + 1, 0, 63 - filled);
  // public: the length
  if (filled > 55) {
    compress(state, block);
    memory.fill(block, 0, 64);
  }
  store<u64>(block, bswap<u64>(count << 3), 56);
  compress(state, block);
  for (let i: usize = 0; i < 32; i += 4) storeWord(out + i, load<u32>(state + i));
}

/** Clears the scratch of this file. */
export function sm3Wipe(): void {
  memory.fill(W, 0, 272);
  memory.fill(FORK, 0, SM3_LEN);
  memory.fill(PAD, 0, 64);
}

/** Takes in len bytes. */
export function sm3Update(state: Sm3, data: usize, len: i32): void {
  absorb(state, data, len);
  sm3Wipe();
}

/** out ← the digest of what was taken in, 32 bytes; the state goes on. */
export function sm3Digest(state: Sm3, out: usize): void {
  memory.copy(FORK, state, SM3_LEN);
  squeeze(FORK, out);
  sm3Wipe();
}

/** hmac ← a key of at most 64 bytes made ready. RFC 2104 clause 2, steps 1, 2 and 5. A longer key is hashed by the caller. */
export function hmacInit(hmac: Hmac, key: usize, len: i32): void {
  memory.fill(PAD, 0, 64);
  memory.copy(PAD, key, len);
  for (let i: usize = 0; i < 64; i++) store<u8>(PAD + i, load<u8>(PAD + i) ^ 0x36);
  sm3Init(hmac);
  absorb(hmac, PAD, 64);
  for (let i: usize = 0; i < 64; i++) store<u8>(PAD + i, load<u8>(PAD + i) ^ 0x6a); // 36 ⊕ 5c
  sm3Init(hmac + SM3_LEN);
  absorb(hmac + SM3_LEN, PAD, 64);
  sm3Wipe();
}

/** out ← HMAC, 32 bytes, of what `inner`, begun as a copy of the hmac's first state, has taken in. `inner` is used up. */
export function hmacFinish(hmac: Hmac, inner: Sm3, out: usize): void {
  squeeze(inner, PAD);
  memory.copy(FORK, hmac + SM3_LEN, SM3_LEN);
  absorb(FORK, PAD, 32);
  squeeze(FORK, out);
  sm3Wipe();
}

/**
 * total ← U₁ ⊕ U₂ ⊕ … over `times` further steps Uᵢ₊₁ = HMAC(P, Uᵢ); u ← the last of them. RFC 8018 clause 5.2 step 3.
 * Both 32 bytes; u = U₁ at the start, total what was summed so far. Two compressions a step.
 */
export function pbkdf2Steps(hmac: Hmac, u: usize, total: usize, times: i32): void {
  // both messages are one block: 32 bytes, the padding bit, zeros, and the length 64 + 32 bytes
  memory.fill(PAD, 0, 64);
  store<u8>(PAD, 0x80, 32);
  store<u16>(PAD, bswap<u16>(768), 62);
  memory.copy(PAD, u, 32);
  for (let i = 0; i < times; i++) {
    memory.copy(FORK, hmac, 32);
    compress(FORK, PAD);
    for (let j: usize = 0; j < 32; j += 4) storeWord(PAD + j, load<u32>(FORK + j));
    memory.copy(FORK, hmac + SM3_LEN, 32);
    compress(FORK, PAD);
    for (let j: usize = 0; j < 32; j += 4) storeWord(PAD + j, load<u32>(FORK + j));
    for (let j: usize = 0; j < 32; j += 8) store<u64>(total + j, load<u64>(total + j) ^ load<u64>(PAD + j));
  }
  memory.copy(u, PAD, 32);
  sm3Wipe();
}
