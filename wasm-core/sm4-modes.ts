/**
 * Modes of operation of SM4 (分组密码的工作模式), GB/T 17964-2021: ECB (clause 5) and CBC (clause 6), in place on the window.
 * Padding of PKCS#7 (RFC 5652 6.3) is checked without a branch on its value.
 *
 * Constant time in key, iv and data; lengths are public.
 */
import { wipe } from "./memory";
import { decryptBlocks, encryptBlocks, expandKey, ROUND_KEYS_LEN } from "./sm4";

const KEYS = memory.data(1024, 16);
const CHAIN = memory.data(16, 16);
const AHEAD = memory.data(128, 16);

/** Sets the key of what follows; `sm4Forget` ends its life. */
export function sm4Key(key: usize): void {
  expandKey(KEYS, key);
}

/** Sets the chaining value of CBC: the iv, 16 bytes. */
export function sm4Iv(iv: usize): void {
  memory.copy(CHAIN, iv, 16);
}

export function sm4Forget(): void {
  wipe(KEYS, ROUND_KEYS_LEN);
  wipe(CHAIN, 16);
  wipe(AHEAD, 128);
}

/** data ← E(data), len a multiple of 16. */
export function sm4EcbEncrypt(data: usize, len: i32): void {
  for (; len > 0; len -= 128, data += 128) encryptBlocks(data, data, min<i32>(len, 128) >> 4, KEYS);
}

/** data ← D(data), len a multiple of 16. */
export function sm4EcbDecrypt(data: usize, len: i32): void {
  for (; len > 0; len -= 128, data += 128) decryptBlocks(data, data, min<i32>(len, 128) >> 4, KEYS);
}

/** a ← a ⊕ b, 16 bytes. */
function xorBlock(a: usize, b: usize): void {
  v128.store(a, v128.xor(v128.load(a), v128.load(b)));
}

/** data ← CBC encryption, len a multiple of 16; the chain goes on with the next call. */
export function sm4CbcEncrypt(data: usize, len: i32): void {
  for (; len > 0; len -= 16, data += 16) {
    xorBlock(data, CHAIN);
    encryptBlocks(data, data, 1, KEYS);
    memory.copy(CHAIN, data, 16);
  }
}

/** data ← CBC decryption, len a multiple of 16; the chain goes on with the next call. */
export function sm4CbcDecrypt(data: usize, len: i32): void {
  for (; len > 0; len -= 128, data += 128) {
    const taken = min<i32>(len, 128);
    memory.copy(AHEAD, data, taken);
    decryptBlocks(data, data, taken >> 4, KEYS);
    xorBlock(data, CHAIN);
    for (let at: i32 = 16; at < taken; at += 16) xorBlock(data + at, AHEAD + at - 16);
    memory.copy(CHAIN, AHEAD + taken - 16, 16);
  }
}

/**
 * Checks PKCS#7 padding of the 16-byte block at `last`: n ∈ [1, 16], n times the byte n.
 *
 * @returns n, or −1
 */
export function unpad(last: usize): i32 {
  const n = <i32>load<u8>(last, 15);
  let wrong = (n - 1) | (16 - n); // negative where n is outside [1, 16]
  for (let i: i32 = 0; i < 16; i++) {
    const inside = (15 - i - n) >> 31; // all ones where byte i belongs to the padding
    const different = <i32>load<u8>(last + i) ^ n;
    wrong |= inside & -different;
  }
  const bad = wrong >> 31;
  return (n & ~bad) | bad;
}

