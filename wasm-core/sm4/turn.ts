/**
 * A square of 16 × 16 bytes, turned over (转置): between 16 blocks and 16 vectors of their first, second … bytes.
 *
 *   SPARE    256 bytes, half-way
 *
 * Constant time: in the bytes; every address is a count.
 */

const SPARE = memory.data(256, 16);

/** Leaves nothing behind of what was turned. */
export function wipeTurn(): void {
  memory.fill(SPARE, 0, 256);
}

/** The first and second half of the bytes of a and b, by turns. */
function zipLow(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
function zipHigh(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/**
 * Two of the four perfect shuffles that turn a square of 16 × 16 bytes over. One puts the bytes of vectors i and i + 8 by turns
 * into vectors 2i and 2i + 1: the eight bits of a byte's place go round by one.
 */
function shuffleTwice(to: usize, from: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const a = v128.load(from + i);
    const b = v128.load(from + i, 64);
    const c = v128.load(from + i, 128);
    const d = v128.load(from + i, 192);
    const acLow = zipLow(a, c);
    const acHigh = zipHigh(a, c);
    const bdLow = zipLow(b, d);
    const bdHigh = zipHigh(b, d);
    v128.store(to + 4 * i, zipLow(acLow, bdLow));
    v128.store(to + 4 * i, zipHigh(acLow, bdLow), 16);
    v128.store(to + 4 * i, zipLow(acHigh, bdHigh), 32);
    v128.store(to + 4 * i, zipHigh(acHigh, bdHigh), 48);
  }
}

/** As shuffleTwice, but what was at `on` is XORed to it; from the end on, so that `on` may lie at `to` or below. */
function shuffleTwiceOnto(to: usize, from: usize, on: usize): void {
  for (let i: usize = 64; i > 0;) {
    i -= 16;
    const a = v128.load(from + i);
    const b = v128.load(from + i, 64);
    const c = v128.load(from + i, 128);
    const d = v128.load(from + i, 192);
    const acLow = zipLow(a, c);
    const acHigh = zipHigh(a, c);
    const bdLow = zipLow(b, d);
    const bdHigh = zipHigh(b, d);
    v128.store(to + 4 * i, v128.xor(v128.load(on + 4 * i, 48), zipHigh(acHigh, bdHigh)), 48);
    v128.store(to + 4 * i, v128.xor(v128.load(on + 4 * i, 32), zipLow(acHigh, bdHigh)), 32);
    v128.store(to + 4 * i, v128.xor(v128.load(on + 4 * i, 16), zipHigh(acLow, bdLow)), 16);
    v128.store(to + 4 * i, v128.xor(v128.load(on + 4 * i), zipLow(acLow, bdLow)));
  }
}

/** to ← the square at `from`, turned over: byte l of vector i ← byte i of vector l. 256 bytes; may be the same place. */
export function turnBytes(to: usize, from: usize): void {
  shuffleTwice(SPARE, from);
  shuffleTwice(to, SPARE);
}

/** to ← the square at `from`, turned over, ⊕ the one at `on`, which may lie at `to` or below. */
export function turnBytesOnto(to: usize, from: usize, on: usize): void {
  shuffleTwice(SPARE, from);
  shuffleTwiceOnto(to, SPARE, on);
}
