/**
 * The Montgomery product of scalars of SM2, by columns. Column k gathers every aᵢ·bⱼ with i + j = k; the quotient digit mₖ
 * is −n⁻¹ times its low 29 bits, and mₖ·n clears them.
 *
 * Constant time: everything here.
 */
import { Limbs } from "./limbs";

const MASK: i64 = 0x1fffffff;

/** −n⁻¹ mod 2²⁹. */
export const N_DASH: i64 = 0x12350975;

/** The limbs of n. */
const N0: i64 = 0x19d54123;
const N1: i64 = 0x1ddfa049;
const N2: i64 = 0x11814ad4;
const N3: i64 = 0x7bed643;
const N4: i64 = 0x1ffff720;
const N5: i64 = 0x1fffffff;
const N6: i64 = 0x1fffffff;
const N7: i64 = 0x1fdfffff;
const N8: i64 = 0xffffff;

/**
 * r ← (a·b + m·n)/R, which is a·b·R⁻¹ mod n.
 *
 * Bounds  requires a·b < R·n with limbs in [0, 2²⁹); ensures r < 2n. Eighteen products: 18·2⁵⁸ < 2⁶³
 * Alias   r may be a or b
 */
export function scProduct(r: Limbs, a: Limbs, b: Limbs): void {
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
  const m0 = (t * N_DASH) & MASK;
  t += m0 * N0;
  t >>= 29;
  t += a0 * b1 + a1 * b0 + m0 * N1;
  const m1 = (t * N_DASH) & MASK;
  t += m1 * N0;
  t >>= 29;
  t += a0 * b2 + a1 * b1 + a2 * b0 + m1 * N1 + m0 * N2;
  const m2 = (t * N_DASH) & MASK;
  t += m2 * N0;
  t >>= 29;
  t += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + m2 * N1 + m1 * N2 + m0 * N3;
  const m3 = (t * N_DASH) & MASK;
  t += m3 * N0;
  t >>= 29;
  t += a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + m3 * N1 + m2 * N2 + m1 * N3 + m0 * N4;
  const m4 = (t * N_DASH) & MASK;
  t += m4 * N0;
  t >>= 29;
  t += a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + m4 * N1 + m3 * N2 + m2 * N3 + m1 * N4 + m0 * N5;
  const m5 = (t * N_DASH) & MASK;
  t += m5 * N0;
  t >>= 29;
  t +=
    a0 * b6 +
    a1 * b5 +
    a2 * b4 +
    a3 * b3 +
    a4 * b2 +
    a5 * b1 +
    a6 * b0 +
    m5 * N1 +
    m4 * N2 +
    m3 * N3 +
    m2 * N4 +
    m1 * N5 +
    m0 * N6;
  const m6 = (t * N_DASH) & MASK;
  t += m6 * N0;
  t >>= 29;
  t +=
    a0 * b7 +
    a1 * b6 +
    a2 * b5 +
    a3 * b4 +
    a4 * b3 +
    a5 * b2 +
    a6 * b1 +
    a7 * b0 +
    m6 * N1 +
    m5 * N2 +
    m4 * N3 +
    m3 * N4 +
    m2 * N5 +
    m1 * N6 +
    m0 * N7;
  const m7 = (t * N_DASH) & MASK;
  t += m7 * N0;
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
    m7 * N1 +
    m6 * N2 +
    m5 * N3 +
    m4 * N4 +
    m3 * N5 +
    m2 * N6 +
    m1 * N7 +
    m0 * N8;
  const m8 = (t * N_DASH) & MASK;
  t += m8 * N0;
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
    m8 * N1 +
    m7 * N2 +
    m6 * N3 +
    m5 * N4 +
    m4 * N5 +
    m3 * N6 +
    m2 * N7 +
    m1 * N8;
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
    m8 * N2 +
    m7 * N3 +
    m6 * N4 +
    m5 * N5 +
    m4 * N6 +
    m3 * N7 +
    m2 * N8;
  store<i32>(r, (t & MASK) as i32, 4);
  t >>= 29;
  t +=
    a3 * b8 +
    a4 * b7 +
    a5 * b6 +
    a6 * b5 +
    a7 * b4 +
    a8 * b3 +
    m8 * N3 +
    m7 * N4 +
    m6 * N5 +
    m5 * N6 +
    m4 * N7 +
    m3 * N8;
  store<i32>(r, (t & MASK) as i32, 8);
  t >>= 29;
  t += a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + m8 * N4 + m7 * N5 + m6 * N6 + m5 * N7 + m4 * N8;
  store<i32>(r, (t & MASK) as i32, 12);
  t >>= 29;
  t += a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + m8 * N5 + m7 * N6 + m6 * N7 + m5 * N8;
  store<i32>(r, (t & MASK) as i32, 16);
  t >>= 29;
  t += a6 * b8 + a7 * b7 + a8 * b6 + m8 * N6 + m7 * N7 + m6 * N8;
  store<i32>(r, (t & MASK) as i32, 20);
  t >>= 29;
  t += a7 * b8 + a8 * b7 + m8 * N7 + m7 * N8;
  store<i32>(r, (t & MASK) as i32, 24);
  t >>= 29;
  t += a8 * b8 + m8 * N8;
  store<i32>(r, (t & MASK) as i32, 28);
  t >>= 29;
  store<i32>(r, t as i32, 32);
}
