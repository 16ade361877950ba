/**
 * Signed digits of a number of 256 bits, for tables of multiples that hold each point once for both signs.
 *
 * Booth: the number is cut into windows of w bits with digits in [−2ʷ⁻¹, 2ʷ⁻¹]. The w + 1 bits around window i, the highest of the
 * window below included, give the digit: (bits + 1)/2 − 2ʷ·sign. Every window has one, whatever the number: for secrets.
 *
 * wNAF: of any w digits that follow each other at most one is not zero, and that one is odd and below 2ʷ⁻¹ in size: fewer additions,
 * at places that the number decides. For public numbers only.
 *
 * Constant time: the Booth digits. Not wnaf.
 */
import { loadWord } from "../word";

/** Digits that wnaf writes: one for each bit, and one above. */
export const DIGITS: i32 = 257;

/** The `width` bits of k from bit `low` on, and the bit below them. k: 32 bytes, big-endian. Public: low, width. */
export function windowBits(k: usize, low: i32, width: i32): u32 {
  // the bit below bit 0 and those above bit 255 are zero
  let bits: u64 = 0;
  const from = low - 1;
  const word = from >> 5;
  if (word >= 0 && word < 8) bits = loadWord(k + 28 - 4 * word);
  if (word + 1 >= 0 && word + 1 < 8) bits |= (loadWord(k + 24 - 4 * word) as u64) << 32;
  return ((bits >> (from & 31)) as u32) & ((1 << (width + 1)) - 1);
}

/** The size of a Booth digit, 0 … 2ʷ⁻¹, from the w + 1 bits around its window. Its sign is the highest of them. */
export function digitSize(bits: u32, width: i32): u32 {
  const sign = 0 - (bits >>> width);
  const up = (bits + 1) >>> 1;
  return ((up ^ sign) - sign + (sign & (1 << width))) & ((1 << width) - 1);
}

/** digits ← 257 signed numbers of 16 bits, the lowest first, with k = Σ digitᵢ·2ⁱ. Public: k, 32 bytes, big-endian. */
export function wnaf(digits: usize, k: usize, width: i32): void {
  memory.fill(digits, 0, 2 * DIGITS);
  let carry: u32 = 0;
  for (let i = 0; i < DIGITS;) {
    const bits = (windowBits(k, i, width) >>> 1) + carry;
    if ((bits & 1) === 0) {
      // an even rest: the carry, if there is one, meets a bit of 1 and stays
      i++;
      continue;
    }
    carry = bits >>> (width - 1);
    store<i16>(digits + 2 * i, (bits - (carry << width)) as i16);
    i += width;
  }
}
