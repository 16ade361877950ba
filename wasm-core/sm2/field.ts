/**
 * The field F_p of SM2 (椭圆曲线公钥密码算法), GB/T 32918.5-2017: p = 2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴ − 1.
 *
 * Shape   Fe: nine i32 limbs of 29 bits, little-endian, 36 bytes. Limbs 0…7 lie in [0, 2²⁹), limb 8 is signed and carries
 *         the sign and the excess. Every function leaves its result so; values lie within ±2²⁶⁰.
 * Domain  Montgomery, R = 2²⁶¹, but for the canonical form that feCanonical and the byte functions speak of.
 * Time    all functions take the same time for all values; loops have public bounds.
 *
 * Since p ≡ −1 mod 2⁶⁴, the quotient digit of the reduction is the low limb itself, and multiplying it by p is four shifts.
 */
import { loadBe32, storeBe32 } from "../word";

/** A field element, 36 bytes. */
export type Fe = usize;

export const FE_LEN: i32 = 36;

const MASK: i64 = (1 << 29) - 1;

/** r ← a. */
export function feCopy(r: Fe, a: Fe): void {
  memory.copy(r, a, FE_LEN);
}

/** Limbs 0…7 ← [0, 2²⁹), the rest into limb 8. */
function carry(r: Fe): void {
  let held: i32 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    held += load<i32>(r + i);
    store<i32>(r + i, held & 0x1fffffff);
    held >>= 29;
  }
  store<i32>(r, load<i32>(r, 32) + held, 32);
}

/** r ← a + b. r may be a or b. */
export function feAdd(r: Fe, a: Fe, b: Fe): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(r + i, load<i32>(a + i) + load<i32>(b + i));
  carry(r);
}

/** r ← a − b. r may be a or b. */
export function feSub(r: Fe, a: Fe, b: Fe): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(r + i, load<i32>(a + i) - load<i32>(b + i));
  carry(r);
}

/**
 * r ← a·b·2⁻²⁶¹ mod p.
 *
 * Bounds  |a|·|b| < 2⁵²⁰: each column sums nine products of 29 by 29 bits (limb 8 below 2²⁹) and stays below 2⁶³; the result
 *         lies between −|a·b|·2⁻²⁶¹ and p + |a·b|·2⁻²⁶¹
 * Alias   r may be a or b
 */
export function feMul(r: Fe, a: Fe, b: Fe): void {
  const a0 = <i64>load<i32>(a, 0);
  const a1 = <i64>load<i32>(a, 4);
  const a2 = <i64>load<i32>(a, 8);
  const a3 = <i64>load<i32>(a, 12);
  const a4 = <i64>load<i32>(a, 16);
  const a5 = <i64>load<i32>(a, 20);
  const a6 = <i64>load<i32>(a, 24);
  const a7 = <i64>load<i32>(a, 28);
  const a8 = <i64>load<i32>(a, 32);
  const b0 = <i64>load<i32>(b, 0);
  const b1 = <i64>load<i32>(b, 4);
  const b2 = <i64>load<i32>(b, 8);
  const b3 = <i64>load<i32>(b, 12);
  const b4 = <i64>load<i32>(b, 16);
  const b5 = <i64>load<i32>(b, 20);
  const b6 = <i64>load<i32>(b, 24);
  const b7 = <i64>load<i32>(b, 28);
  const b8 = <i64>load<i32>(b, 32);
  let t: i64 = a0 * b0;
  const m0 = t & MASK;
  t >>= 29;
  t += a0 * b1 + a1 * b0;
  const m1 = t & MASK;
  t >>= 29;
  t += a0 * b2 + a1 * b1 + a2 * b0 + (m0 << 6);
  const m2 = t & MASK;
  t >>= 29;
  t += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (m1 << 6) - (m0 << 9);
  const m3 = t & MASK;
  t >>= 29;
  t += a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (m2 << 6) - (m1 << 9);
  const m4 = t & MASK;
  t >>= 29;
  t += a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (m3 << 6) - (m2 << 9);
  const m5 = t & MASK;
  t >>= 29;
  t += a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (m4 << 6) - (m3 << 9);
  const m6 = t & MASK;
  t >>= 29;
  t += a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + (m5 << 6) - (m4 << 9) - (m0 << 21);
  const m7 = t & MASK;
  t >>= 29;
  t += a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24);
  const m8 = t & MASK;
  t >>= 29;
  t += a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24);
  store<i32>(r, <i32>(t & MASK), 0);
  t >>= 29;
  t += a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24);
  store<i32>(r, <i32>(t & MASK), 4);
  t >>= 29;
  t += a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 - (m8 << 9) - (m4 << 21) + (m3 << 24);
  store<i32>(r, <i32>(t & MASK), 8);
  t >>= 29;
  t += a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 - (m5 << 21) + (m4 << 24);
  store<i32>(r, <i32>(t & MASK), 12);
  t >>= 29;
  t += a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 - (m6 << 21) + (m5 << 24);
  store<i32>(r, <i32>(t & MASK), 16);
  t >>= 29;
  t += a6 * b8 + a7 * b7 + a8 * b6 - (m7 << 21) + (m6 << 24);
  store<i32>(r, <i32>(t & MASK), 20);
  t >>= 29;
  t += a7 * b8 + a8 * b7 - (m8 << 21) + (m7 << 24);
  store<i32>(r, <i32>(t & MASK), 24);
  t >>= 29;
  t += a8 * b8 + (m8 << 24);
  store<i32>(r, <i32>(t & MASK), 28);
  t >>= 29;
  store<i32>(r, <i32>t, 32);
}

