/**
 * SM3 cryptographic hash (密码杂凑算法), GB/T 32905-2016 clause 5: padding and chaining around the compression of compress.ts.
 *
 *   Sm3     V: 8 native words at 0; bytes taken in so far: u64 at 32; the unfinished block: 64 bytes at 40. 104 bytes
 *
 * Constant time: in the data; not in lengths and counts, which are public.
 */
import { storeWord } from "../word";
import { compress } from "./compress";

/** A running SM3, 104 bytes. */
export type Sm3 = usize;

/** Bytes of an Sm3. */
export const SM3_LEN: i32 = 104;

const COUNT: usize = 32;
const BLOCK: usize = 40;

/** Scratch: a copy of a running state. Wiped by the one function that uses it. */
const FORK: Sm3 = memory.data(104, 16);

/** state ← a fresh SM3: the initial value of clause 4.1. What its block holds is written before it is read. */
export function sm3Init(state: Sm3): void {
  store<u32>(state, 0x7380166f);
  store<u32>(state, 0x4914b2b9, 4);
  store<u32>(state, 0x172442d7, 8);
  store<u32>(state, 0xda8a0600, 12);
  store<u32>(state, 0xa96f30bc, 16);
  store<u32>(state, 0x163138aa, 20);
  store<u32>(state, 0xe38dee4d, 24);
  store<u32>(state, 0xb0fb0e4e, 28);
  store<u64>(state, 0, COUNT);
}

/** Takes in len bytes. */
export function sm3Update(state: Sm3, data: usize, len: i32): void {
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
    compress(state, state + BLOCK, 1);
  }
  compress(state, at, left >> 6);
  memory.copy(state + BLOCK, at + (left & ~63), left & 63);
}

/** out ← the digest, 32 bytes; the state is used up, and the caller wipes it. Padding of clause 5.2. */
export function squeeze(state: Sm3, out: usize): void {
  const count = load<u64>(state, COUNT);
  const filled = (count as i32) & 63;
  const block = state + BLOCK;
  store<u8>(block + filled, 0x80);
  memory.fill(block + filled + 1, 0, 63 - filled);
  // public: the length
  if (filled > 55) {
    compress(state, block, 1);
    memory.fill(block, 0, 64);
  }
  store<u64>(block, bswap<u64>(count << 3), 56);
  compress(state, block, 1);
  for (let i: usize = 0; i < 32; i += 4) storeWord(out + i, load<u32>(state + i));
}

/** out ← the digest of what was taken in, 32 bytes; the state goes on. */
export function sm3Digest(state: Sm3, out: usize): void {
  memory.copy(FORK, state, SM3_LEN);
  squeeze(FORK, out);
  memory.fill(FORK, 0, SM3_LEN);
}
