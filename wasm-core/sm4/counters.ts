/**
 * The planes of 128 counters that follow each other, from any first one: GB/T 17964-2021 clause 9, NIST SP 800-38D clause 6.5.
 *
 * Block n of a batch has the counter c + n. Its lowest seven bits are those of c + n, added plane by plane; what carries out of them
 * tells for every block whether the rest is that of c or that of c + 128. From one batch to the next only the rest goes on.
 *
 *   COUNTERS   four words of 32 planes, 2 KiB, as planes.ts has them
 *   CARRIED    a plane: the blocks whose lowest seven bits overflow, 16 bytes
 *
 * Constant time: in the counters, which GCM makes from the key where its nonce is not of 12 bytes. Public: `upper`.
 */
import { WORD } from "./planes";

export const COUNTERS = memory.data(2048, 16);
const CARRIED = memory.data(16, 16);

/** Bits 0 … 6 of a block's number in its batch: block 16·g + l is byte l, bit g. */
export const NUMBERS = memory.data<u8>(
  [
    0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0,
    0, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255,
    255, 255, 255, 255, 255, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 170, 204, 204,
    204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 204, 240, 240, 240, 240, 240, 240, 240, 240, 240,
    240, 240, 240, 240, 240, 240, 240,
  ],
  16,
);

/** The lowest seven planes, and what they carry, for a first counter that ends in `low`. */
export function startCounters(low: u64): void {
  let carried = i64x2.splat(0);
  for (let i: u32 = 0; i < 7; i++) {
    const number = v128.load(NUMBERS + 16 * i);
    const bit = i64x2.splat((0 - ((low >> i) & 1)) as i64);
    const differ = v128.xor(number, bit);
    v128.store(COUNTERS + 3 * WORD + 16 * i, v128.xor(differ, carried));
    carried = v128.or(v128.and(number, bit), v128.and(carried, differ));
  }
  v128.store(CARRIED, carried);
}

/** Planes 31 … `lowest` of a word ← the bits of `next` in the blocks that carry, those of `now` in the others. */
function fillWord(word: usize, now: u64, next: u64, lowest: usize): void {
  const carried = v128.load(CARRIED);
  let bits = i32x4.splat(now as i32);
  let changes = i32x4.splat((now ^ next) as i32);
  const last = COUNTERS + WORD * word + 16 * lowest;
  for (let at = COUNTERS + WORD * word + 16 * 31; at >= last; at -= 16) {
    v128.store(at, v128.xor(i32x4.shr_s(bits, 31), v128.and(carried, i32x4.shr_s(changes, 31))));
    bits = i32x4.shl(bits, 1);
    changes = i32x4.shl(changes, 1);
  }
}

/** COUNTERS ← a batch's, from its first counter and that of the next one; the upper three words only where they are to be made. */
export function fillCounters(high: u64, low: u64, nextHigh: u64, nextLow: u64, upper: bool): void {
  fillWord(3, low, nextLow, 7);
  if (upper) {
    fillWord(2, low >> 32, nextLow >> 32, 0);
    fillWord(1, high, nextHigh, 0);
    fillWord(0, high >> 32, nextHigh >> 32, 0);
  }
}

/** Leaves no counter behind. */
export function wipeCounters(): void {
  memory.fill(COUNTERS, 0, 2048);
  memory.fill(CARRIED, 0, 16);
}
