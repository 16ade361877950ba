/**
 * Products in the field of SM2, by columns (product scanning). Limbs, kinds of elements and bounds: see field.ts.
 *
 * Column k gathers every aᵢ·bⱼ with i + j = k. Its low 29 bits are the quotient digit mₖ, because −p⁻¹ ≡ 1 mod 2²⁹, and
 * mₖ·p = mₖ·(2²⁵⁶ − 2²²⁴ − 2⁹⁶ + 2⁶⁴ − 1) clears them and adds mₖ·2⁶ two columns up, −mₖ·2⁹ three, −mₖ·2²¹ seven and
 * mₖ·2²⁴ eight. Columns 9 … 17 are the result: (a·b + m·p)/2²⁶¹.
 *
 * Constant time: everything here.
 */
import { Limbs } from "./limbs";

const MASK: i64 = 0x1fffffff;

/**
 * r ← a·b mod p (Montgomery product a·b·R⁻¹).
 *
 * Domain  a loose, b tight or a difference of tight ones. r tight: |value| ≤ |a·b|/R + p
 * Alias   r may be a or b
 */
export function feMul(r: Limbs, a: Limbs, b: Limbs): void {
  const a0 = load<i32>(a, 0) as i64;
  const a1 = load<i32>(a, 4) as i64;
  const a2 = load<i32>(a, 8) as i64;
  const a3 = load<i32>(a, 12) as i64;
  const a4 = load<i32>(a, 16) as i64;
  const a5 = load<i32>(a, 20) as i64;
  const a6 = load<i32>(a, 24) as i64;
  const a7 = load<i32>(a, 28) as i64;
  const a8 = load<i32>(a, 32) as i64;
  const b0 = load<i32>(b, 0) as i64;
  const b1 = load<i32>(b, 4) as i64;
  const b2 = load<i32>(b, 8) as i64;
  const b3 = load<i32>(b, 12) as i64;
  const b4 = load<i32>(b, 16) as i64;
  const b5 = load<i32>(b, 20) as i64;
  const b6 = load<i32>(b, 24) as i64;
  const b7 = load<i32>(b, 28) as i64;
  const b8 = load<i32>(b, 32) as i64;
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
  t +=
    a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + (m5 << 6) - (m4 << 9) - (m0 << 21);
  const m7 = t & MASK;
  t >>= 29;
  t +=
    a0 * b8 +
    a1 * b7 +
    a2 * b6 +
    a3 * b5 +
    a4 * b4 +
    a5 * b3 +
    a6 * b2 +
    a7 * b1 +
    a8 * b0 +
    (m6 << 6) -
    (m5 << 9) -
    (m1 << 21) +
    (m0 << 24);
  const m8 = t & MASK;
  t >>= 29;
  t +=
    a1 * b8 +
    a2 * b7 +
    a3 * b6 +
    a4 * b5 +
    a5 * b4 +
    a6 * b3 +
    a7 * b2 +
    a8 * b1 +
    (m7 << 6) -
    (m6 << 9) -
    (m2 << 21) +
    (m1 << 24);
  store<i32>(r, (t & MASK) as i32, 0);
  t >>= 29;
  t +=
    a2 * b8 +
    a3 * b7 +
    a4 * b6 +
    a5 * b5 +
    a6 * b4 +
    a7 * b3 +
    a8 * b2 +
    (m8 << 6) -
    (m7 << 9) -
    (m3 << 21) +
    (m2 << 24);
  store<i32>(r, (t & MASK) as i32, 4);
  t >>= 29;
  t += a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 - (m8 << 9) - (m4 << 21) + (m3 << 24);
  store<i32>(r, (t & MASK) as i32, 8);
  t >>= 29;
  t += a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 - (m5 << 21) + (m4 << 24);
  store<i32>(r, (t & MASK) as i32, 12);
  t >>= 29;
  t += a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 - (m6 << 21) + (m5 << 24);
  store<i32>(r, (t & MASK) as i32, 16);
  t >>= 29;
  t += a6 * b8 + a7 * b7 + a8 * b6 - (m7 << 21) + (m6 << 24);
  store<i32>(r, (t & MASK) as i32, 20);
  t >>= 29;
  t += a7 * b8 + a8 * b7 - (m8 << 21) + (m7 << 24);
  store<i32>(r, (t & MASK) as i32, 24);
  t >>= 29;
  t += a8 * b8 + (m8 << 24);
  store<i32>(r, (t & MASK) as i32, 28);
  t >>= 29;
  store<i32>(r, t as i32, 32);
}

