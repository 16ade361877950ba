/**
 * Inversion modulo an odd number by divsteps: Bernstein and Yang, "Fast constant-time gcd computation and modular inversion",
 * TCHES 2019(3), with δ starting at ½: 590 steps then suffice for any modulus and number below 2²⁵⁶, as Wuille and Maxwell computed by convex
 * hulls (libsecp256k1, doc/safegcd_implementation.md; with δ starting at 1 it would be 741 by the paper's bound).
 *
 * A step looks at δ and the lowest bits of f and g, so 29 of them run on the lowest limbs alone and leave a matrix of numbers of at
 * most 2²⁹; 21 matrices are applied to f, g and to the numbers d, e with d·a ≡ f, e·a ≡ g. One application divides by 2²⁹, exactly.
 *
 *   f, g   limbs in [0, 2²⁹), limb 8 signed. No row of a matrix sums up to more than 2²⁹, so no value leaves [−m, m]
 *   d, e   the same; each matrix adds at most half a modulus: |value| < 11m
 *
 * Tests follow every matrix with edges (inverse.test.ts), and the columns by intervals (inverse-bounds.test.ts).
 *
 * Constant time: everything here.
 */
import { LIMB_MASK, Limbs, limbsCopy, limbsWipe } from "./limbs";

/** Divsteps for one matrix, and matrices: 609 ≥ 590. */
const STEPS: i32 = 29;
const MATRICES: i32 = 21;

/** Scratch, wiped. */
const F: Limbs = memory.data(48, 16);
const G: Limbs = memory.data(48, 16);
const D: Limbs = memory.data(48, 16);
const E: Limbs = memory.data(48, 16);

/** The matrix, u at 0, v at 8, q at 16, r at 24: f ← (u·f + v·g)/2²⁹, g ← (q·f + r·g)/2²⁹. */
export const MATRIX = memory.data(32, 16);

/** The matrix ← 29 divsteps from ζ = −(δ + ½) and the lowest limbs; returns the next ζ. */
export function divsteps(zeta: i64, f: i64, g: i64): i64 {
  let u: i64 = 1;
  let v: i64 = 0;
  let q: i64 = 0;
  let r: i64 = 1;
  for (let i = 0; i < STEPS; i++) {
    // δ > 0 where ζ is negative; g ← g ∓ f where g is odd
    let swap = zeta >> 63;
    const odd = 0 - (g & 1);
    g += ((f ^ swap) - swap) & odd;
    q += ((u ^ swap) - swap) & odd;
    r += ((v ^ swap) - swap) & odd;
    // both: δ ← 1 − δ and f ← what g was; else δ ← 1 + δ
    swap &= odd;
    zeta = (zeta ^ swap) - 1;
    f += g & swap;
    u += q & swap;
    v += r & swap;
    // g is halved; f, u and v are kept twice as large instead of halving q and r
    g >>= 1;
    u <<= 1;
    v <<= 1;
  }
  store<i64>(MATRIX, u);
  store<i64>(MATRIX, v, 8);
  store<i64>(MATRIX, q, 16);
  store<i64>(MATRIX, r, 24);
  return zeta;
}

/** r ← (u·r + v·s)/2²⁹ and s ← (q·r + w·s)/2²⁹, where both divisions leave no rest. */
export function applyExactly(r: Limbs, s: Limbs): void {
  const u = load<i64>(MATRIX);
  const v = load<i64>(MATRIX, 8);
  const q = load<i64>(MATRIX, 16);
  const w = load<i64>(MATRIX, 24);
  let a = load<i32>(r) as i64;
  let b = load<i32>(s) as i64;
  let x = (u * a + v * b) >> 29;
  let y = (q * a + w * b) >> 29;
  for (let i = 4; i < 36; i += 4) {
    a = load<i32>(r + i) as i64;
    b = load<i32>(s + i) as i64;
    x += u * a + v * b;
    y += q * a + w * b;
    store<i32>(r + i - 4, (x as i32) & LIMB_MASK);
    store<i32>(s + i - 4, (y as i32) & LIMB_MASK);
    x >>= 29;
    y >>= 29;
  }
  store<i32>(r, x as i32, 32);
  store<i32>(s, y as i32, 32);
}

/** The same modulo m: a multiple of m between −m·2²⁸ and m·2²⁸ makes each division exact. dash = −m⁻¹ mod 2²⁹. */
export function applyModulo(r: Limbs, s: Limbs, m: Limbs, dash: i64): void {
  const u = load<i64>(MATRIX);
  const v = load<i64>(MATRIX, 8);
  const q = load<i64>(MATRIX, 16);
  const w = load<i64>(MATRIX, 24);
  let a = load<i32>(r) as i64;
  let b = load<i32>(s) as i64;
  let c = load<i32>(m) as i64;
  let x = u * a + v * b;
  let y = q * a + w * b;
  const j = ((x * dash) << 35) >> 35;
  const k = ((y * dash) << 35) >> 35;
  x = (x + j * c) >> 29;
  y = (y + k * c) >> 29;
  for (let i = 4; i < 36; i += 4) {
    a = load<i32>(r + i) as i64;
    b = load<i32>(s + i) as i64;
    c = load<i32>(m + i) as i64;
    x += u * a + v * b + j * c;
    y += q * a + w * b + k * c;
    store<i32>(r + i - 4, (x as i32) & LIMB_MASK);
    store<i32>(s + i - 4, (y as i32) & LIMB_MASK);
    x >>= 29;
    y >>= 29;
  }
  store<i32>(r, x as i32, 32);
  store<i32>(s, y as i32, 32);
}

/**
 * r ← a number ≡ a⁻¹ mod m, and 0 for 0.
 *
 * Domain  m odd and prime, a in [0, m), limbs of both in [0, 2²⁹); dash = −m⁻¹ mod 2²⁹
 * Bounds  limbs of r in (−2²⁹, 2²⁹), limb 8 in (−2²⁸, 2²⁸), |r| < 11m
 * Alias   r may be a
 */
export function limbsInvert(r: Limbs, a: Limbs, m: Limbs, dash: i64): void {
  limbsCopy(F, m);
  limbsCopy(G, a);
  limbsWipe(D);
  limbsWipe(E);
  store<i32>(E, 1);
  let zeta: i64 = -1;
  for (let i = 0; i < MATRICES; i++) {
    zeta = divsteps(zeta, load<i32>(F) as i64, load<i32>(G) as i64);
    applyModulo(D, E, m, dash);
    applyExactly(F, G);
  }
  // g is 0 now, and f is 1 or −1; where a was 0, f is m and d is 0
  const sign = load<i32>(F, 32) >> 31;
  for (let i = 0; i < 36; i += 4) store<i32>(r + i, (load<i32>(D + i) ^ sign) - sign);
  limbsWipe(F);
  limbsWipe(G);
  limbsWipe(D);
  limbsWipe(E);
  memory.fill(MATRIX, 0, 32);
}
