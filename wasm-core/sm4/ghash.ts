/**
 * GHASH, the hash of GCM, NIST SP 800-38D clause 6.4: Y ← (Y ⊕ X)·H in GF(2¹²⁸) for each block X.
 *
 *   Hash    H, 16 bytes; Y, 16 bytes; both as the standard has them
 *
 * Little data is multiplied block by block (ghash-product.ts), much data 16 blocks side by side (ghash-slices.ts).
 *
 * Constant time: as its parts. Not in the length.
 */
import { Hash, hashBlocks } from "./ghash-product";
import { GROUP_LEN, hashGroups } from "./ghash-slices";

/** Scratch: a last block that is not whole. */
const LAST = memory.data(16, 16);

/** Bytes from which the tables of the slices are worth their making: measured in Node. */
const MANY: i32 = 1280;

/** Y ← GHASH of what went into Y, and of len bytes at data, the last block filled with zeros. */
export function ghashUpdate(hash: Hash, data: usize, len: i32): void {
  // public: the length
  const sliced = len < MANY ? 0 : len & -GROUP_LEN;
  if (sliced > 0) hashGroups(hash, data, sliced);
  const whole = len & ~15;
  hashBlocks(hash, data + sliced, whole - sliced);
  if (whole < len) {
    memory.copy(LAST, data + whole, len - whole);
    hashBlocks(hash, LAST, 16);
    memory.fill(LAST, 0, 16);
  }
}
