/**
 * Arithmetic modulo the order n of SM2's base point, GB/T 32918.5-2017.
 *
 * Shape   Scalar: nine i32 limbs of 29 bits, little-endian, 36 bytes, canonical in [0, n) after every function.
 * Domain  Montgomery with R = 2²⁶¹ where a name says so; plain otherwise.
 * Time    all functions take the same time for all values; loops have public bounds.
 */
import { limbsFromBytes, limbsToBytes } from "./field";

/** A number modulo n, 36 bytes. */
export type Scalar = usize;

export const SCALAR_LEN: i32 = 36;

const MASK: i64 = (1 << 29) - 1;

/** n, −n⁻¹ mod 2²⁹ and R² mod n; a test recomputes them. */
const N = memory.data<i32>([
  0x19d54123, 0x1ddfa049, 0x11814ad4, 0x7bed643, 0x1ffff720, 0x1fffffff, 0x1fffffff, 0x1fdfffff, 0xffffff,
]);
const N_PRIME: i64 = 0x12350975;
const R2 = memory.data<i32>([
  0x159b7552, 0x15c38c55, 0xb5ce697, 0x1164d74c, 0x151153b6, 0x1875ffc1, 0x1620fc84, 0x559e9d, 0xd7904b,
]);
const ONE = memory.data<i32>([1, 0, 0, 0, 0, 0, 0, 0, 0]);

const T = memory.data(36 * 2, 16);
const COLUMNS = memory.data(8 * 19, 16);

/** Limbs 0…7 ← [0, 2²⁹), the rest into limb 8. */
function carry(r: usize): void {
  let held: i32 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    held += load<i32>(r + i);
    store<i32>(r + i, held & 0x1fffffff);
    held >>= 29;
  }
  store<i32>(r, load<i32>(r, 32) + held, 32);
}

/** r ← b where mask is all ones, a where it is 0. */
function select(r: usize, a: usize, b: usize, mask: i32): void {
  for (let i: usize = 0; i < 36; i += 4) {
    const x = load<i32>(a + i);
    store<i32>(r + i, x ^ ((x ^ load<i32>(b + i)) & mask));
  }
}

/** r ← r + n where it is negative, then r − n where that is not. Canonical from (−n, 2n). */
function fold(r: usize): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(T + i, load<i32>(r + i) + load<i32>(N + i));
  carry(T);
  select(r, r, T, load<i32>(r, 32) >> 31);
  for (let i: usize = 0; i < 36; i += 4) store<i32>(T + i, load<i32>(r + i) - load<i32>(N + i));
  carry(T);
  select(r, T, r, load<i32>(T, 32) >> 31);
}

/** r ← a + b mod n. */
export function scAdd(r: Scalar, a: Scalar, b: Scalar): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(r + i, load<i32>(a + i) + load<i32>(b + i));
  carry(r);
  fold(r);
}

/** r ← a − b mod n. */
export function scSub(r: Scalar, a: Scalar, b: Scalar): void {
  for (let i: usize = 0; i < 36; i += 4) store<i32>(r + i, load<i32>(a + i) - load<i32>(b + i));
  carry(r);
  fold(r);
}

/** r ← a·b·2⁻²⁶¹ mod n. r may be a or b. */
export function scMul(r: Scalar, a: Scalar, b: Scalar): void {
  memory.fill(COLUMNS, 0, 8 * 19);
  for (let i: usize = 0; i < 9; i++) {
    const x = <i64>load<i32>(a + (i << 2));
    for (let j: usize = 0; j < 9; j++) {
      const at = COLUMNS + ((i + j) << 3);
      store<i64>(at, load<i64>(at) + x * <i64>load<i32>(b + (j << 2)));
    }
  }
  for (let i: usize = 0; i < 9; i++) {
    const at = COLUMNS + (i << 3);
    const m = (load<i64>(at) * N_PRIME) & MASK;
    for (let j: usize = 0; j < 9; j++) {
      store<i64>(at + (j << 3), load<i64>(at + (j << 3)) + m * <i64>load<i32>(N + (j << 2)));
    }
    store<i64>(at, load<i64>(at, 8) + (load<i64>(at) >> 29), 8);
  }
  let held: i64 = 0;
  for (let i: usize = 0; i < 8; i++) {
    held += load<i64>(COLUMNS + ((i + 9) << 3));
    store<i32>(r + (i << 2), <i32>(held & MASK));
    held >>= 29;
  }
  store<i32>(r, <i32>(held + load<i64>(COLUMNS + (17 << 3))), 32);
  fold(r);
}

/** r ← a·2²⁶¹ mod n: into the Montgomery domain. */
export function scToMontgomery(r: Scalar, a: Scalar): void {
  scMul(r, a, R2);
}

/** r ← a·2⁻²⁶¹ mod n: out of it. */
export function scFromMontgomery(r: Scalar, a: Scalar): void {
  scMul(r, a, ONE);
}

/** r ← the 32 bytes at p, big-endian, mod n. @returns all ones where the value was below n, else 0 */
export function scFromBytes(r: Scalar, p: usize): i32 {
  limbsFromBytes(r, p);
  for (let i: usize = 0; i < 36; i += 4) store<i32>(T + i, load<i32>(r + i) - load<i32>(N + i));
  carry(T);
  const below = load<i32>(T, 32) >> 31;
  fold(r);
  return below;
}

/** The 32 bytes at p ← a. */
export function scToBytes(p: usize, a: Scalar): void {
  limbsToBytes(p, a);
}

/** All ones where a = 0, else 0. */
export function scIsZero(a: Scalar): i32 {
  let any: i32 = 0;
  for (let i: usize = 0; i < 36; i += 4) any |= load<i32>(a + i);
  return ((any | -any) >> 31) ^ -1;
}

/** r ← 1 + a mod n. */
export function scIncrement(r: Scalar, a: Scalar): void {
  scAdd(r, a, ONE);
}

/** n − 2 as eight words, most significant first. Public. */
const N_MINUS_2 = memory.data<u32>([
  0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff, 0x7203df6b, 0x21c6052b, 0x53bbf409, 0x39d54121,
]);
const BASE = memory.data(36, 16);

/** r ← a⁻¹ mod n (0 for 0), both in the Montgomery domain, by a^(n−2). r may be a. */
export function scInvert(r: Scalar, a: Scalar): void {
  memory.copy(BASE, a, SCALAR_LEN);
  memory.copy(r, a, SCALAR_LEN); // the exponent's leading one
  for (let i: i32 = 254; i >= 0; i--) {
    scMul(r, r, r);
    const word = load<u32>(N_MINUS_2 + ((7 - (i >> 5)) << 2));
    if (((word >> (i & 31)) & 1) == 1) scMul(r, r, BASE); // public: the exponent
  }
  memory.fill(BASE, 0, SCALAR_LEN);
}
