/**
 * SM3 cryptographic hash (密码杂凑算法), GB/T 32905-2016; HMAC-SM3 (RFC 2104) and PBKDF2-HMAC-SM3 (RFC 8018 5.2) on it.
 *
 * Layout of a state (Sm3, 112 bytes)
 *   0   8 × u32   V, the chaining value
 *   32  u64       bytes taken so far
 *   40  64 × u8   the bytes of the unfinished block
 *   104 i32       how many of them there are
 *   108 4 × u8    unused
 * A state can be copied byte by byte: save, restore and clone are the face's matter.
 *
 * Constant time in the data; the lengths are public.
 */
import { wipe } from "./memory";
import { loadBe32, storeBe32 } from "./word";

/** A hash state, 112 bytes. */
export type Sm3 = usize;

const LENGTH = 32;
const PENDING = 40;
const COUNT = 104;
export const SM3_STATE_LEN: i32 = 112;

/** Expanded message W_0…W_67 of one block. */
const W = memory.data(68 * 4, 16);

/** P1(x) = x ⊕ (x ⋘ 15) ⊕ (x ⋘ 23), clause 4.4. */
function p1(x: u32): u32 {
  return x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23);
}

/** P0(x) = x ⊕ (x ⋘ 9) ⊕ (x ⋘ 17), clause 4.4. */
function p0(x: u32): u32 {
  return x ^ rotl<u32>(x, 9) ^ rotl<u32>(x, 17);
}

/** V ← CF(V, B) for the block at p, clause 5.3.2 and 5.3.3. */
function compress(state: Sm3, p: usize): void {
  for (let j: usize = 0; j < 16; j++) store<u32>(W + (j << 2), loadBe32(p + (j << 2)));
  for (let j: usize = 16; j < 68; j++) {
    const at = W + (j << 2);
    const x = load<u32>(at - 64) ^ load<u32>(at - 36) ^ rotl<u32>(load<u32>(at - 12), 15);
    store<u32>(at, p1(x) ^ rotl<u32>(load<u32>(at - 52), 7) ^ load<u32>(at - 24));
  }
  let a = load<u32>(state, 0);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let j: i32 = 0; j < 64; j++) {
    const early = j < 16; // public: the round number
    const t: u32 = early ? 0x79cc4519 : 0x7a879d8a;
    const a12 = rotl<u32>(a, 12);
    const ss1 = rotl<u32>(a12 + e + rotl<u32>(t, j), 7);
    const ss2 = ss1 ^ a12;
    const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = early ? e ^ f ^ g : (e & f) | (~e & g);
    const at = W + (<usize>j << 2);
    const w = load<u32>(at);
    const tt1 = ff + d + ss2 + (w ^ load<u32>(at, 16));
    const tt2 = gg + h + ss1 + w;
    d = c;
    c = rotl<u32>(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotl<u32>(f, 19);
    f = e;
    e = p0(tt2);
  }
  store<u32>(state, load<u32>(state, 0) ^ a, 0);
  store<u32>(state, load<u32>(state, 4) ^ b, 4);
  store<u32>(state, load<u32>(state, 8) ^ c, 8);
  store<u32>(state, load<u32>(state, 12) ^ d, 12);
  store<u32>(state, load<u32>(state, 16) ^ e, 16);
  store<u32>(state, load<u32>(state, 20) ^ f, 20);
  store<u32>(state, load<u32>(state, 24) ^ g, 24);
  store<u32>(state, load<u32>(state, 28) ^ h, 28);
}

/** state ← IV, clause 4.1. */
export function sm3Init(state: Sm3): void {
  wipe(state, SM3_STATE_LEN);
  store<u32>(state, 0x7380166f, 0);
  store<u32>(state, 0x4914b2b9, 4);
  store<u32>(state, 0x172442d7, 8);
  store<u32>(state, 0xda8a0600, 12);
  store<u32>(state, 0xa96f30bc, 16);
  store<u32>(state, 0x163138aa, 20);
  store<u32>(state, 0xe38dee4d, 24);
  store<u32>(state, 0xb0fb0e4e, 28);
}

