/**
 * Words and masks: 32-bit words in the standards' byte order (big-endian), and truth as a mask of 32 bits.
 *
 * Constant time: everything here. A mask is 0 or 0xffffffff and is made without a comparison.
 */

/** All ones for true, zero for false. */
export type Mask = u32;

/** The big-endian word at p. */
export function loadWord(p: usize): u32 {
  return bswap<u32>(load<u32>(p));
}

/** Puts x at p, big-endian. */
export function storeWord(p: usize, x: u32): void {
  store<u32>(p, bswap<u32>(x));
}

/** Ones where x = 0. The sign bit of x | −x is set for every other x. */
export function maskZero(x: u32): Mask {
  return ((x | (0 - x)) >>> 31) - 1;
}

/** OR of the differences of two byte strings: zero only where they are equal. Public: len. */
export function difference(a: usize, b: usize, len: i32): u32 {
  let d: u32 = 0;
  for (let i = 0; i < len; i++) d |= load<u8>(a + i) ^ load<u8>(b + i);
  return d;
}