/** r ← a²·2⁻²⁶¹ mod p. Bounds and aliasing as feMul. */
export function feSqr(r: Fe, a: Fe): void {
  const a0 = <i64>load<i32>(a, 0);
  const a1 = <i64>load<i32>(a, 4);
  const a2 = <i64>load<i32>(a, 8);
  const a3 = <i64>load<i32>(a, 12);
  const a4 = <i64>load<i32>(a, 16);
  const a5 = <i64>load<i32>(a, 20);
  const a6 = <i64>load<i32>(a, 24);
  const a7 = <i64>load<i32>(a, 28);
  const a8 = <i64>load<i32>(a, 32);
  let t: i64 = a0 * a0;
  const m0 = t & MASK;
  t >>= 29;
  t += ((a0 * a1) << 1);
  const m1 = t & MASK;
  t >>= 29;
  t += ((a0 * a2) << 1) + a1 * a1 + (m0 << 6);
  const m2 = t & MASK;
  t >>= 29;
  t += ((a0 * a3 + a1 * a2) << 1) + (m1 << 6) - (m0 << 9);
  const m3 = t & MASK;
  t >>= 29;
  t += ((a0 * a4 + a1 * a3) << 1) + a2 * a2 + (m2 << 6) - (m1 << 9);
  const m4 = t & MASK;
  t >>= 29;
  t += ((a0 * a5 + a1 * a4 + a2 * a3) << 1) + (m3 << 6) - (m2 << 9);
  const m5 = t & MASK;
  t >>= 29;
  t += ((a0 * a6 + a1 * a5 + a2 * a4) << 1) + a3 * a3 + (m4 << 6) - (m3 << 9);
  const m6 = t & MASK;
  t >>= 29;
  t += ((a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) << 1) + (m5 << 6) - (m4 << 9) - (m0 << 21);
  const m7 = t & MASK;
  t >>= 29;
  t += ((a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) << 1) + a4 * a4 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24);
  const m8 = t & MASK;
  t >>= 29;
  t += ((a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) << 1) + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24);
  store<i32>(r, <i32>(t & MASK), 0);
  t >>= 29;
  t += ((a2 * a8 + a3 * a7 + a4 * a6) << 1) + a5 * a5 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24);
  store<i32>(r, <i32>(t & MASK), 4);
  t >>= 29;
  t += ((a3 * a8 + a4 * a7 + a5 * a6) << 1) - (m8 << 9) - (m4 << 21) + (m3 << 24);
  store<i32>(r, <i32>(t & MASK), 8);
  t >>= 29;
  t += ((a4 * a8 + a5 * a7) << 1) + a6 * a6 - (m5 << 21) + (m4 << 24);
  store<i32>(r, <i32>(t & MASK), 12);
  t >>= 29;
  t += ((a5 * a8 + a6 * a7) << 1) - (m6 << 21) + (m5 << 24);
  store<i32>(r, <i32>(t & MASK), 16);
  t >>= 29;
  t += ((a6 * a8) << 1) + a7 * a7 - (m7 << 21) + (m6 << 24);
  store<i32>(r, <i32>(t & MASK), 20);
  t >>= 29;
  t += ((a7 * a8) << 1) - (m8 << 21) + (m7 << 24);
  store<i32>(r, <i32>(t & MASK), 24);
  t >>= 29;
  t += a8 * a8 + (m8 << 24);
  store<i32>(r, <i32>(t & MASK), 28);
  t >>= 29;
  store<i32>(r, <i32>t, 32);
}

