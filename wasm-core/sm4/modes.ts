/**
 * Modes of SM4: ECB (电码本) and CBC (分组链接), GB/T 17964-2021 clauses 5 and 6, and the check of PKCS#7 padding (RFC 5652 clause
 * 6.3). Whole blocks; the caller pads, and brings longer data window by window.
 *
 * Constant time: in keys and data. Not in the number of blocks.
 */
import { BLOCKS, cipherBlocks, cipherPlanes, prepare, wipeBatches } from "./batches";
import { cipherChain, holdKeys, Keys, wipeKeys } from "./cipher";
import { BATCH_LEN, storeBlocks, storeBlocksOnto } from "./planes";
import { Mask, maskZero } from "../word";

/** data ← the cipher of each block, in place. len: a multiple of 16. */
export function sm4Ecb(keys: Keys, data: usize, len: i32): void {
  prepare(keys, len);
  const end = data + len;
  let at = data;
  for (; at + BATCH_LEN <= end; at += BATCH_LEN) {
    cipherPlanes(at);
    storeBlocks(at);
  }
  const left = (end - at) as i32;
  memory.copy(BLOCKS, at, left);
  cipherBlocks(BLOCKS, left);
  memory.copy(at, BLOCKS, left);
  wipeBatches(len);
}

/** data ← CBC encryption in place; iv ← the last block of it. len: a multiple of 16. */
export function sm4CbcEncrypt(keys: Keys, iv: usize, data: usize, len: i32): void {
  holdKeys(keys);
  cipherChain(iv, data, len);
  wipeKeys();
}

/**
 * data ← CBC decryption in place; iv ← the last block of what was there. len: a multiple of 16; keys reversed. From the end to the
 * beginning, since each block is added to what the next one deciphers to.
 */
export function sm4CbcDecrypt(keys: Keys, iv: usize, data: usize, len: i32): void {
  prepare(keys, len);
  let at = data + (len & -BATCH_LEN);
  // public: the length
  let chain = v128.load(at > data ? at - 16 : iv);
  const left = (data + len - at) as i32;
  memory.copy(BLOCKS, at, left);
  cipherBlocks(BLOCKS, left);
  for (let i = 0; i < left; i += 16) {
    const next = v128.load(at + i);
    v128.store(at + i, v128.xor(chain, v128.load(BLOCKS + i)));
    chain = next;
  }
  for (; at > data + BATCH_LEN; at -= BATCH_LEN) {
    cipherPlanes(at - BATCH_LEN);
    storeBlocksOnto(at - BATCH_LEN, at - BATCH_LEN - 16);
  }
  // public: the length
  if (at > data) {
    v128.store(BLOCKS, v128.load(iv));
    memory.copy(BLOCKS + 16, data, BATCH_LEN - 16);
    cipherPlanes(data);
    storeBlocksOnto(data, BLOCKS);
  }
  v128.store(iv, chain);
  wipeBatches(len);
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
