/** Words and bytes: big-endian loads and stores. Constant time. */

/** The 32-bit word at p, big-endian. */
export function loadBe32(p: usize): u32 {
  return bswap<u32>(load<u32>(p));
}

/** p[0…4) ← w, big-endian. */
export function storeBe32(p: usize, w: u32): void {
  store<u32>(p, bswap<u32>(w));
}
