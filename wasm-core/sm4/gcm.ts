/**
 * GCM over SM4 (可鉴别加密), GB/T 36624-2018 and NIST SP 800-38D, from pieces that the face puts together, since data comes
 * window by window: gcmStart, then nonce, associated data and ciphertext through ghashUpdate, their lengths through gcmLengths,
 * and the key stream by sm4Ctr32.
 *
 *   Context    round keys, 128 bytes; GHASH's H and Y, 32 bytes
 *
 * Constant time: in keys, data, tags. Not in lengths.
 */
import { OK, MISMATCH, Status } from "../status";
import { difference } from "../word";
import { cipherChain, holdKeys, wipeKeys } from "./cipher";
import { ghashUpdate } from "./ghash";

/** Round keys, H and Y. */
type Gcm = usize;

const HASH: usize = 128;

/** Scratch: the block before the first, which is zero; the block of lengths. */
const BEFORE = memory.data(16, 16);
const LENGTHS = memory.data(16, 16);

/** H ← the cipher of zeros; Y ← 0. The round keys are in place. */
export function gcmStart(gcm: Gcm): void {
  memory.fill(gcm + HASH, 0, 32);
  holdKeys(gcm);
  cipherChain(BEFORE, gcm + HASH, 16);
  memory.fill(BEFORE, 0, 16);
  wipeKeys();
}

/** Y ← Y with the lengths of two strings in it, in bytes. Public: the lengths. */
export function gcmLengths(gcm: Gcm, first: f64, second: f64): void {
  store<u64>(LENGTHS, bswap<u64>((first as u64) << 3));
  store<u64>(LENGTHS, bswap<u64>((second as u64) << 3), 8);
  ghashUpdate(gcm + HASH, LENGTHS, 16);
  memory.fill(LENGTHS, 0, 16);
}

/** tag, which holds the cipher of the first counter, ← tag ⊕ Y. 16 bytes. */
export function gcmTag(gcm: Gcm, tag: usize): void {
  v128.store(tag, v128.xor(v128.load(tag), v128.load(gcm + HASH, 16)));
}

/** Whether two tags of 16 bytes are the same. */
export function gcmCompare(a: usize, b: usize): Status {
  return difference(a, b, 16) == 0 ? OK : MISMATCH;
}