/** Takes len bytes at p. */
export function sm3Update(state: Sm3, p: usize, len: i32): void {
  store<u64>(state, load<u64>(state, LENGTH) + <u64>len, LENGTH);
  let pending = load<i32>(state, COUNT);
  if (pending > 0) {
    const taken = min<i32>(64 - pending, len);
    memory.copy(state + PENDING + pending, p, taken);
    pending += taken;
    p += taken;
    len -= taken;
    if (pending == 64) {
      compress(state, state + PENDING);
      pending = 0;
    }
  }
  while (len >= 64) {
    compress(state, p);
    p += 64;
    len -= 64;
  }
  if (len > 0) {
    memory.copy(state + PENDING, p, len);
    pending = len;
  }
  store<i32>(state, pending, COUNT);
}

/** out[0…32) ← the digest; the state is spent. Padding of clause 5.2: a one bit, zeros, the bit length in 64 bits. */
export function sm3Final(out: usize, state: Sm3): void {
  const bits = load<u64>(state, LENGTH) << 3;
  let pending = load<i32>(state, COUNT);
  store<u8>(state + PENDING + pending, 0x80);
  pending++;
  if (pending > 56) {
    memory.fill(state + PENDING + pending, 0, 64 - pending);
    compress(state, state + PENDING);
    pending = 0;
  }
  memory.fill(state + PENDING + pending, 0, 56 - pending);
  store<u64>(state + PENDING, bswap<u64>(bits), 56);
  compress(state, state + PENDING);
  for (let i: usize = 0; i < 32; i += 4) storeBe32(out + i, load<u32>(state + i));
}

const PAD = memory.data(64, 16);

/** inner, outer ← the two states of HMAC keyed with key[0…len), len ≤ 64 (a longer key is hashed by the face first). */
export function hmacSm3Key(inner: Sm3, outer: Sm3, key: usize, len: i32): void {
  memory.fill(PAD, 0x36, 64);
  for (let i: i32 = 0; i < len; i++) store<u8>(PAD + i, load<u8>(PAD + i) ^ load<u8>(key + i));
  sm3Init(inner);
  sm3Update(inner, PAD, 64);
  for (let i: usize = 0; i < 64; i++) store<u8>(PAD + i, load<u8>(PAD + i) ^ 0x36 ^ 0x5c);
  sm3Init(outer);
  sm3Update(outer, PAD, 64);
  wipe(PAD, 64);
  wipe(W, 68 * 4);
}

const KEYED = memory.data(112 * 3, 16);

/** out[0…32) ← the tag: outer over the digest of inner. inner is spent, outer stays. */
export function hmacSm3Final(out: usize, inner: Sm3, outer: Sm3): void {
  sm3Final(out, inner);
  memory.copy(KEYED, outer, SM3_STATE_LEN);
  sm3Update(KEYED, out, 32);
  sm3Final(out, KEYED);
  wipe(KEYED, SM3_STATE_LEN);
}

/**
 * One block of PBKDF2-HMAC-SM3: t[0…32) ← U_1 ⊕ … ⊕ U_c, where u[0…32) holds U_1 = PRF(P, S ‖ INT(i)).
 *
 * @param rounds c − 1 further rounds
 */
export function pbkdf2Sm3Rounds(t: usize, u: usize, inner: Sm3, outer: Sm3, rounds: i32): void {
  const running = KEYED + 112;
  for (let round: i32 = 0; round < rounds; round++) {
    memory.copy(running, inner, SM3_STATE_LEN);
    sm3Update(running, u, 32);
    hmacSm3Final(u, running, outer);
    for (let i: usize = 0; i < 32; i += 8) store<u64>(t + i, load<u64>(t + i) ^ load<u64>(u + i));
  }
  wipe(running, SM3_STATE_LEN);
  wipe(W, 68 * 4);
}
