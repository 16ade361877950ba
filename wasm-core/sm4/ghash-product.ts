/**
 * The product of GHASH (乘法), NIST SP 800-38D clause 6.3, block by block: Y ← (Y ⊕ X)·H in GF(2¹²⁸).
 *
 *   Hash    H, 16 bytes; Y, 16 bytes; both as the standard has them
 *
 * GF(2)[x] on integers, as Thomas Pornin has it in BearSSL's ctmul64: of four integers whose bits stand four apart, sums of products
 * carry into the three bits between and no further: at most 15 of them meet in one place, and 16 only in the topmost, whose carry is
 * lost. So 16 multiplications give the low half of a product of 64 × 64 bits; the high half is the low half of the reversed, reversed.
 *
 * Constant time: in H, Y and the data, as far as the processor multiplies 64 bits in a time that no operand changes. Not in the
 * length.
 */

/** H and Y, 32 bytes. */
export type Hash = usize;

/** Bits 0, 4, 8 … of 64, and the three other such sets. */
const EVERY_FOURTH: u64 = 0x1111111111111111;

/** The low 64 bits of the product of two polynomials. */
function multiplyLow(x: u64, y: u64): u64 {
  const x0 = x & EVERY_FOURTH;
  const x1 = x & (EVERY_FOURTH << 1);
  const x2 = x & (EVERY_FOURTH << 2);
  const x3 = x & (EVERY_FOURTH << 3);
  const y0 = y & EVERY_FOURTH;
  const y1 = y & (EVERY_FOURTH << 1);
  const y2 = y & (EVERY_FOURTH << 2);
  const y3 = y & (EVERY_FOURTH << 3);
  const z0 = (x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1);
  const z1 = (x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2);
  const z2 = (x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3);
  const z3 = (x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0);
  return (z0 & EVERY_FOURTH) | (z1 & (EVERY_FOURTH << 1)) | (z2 & (EVERY_FOURTH << 2)) | (z3 & (EVERY_FOURTH << 3));
}

/** The bits of x in the opposite order. */
function reverse(x: u64): u64 {
  x = ((x & 0x5555555555555555) << 1) | ((x >> 1) & 0x5555555555555555);
  x = ((x & 0x3333333333333333) << 2) | ((x >> 2) & 0x3333333333333333);
  x = ((x & 0x0f0f0f0f0f0f0f0f) << 4) | ((x >> 4) & 0x0f0f0f0f0f0f0f0f);
  return bswap<u64>(x);
}

/** The big-endian number at p, 64 bits: in GCM's order its highest bit is the coefficient of the lowest power. */
function loadHalf(p: usize): u64 {
  return bswap<u64>(load<u64>(p));
}

/** Y ← GHASH of what went into Y, and of the blocks at data. len: a multiple of 16. */
export function hashBlocks(hash: Hash, data: usize, len: i32): void {
  const h1 = loadHalf(hash);
  const h0 = loadHalf(hash + 8);
  const h1r = reverse(h1);
  const h0r = reverse(h0);
  let y1 = loadHalf(hash + 16);
  let y0 = loadHalf(hash + 24);
  const end = data + len;
  for (let at = data; at < end; at += 16) {
    y1 ^= loadHalf(at);
    y0 ^= loadHalf(at + 8);

    // Karatsuba: three products of halves, each as low and high 64 bits
    const y1r = reverse(y1);
    const y0r = reverse(y0);
    const low = multiplyLow(y0, h0);
    const lowHigh = reverse(multiplyLow(y0r, h0r)) >> 1;
    const high = multiplyLow(y1, h1);
    const highHigh = reverse(multiplyLow(y1r, h1r)) >> 1;
    const middle = multiplyLow(y0 ^ y1, h0 ^ h1) ^ low ^ high;
    const middleHigh = (reverse(multiplyLow(y0r ^ y1r, h0r ^ h1r)) >> 1) ^ lowHigh ^ highHigh;

    // 255 bits in the reverse order of GCM: one to the left, and the lower half folded by x¹²⁸ = x⁷ + x² + x + 1
    let v0 = low;
    let v1 = lowHigh ^ middle;
    let v2 = high ^ middleHigh;
    let v3 = highHigh;
    v3 = (v3 << 1) | (v2 >> 63);
    v2 = (v2 << 1) | (v1 >> 63);
    v1 = (v1 << 1) | (v0 >> 63);
    v0 = v0 << 1;
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7);
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57);
    v3 ^= v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7);
    v2 ^= (v1 << 63) ^ (v1 << 62) ^ (v1 << 57);
    y0 = v2;
    y1 = v3;
  }
  store<u64>(hash + 16, bswap<u64>(y1));
  store<u64>(hash + 24, bswap<u64>(y0));
}
