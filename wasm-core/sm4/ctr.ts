/**
 * The counter mode of SM4 (计数器模式), GB/T 17964-2021 clause 9. Any length; longer data comes window by window.
 *
 * Constant time: in keys, data and counters but for one thing, which decides nothing in GCM: whether the upper 96 bits of the counter
 * go on. Not in the length.
 */
import { BLOCKS, cipherBlocks, MANY, prepare, wipeBatches } from "./batches";
import { Keys } from "./cipher";
import { COUNTERS, fillCounters, startCounters, wipeCounters } from "./counters";
import { BATCH_LEN, runRounds, storeBlocks, storeBlocksOnto } from "./planes";

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

/** low ⊞ n: those bits of the low half that count. */
function advance(low: u64, n: u64, counting: u64): u64 {
  return (low & ~counting) | ((low + n) & counting);
}

/** What the high half gains by that: 1 where all of the low half counts, and went round. */
function carry(low: u64, next: u64, counting: u64): u64 {
  return u64(next < low) & (counting >> 63);
}

/** `counting`: those of a counter's low 64 bits that count; all of them carry into the high half. */
function stream(keys: Keys, counter: usize, data: usize, len: i32, counting: u64): void {
  const whole = (len + 15) & ~15;
  prepare(keys, whole);
  let high = bswap<u64>(load<u64>(counter));
  let low = bswap<u64>(load<u64>(counter, 8));
  const after = advance(low, (whole >> 4) as u64, counting);
  store<u64>(counter, bswap<u64>(high + carry(low, after, counting)));
  store<u64>(counter, bswap<u64>(after), 8);

  let at = data;
  let left = len;
  let upper = true;
  startCounters(low);
  // public: the length, of which a block may be begun
  while (left > MANY - 16) {
    const next = advance(low, 128, counting);
    const nextHigh = high + carry(low, next, counting);
    fillCounters(high, low, nextHigh, next, upper);
    // public: never so in GCM. Both batches that meet at the carry have blocks on either side of it.
    upper = (low ^ advance(next, 128, counting)) >> 32 != 0;
    high = nextHigh;
    low = next;
    runRounds(COUNTERS);
    if (left >= BATCH_LEN) storeBlocksOnto(at, at);
    else {
      storeBlocks(BLOCKS);
      add(at, BLOCKS, left);
    }
    at += BATCH_LEN;
    left -= BATCH_LEN;
  }
  if (left > 0) {
    writeCounters(high, low, counting, left);
    cipherBlocks(BLOCKS, (left + 15) & ~15);
    add(at, BLOCKS, left);
  }
  wipeCounters();
  wipeBatches(whole);
}

/** BLOCKS ← counters for len bytes. */
function writeCounters(high: u64, low: u64, counting: u64, len: i32): void {
  for (let place = BLOCKS; place < BLOCKS + len; place += 16) {
    store<u64>(place, bswap<u64>(high));
    store<u64>(place, bswap<u64>(low), 8);
    const next = advance(low, 1, counting);
    high += carry(low, next, counting);
    low = next;
  }
}

/** a ← a ⊕ b, len bytes. */
function add(a: usize, b: usize, len: i32): void {
  let i = 0;
  for (; i + 16 <= len; i += 16) v128.store(a + i, v128.xor(v128.load(a + i), v128.load(b + i)));
  for (; i < len; i++) store<u8>(a + i, load<u8>(a + i) ^ load<u8>(b + i));
}