/** r ← a² mod p. Domain: a tight, or a difference of tight ones. r tight; r may be a. */
export function feSqr(r: Limbs, a: Limbs): void {
  const a0 = load<i32>(a, 0) as i64;
  const a1 = load<i32>(a, 4) as i64;
  const a2 = load<i32>(a, 8) as i64;
  const a3 = load<i32>(a, 12) as i64;
  const a4 = load<i32>(a, 16) as i64;
  const a5 = load<i32>(a, 20) as i64;
  const a6 = load<i32>(a, 24) as i64;
  const a7 = load<i32>(a, 28) as i64;
  const a8 = load<i32>(a, 32) as i64;
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  let t: i64 = a0 * a0;
  const m0 = t & MASK;
  t >>= 29;
  t += d0 * a1;
  const m1 = t & MASK;
  t >>= 29;
  t += d0 * a2 + a1 * a1 + (m0 << 6);
  const m2 = t & MASK;
  t >>= 29;
  t += d0 * a3 + d1 * a2 + (m1 << 6) - (m0 << 9);
  const m3 = t & MASK;
  t >>= 29;
  t += d0 * a4 + d1 * a3 + a2 * a2 + (m2 << 6) - (m1 << 9);
  const m4 = t & MASK;
  t >>= 29;
  t += d0 * a5 + d1 * a4 + d2 * a3 + (m3 << 6) - (m2 << 9);
  const m5 = t & MASK;
  t >>= 29;
  t += d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + (m4 << 6) - (m3 << 9);
  const m6 = t & MASK;
  t >>= 29;
  t += d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + (m5 << 6) - (m4 << 9) - (m0 << 21);
  const m7 = t & MASK;
  t >>= 29;
  t += d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + (m6 << 6) - (m5 << 9) - (m1 << 21) + (m0 << 24);
  const m8 = t & MASK;
  t >>= 29;
  t += d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + (m7 << 6) - (m6 << 9) - (m2 << 21) + (m1 << 24);
  store<i32>(r, (t & MASK) as i32, 0);
  t >>= 29;
  t += d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + (m8 << 6) - (m7 << 9) - (m3 << 21) + (m2 << 24);
  store<i32>(r, (t & MASK) as i32, 4);
  t >>= 29;
  t += d3 * a8 + d4 * a7 + d5 * a6 - (m8 << 9) - (m4 << 21) + (m3 << 24);
  store<i32>(r, (t & MASK) as i32, 8);
  t >>= 29;
  t += d4 * a8 + d5 * a7 + a6 * a6 - (m5 << 21) + (m4 << 24);
  store<i32>(r, (t & MASK) as i32, 12);
  t >>= 29;
  t += d5 * a8 + d6 * a7 - (m6 << 21) + (m5 << 24);
  store<i32>(r, (t & MASK) as i32, 16);
  t >>= 29;
  t += d6 * a8 + a7 * a7 - (m7 << 21) + (m6 << 24);
  store<i32>(r, (t & MASK) as i32, 20);
  t >>= 29;
  t += d7 * a8 - (m8 << 21) + (m7 << 24);
  store<i32>(r, (t & MASK) as i32, 24);
  t >>= 29;
  t += a8 * a8 + (m8 << 24);
  store<i32>(r, (t & MASK) as i32, 28);
  t >>= 29;
  store<i32>(r, t as i32, 32);
}
