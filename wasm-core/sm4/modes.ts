/**
 * Modes of SM4: ECB (电码本), CBC (分组链接) and CTR (计数器), GB/T 17964-2021 clauses 5, 6 and 9, and the check of PKCS#7 padding
 * (RFC 5652 clause 6.3). Whole blocks but for CTR; the caller pads, and brings longer data window by window.
 *
 * Much data goes through bit planes, 128 blocks at a time; little data, and the chain of CBC encryption, four blocks at a time.
 *
 * Constant time: in keys, data and counters. Not in the number of blocks, nor in where a counter stands in its batch.
 */
import { Keys, sm4Blocks } from "./cipher";
import { BATCH, BATCH_LEN, expandMasks, loadBlocks, loadCounters, runRounds, storeBlocks, wipePlanes } from "./planes";
import { Mask, maskZero } from "../word";

/** Scratch: four blocks; a batch of them. Wiped by every exported function. */
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

/** BLOCKS ← the cipher of `len` bytes at `from`; len: a multiple of 16, at most a batch. What follows them is of no use. */
function cipherSome(keys: Keys, from: usize, len: i32): void {
  memory.copy(BLOCKS, from, len);
  // public: the length
  if (len >= MANY) cipherBatch(BLOCKS, BLOCKS);
  else for (let at = 0; at < len; at += 64) sm4Blocks(keys, BLOCKS + at, BLOCKS + at);
}

/** Masks of the keys, where `len` bytes need them. */
function prepare(keys: Keys, len: i32): void {
  // public: the length
  if (len >= MANY) expandMasks(keys);
}

/** Leaves nothing of `len` bytes behind. */
function wipeScratch(len: i32): void {
  memory.fill(LANES, 0, 64);
  memory.fill(BLOCKS, 0, min<i32>(len + 48, BATCH_LEN));
  // public: the length
  if (len >= MANY) wipePlanes();
}

/** data ← the cipher of each block, in place. len: a multiple of 16. */
export function sm4Ecb(keys: Keys, data: usize, len: i32): void {
  prepare(keys, len);
  const end = data + len;
  let at = data;
  for (; at + BATCH_LEN <= end; at += BATCH_LEN) cipherBatch(at, at);
  cipherSome(keys, at, (end - at) as i32);
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
    cipherSome(keys, at, take);
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

/** `counting`: those of a counter's low 64 bits that count; all of them carry into the high half. */
function stream(keys: Keys, counter: usize, data: usize, len: i32, counting: u64): void {
  prepare(keys, len);
  let high = bswap<u64>(load<u64>(counter));
  let low = bswap<u64>(load<u64>(counter, 8));
  let at = data;
  let left = len;
  // public: lengths, and the counter
  while (left >= MANY) {
    const first = (low & (BATCH - 1)) as i32;
    loadCounters(high, low - first);
    runRounds();
    storeBlocks(BLOCKS);
    const take = min<i32>(left, BATCH_LEN - 16 * first);
    add(at, BLOCKS + 16 * first, take);
    const used = ((take + 15) >> 4) as u64;
    high += carryOf(low, used, counting);
    low = countOn(low, used, counting);
    at += take;
    left -= take;
  }
  for (; left > 0; left -= 64) {
    storeCounters(high, low, counting);
    sm4Blocks(keys, LANES, LANES);
    const take = min<i32>(left, 64);
    add(at, LANES, take);
    const used = ((take + 15) >> 4) as u64;
    high += carryOf(low, used, counting);
    low = countOn(low, used, counting);
    at += take;
  }
  store<u64>(counter, bswap<u64>(high));
  store<u64>(counter, bswap<u64>(low), 8);
  wipeScratch(len);
}

/** LANES ← four counters that follow each other. */
function storeCounters(high: u64, low: u64, counting: u64): void {
  for (let at = LANES; at < LANES + 64; at += 16) {
    store<u64>(at, bswap<u64>(high));
    store<u64>(at, bswap<u64>(low), 8);
    high += carryOf(low, 1, counting);
    low = countOn(low, 1, counting);
  }
}

/** The low half of a counter, `used` blocks on. */
function countOn(low: u64, used: u64, counting: u64): u64 {
  return (low & ~counting) | ((low + used) & counting);
}

/** What that carries into the high half. */
function carryOf(low: u64, used: u64, counting: u64): u64 {
  return u64(low + used < low) & (counting >> 63);
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
