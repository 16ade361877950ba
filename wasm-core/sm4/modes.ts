/**
 * Modes of SM4: ECB (电码本), CBC (分组链接) and CTR (计数器), GB/T 17964-2021 clauses 5, 6 and 9, and the check of PKCS#7 padding
 * (RFC 5652 clause 6.3). Whole blocks but for CTR; the caller pads, and brings longer data window by window.
 *
 * Much data goes through bit planes, 128 blocks at a time; little data, and the chain of CBC encryption, four blocks at a time.
 *
 * Constant time: in keys, data and counters. Not in the number of blocks.
 */
import { Keys, sm4Blocks } from "./cipher";
import { BATCH_LEN, expandMasks, loadBlocks, runRounds, storeBlocks, wipePlanes } from "./planes";
import { Mask, maskZero } from "../word";

/** Scratch: four blocks of the chain; a batch of blocks. Wiped by every exported function that uses them. */
const LANES = memory.data(64, 16);
const BLOCKS = memory.data(2048, 16);

/** Bytes from which a batch is the faster way, though it is not full: measured in Node, where both take about 7 µs. */
const MANY: i32 = 640;

/** The 128 blocks at `to` ← the cipher of those at `from`. May be the same place. */
function cipherBatch(to: usize, from: usize): void {
  loadBlocks(from);
  runRounds();
  storeBlocks(to);
}

/** BLOCKS ← the cipher of the first `len` bytes there; len: a multiple of 16, at most a batch. What follows them is of no use. */
function cipherBlocks(keys: Keys, len: i32): void {
  // public: the length
  if (len >= MANY) cipherBatch(BLOCKS, BLOCKS);
  else for (let at = BLOCKS; at < BLOCKS + len; at += 64) sm4Blocks(keys, at, at);
}

/** Masks of the keys, where `len` bytes need them. */
function prepare(keys: Keys, len: i32): void {
  // public: the length
  if (len >= MANY) expandMasks(keys);
}

/** Leaves nothing behind of a call that worked on `len` bytes. A batch writes more than it was asked for. */
function wipeScratch(len: i32): void {
  // public: the length
  if (len >= MANY) {
    memory.fill(BLOCKS, 0, BATCH_LEN);
    wipePlanes();
  } else memory.fill(BLOCKS, 0, len + 63);
}

/** data ← the cipher of each block, in place. len: a multiple of 16. */
export function sm4Ecb(keys: Keys, data: usize, len: i32): void {
  prepare(keys, len);
  const end = data + len;
  let at = data;
  for (; at + BATCH_LEN <= end; at += BATCH_LEN) cipherBatch(at, at);
  memory.copy(BLOCKS, at, end - at);
  cipherBlocks(keys, (end - at) as i32);
  memory.copy(at, BLOCKS, end - at);
  wipeScratch(len);
}

/** data ← CBC encryption in place; iv ← the last block of it. len: a multiple of 16. */
export function sm4CbcEncrypt(keys: Keys, iv: usize, data: usize, len: i32): void {
  const end = data + len;
  let chain = v128.load(iv);
  for (let at = data; at < end; at += 16) {
    v128.store(LANES, v128.xor(chain, v128.load(at)));
    sm4Blocks(keys, LANES, LANES);
    chain = v128.load(LANES);
    v128.store(at, chain);
  }
  v128.store(iv, chain);
  memory.fill(LANES, 0, 64);
}

/** data ← CBC decryption in place; iv ← the last block of what was there. len: a multiple of 16; keys reversed. */
export function sm4CbcDecrypt(keys: Keys, iv: usize, data: usize, len: i32): void {
  prepare(keys, len);
  let chain = v128.load(iv);
  let at = data;
  for (let left = len; left > 0; left -= BATCH_LEN) {
    const take = min<i32>(left, BATCH_LEN);
    memory.copy(BLOCKS, at, take);
    cipherBlocks(keys, take);
    for (let i = 0; i < take; i += 16) {
      const next = v128.load(at);
      v128.store(at, v128.xor(chain, v128.load(BLOCKS + i)));
      chain = next;
      at += 16;
    }
  }
  v128.store(iv, chain);
  wipeScratch(len);
}

/**
 * data ← data ⊕ the cipher of counters that follow each other, in place; counter (16 bytes, big-endian, modulo 2¹²⁸) ← the next one
 * that was not used. A last block that is not whole uses its counter up.
 */
export function sm4Ctr(keys: Keys, counter: usize, data: usize, len: i32): void {
  stream(keys, counter, data, len, ~0);
}

/** The same with the counters of GCM: their first 96 bits stay, and the last 32 count modulo 2³². NIST SP 800-38D clause 6.2. */
export function sm4Ctr32(keys: Keys, counter: usize, data: usize, len: i32): void {
  stream(keys, counter, data, len, 0xffffffff);
}

/**
 * `counting`: those of a counter's low 64 bits that count; all of them carry into the high half. The counters are written out as
 * blocks: where one stands among others decides nothing, since GCM makes its first one from the key.
 */
function stream(keys: Keys, counter: usize, data: usize, len: i32, counting: u64): void {
  const whole = (len + 15) & ~15;
  prepare(keys, whole);
  let high = bswap<u64>(load<u64>(counter));
  let low = bswap<u64>(load<u64>(counter, 8));
  let at = data;
  // public: the length
  for (let left = len; left > 0; left -= BATCH_LEN) {
    const take = min<i32>(left, BATCH_LEN);
    const used = ((take + 15) >> 4) as u64;
    for (let place = BLOCKS; place < BLOCKS + 16 * (used as usize); place += 16) {
      store<u64>(place, bswap<u64>(high));
      store<u64>(place, bswap<u64>(low), 8);
      // without a branch: what carries and what wraps is arithmetic
      const next = low + 1;
      high += u64(next == 0) & (counting >> 63);
      low = (low & ~counting) | (next & counting);
    }
    cipherBlocks(keys, 16 * (used as i32));
    add(at, BLOCKS, take);
    at += take;
  }
  store<u64>(counter, bswap<u64>(high));
  store<u64>(counter, bswap<u64>(low), 8);
  wipeScratch(whole);
}

/** a ← a ⊕ b, len bytes. */
function add(a: usize, b: usize, len: i32): void {
  let i = 0;
  for (; i + 16 <= len; i += 16) v128.store(a + i, v128.xor(v128.load(a + i), v128.load(b + i)));
  for (; i < len; i++) store<u8>(a + i, load<u8>(a + i) ^ load<u8>(b + i));
}

/** How many bytes of PKCS#7 padding (1 … 16) end this block of 16; 0 where they are no padding. */
export function paddingLen(block: usize): i32 {
  const n = load<u8>(block, 15) as u32;
  let wrong: u32 = maskZero(n) | ~maskBelow(n, 17);
  for (let i: u32 = 0; i < 16; i++) {
    // byte i counts where 16 − i ≤ n
    wrong |= maskBelow(15 - i, n) & ((load<u8>(block + i) as u32) ^ n);
  }
  return (n & maskZero(wrong)) as i32;
}

/** Ones where a < b. Bounds: both below 2³¹. */
function maskBelow(a: u32, b: u32): Mask {
  return (((a - b) as i32) >> 31) as u32;
}