/** r ← b where mask is all ones, a where it is 0. r may be a or b. */
export function feSelect(r: Fe, a: Fe, b: Fe, mask: i32): void {
  for (let i: usize = 0; i < 36; i += 4) {
    const x = load<i32>(a + i);
    store<i32>(r + i, x ^ ((x ^ load<i32>(b + i)) & mask));
  }
}

/** p, 1 and R² mod p as limbs; a test recomputes them. */
const P = memory.data<i32>([0x1fffffff, 0x1fffffff, 0x3f, 0x1ffffe00, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff]);
const ONE = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);
const R2 = memory.data<i32>([0xc00, 0x4000, 0x1fff0000, 0x17ffff, 0x400000, 0x2000000, 0x0, 0x1, 0x10]);

const T = memory.data(36 * 3, 16);

/** r ← r + p where it is negative, then r − p where that is not: one step towards [0, p). */
function foldOnce(r: Fe): void {
  const t = T;
  feAdd(t, r, P);
  feSelect(r, r, t, load<i32>(r, 32) >> 31);
  feSub(t, r, P);
  feSelect(r, t, r, load<i32>(t, 32) >> 31);
}

/** r ← a out of the Montgomery domain, in [0, p). */
export function feCanonical(r: Fe, a: Fe): void {
  feMul(r, a, ONE);
  foldOnce(r);
  foldOnce(r);
}

/** r ← the 32 bytes at p, big-endian, as limbs; not in the Montgomery domain. Any value below 2²⁵⁶. */
export function limbsFromBytes(r: usize, p: usize): void {
  for (let i: i32 = 0; i < 9; i++) {
    // Bits 29·i … 29·i + 28, gathered from the two 32-bit words that hold them.
    const bit = 29 * i;
    const word = bit >> 5;
    const low = <u64>loadBe32(p + ((7 - word) << 2));
    const high: u64 = word < 7 ? <u64>loadBe32(p + ((6 - word) << 2)) : 0; // public: the limb's number
    store<i32>(r + (i << 2), <i32>((((high << 32) | low) >> (bit & 31)) & 0x1fffffff));
  }
}

/** The 32 bytes at p, big-endian ← limbs in [0, 2²⁵⁶). */
export function limbsToBytes(p: usize, a: usize): void {
  let held: u64 = 0;
  let bits: i32 = 0;
  let word: i32 = 7;
  for (let i: i32 = 0; i < 9; i++) {
    held |= <u64>load<u32>(a + (i << 2)) << bits;
    bits += 29;
    if (bits >= 32) {
      // public: the limb's number
      storeBe32(p + (word << 2), <u32>held);
      held >>= 32;
      bits -= 32;
      word--;
    }
  }
}

/** r ← the 32 bytes at p in the Montgomery domain. @returns all ones where the value is below p, else 0 */
export function feFromBytes(r: Fe, p: usize): i32 {
  limbsFromBytes(r, p);
  feSub(T, r, P);
  const below = load<i32>(T, 32) >> 31;
  feMul(r, r, R2);
  return below;
}

/** The 32 bytes at p ← a, canonical. */
export function feToBytes(p: usize, a: Fe): void {
  const t = T + 72;
  feCanonical(t, a);
  limbsToBytes(p, t);
}

/** All ones where a ≡ 0 mod p, else 0. */
export function feIsZero(a: Fe): i32 {
  const t = T + 72;
  feCanonical(t, a);
  let any: i32 = 0;
  for (let i: usize = 0; i < 36; i += 4) any |= load<i32>(t + i);
  return ((any | -any) >> 31) ^ -1;
}

/** p − 2 as eight words, most significant first: the exponent of Fermat's inversion. Public. */
const P_MINUS_2 = memory.data<u32>([
  0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x00000000, 0xffffffff, 0xfffffffd,
]);
const BASE = memory.data(36, 16);

/** r ← a⁻¹ (0 for 0) by a^(p−2). r may be a. */
export function feInvert(r: Fe, a: Fe): void {
  feCopy(BASE, a);
  feCopy(r, a); // the exponent's leading one
  for (let i: i32 = 254; i >= 0; i--) {
    feSqr(r, r);
    const word = load<u32>(P_MINUS_2 + ((7 - (i >> 5)) << 2));
    if (((word >> (i & 31)) & 1) == 1) feMul(r, r, BASE); // public: the exponent
  }
  memory.fill(BASE, 0, FE_LEN);
}
