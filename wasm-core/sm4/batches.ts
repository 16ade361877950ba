/**
 * Blocks of SM4 by number: much data goes through bit planes, 128 blocks at a time; little data through look-ups, eight blocks at a time.
 *
 *   BLOCKS    a batch of blocks, 2 KiB
 *
 * Constant time: in keys and data. Not in the number of blocks.
 */
import { cipherEight, holdKeys, Keys, wipeKeys } from "./cipher";
import { BATCH_LEN, expandMasks, loadBlocks, PLANES, runRounds, storeBlocks, wipePlanes } from "./planes";

export const BLOCKS = memory.data(2048, 16);

/** Bytes from which a batch is the faster way, though it is not full: measured in Node, where both take about 4 µs. */
export const MANY: i32 = 1152;

/** The keys, ready for `len` bytes. */
export function prepare(keys: Keys, len: i32): void {
  holdKeys(keys);
  // public: the length
  if (len >= MANY) expandMasks(keys);
}

/** The planes of the 128 blocks at `from`, after all rounds: for storeBlocks and storeBlocksOnto. */
export function cipherPlanes(from: usize): void {
  loadBlocks(from);
  runRounds(PLANES);
}

/** The first `len` bytes at `at` ← their cipher; len: a multiple of 16, below a batch. What follows them, up to a batch, is of no use. */
export function cipherBlocks(at: usize, len: i32): void {
  // public: the length
  if (len >= MANY) {
    cipherPlanes(at);
    storeBlocks(at);
  } else for (let end = at + len; at < end; at += 128) cipherEight(at, at);
}

/** Leaves nothing behind of a call that worked on `len` bytes. A batch writes more than it was asked for. */
export function wipeBatches(len: i32): void {
  wipeKeys();
  // public: the length
  if (len >= MANY) {
    memory.fill(BLOCKS, 0, BATCH_LEN);
    wipePlanes();
  } else memory.fill(BLOCKS, 0, len + 112);
}
