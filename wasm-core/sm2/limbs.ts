/**
 * Nine limbs of 29 bits: what the field and the scalars of SM2 share. Value = Σ limbᵢ · 2²⁹ⁱ, limbs are i32 at 4·i.
 *
 * Constant time: everything here; loop counts are public.
 */
import { loadWord, Mask, storeWord } from "../word";

/** Nine i32 limbs, 36 bytes. */
export type Limbs = usize;

/** 32 bytes, big-endian. */
export type Bytes32 = usize;

/** Limbs in a number. */
export const LIMBS: i32 = 9;

/** Bytes of a number in memory. */
export const LIMBS_LEN: i32 = 36;

/** The 29 low bits. */
export const LIMB_MASK: i32 = 0x1fffffff;

/** r ← the 256-bit number at `bytes`. Ensures limbs in [0, 2²⁹), limb 8 in [0, 2²⁴). */
export function limbsFromBytes(r: Limbs, bytes: Bytes32): void {
  for (let i = 0; i < LIMBS; i++) {
    const bit = 29 * i;
    const word = bit >> 5;
    let pair: u64 = loadWord(bytes + 28 - 4 * word);
    // public: the limb's number
    if (word < 7) pair |= (loadWord(bytes + 24 - 4 * word) as u64) << 32;
    store<i32>(r + 4 * i, ((pair >> (bit & 31)) as i32) & LIMB_MASK);
  }
}

/** bytes ← a. Requires limbs in [0, 2²⁹) and a < 2²⁵⁶. */
export function limbsToBytes(bytes: Bytes32, a: Limbs): void {
  let pending: u64 = 0;
  let bits = 0;
  let at = bytes + 28;
  for (let i = 0; i < LIMBS; i++) {
    pending |= (load<i32>(a + 4 * i) as u64) << bits;
    bits += 29;
    // public: the limb's number
    if (bits >= 32) {
      storeWord(at, pending as u32);
      at -= 4;
      pending >>= 32;
      bits -= 32;
    }
  }
}

/** r ← a. */
export function limbsCopy(r: Limbs, a: Limbs): void {
  v128.store(r, v128.load(a));
  v128.store(r, v128.load(a, 16), 16);
  store<i32>(r, load<i32>(a, 32), 32);
}

/** r ← 0. */
export function limbsWipe(r: Limbs): void {
  v128.store(r, i32x4.splat(0));
  v128.store(r, i32x4.splat(0), 16);
  store<i32>(r, 0, 32);
}

/** r ← a where the mask is set, else r stays. */
export function limbsSelect(r: Limbs, a: Limbs, mask: Mask): void {
  for (let i = 0; i < LIMBS_LEN; i += 4) {
    const old = load<u32>(r + i);
    store<u32>(r + i, old ^ ((old ^ load<u32>(a + i)) & mask));
  }
}

/** OR of all limbs: zero only for the number zero. Requires limbs in [0, 2²⁹). */
export function limbsBits(a: Limbs): u32 {
  let bits: u32 = 0;
  for (let i = 0; i < LIMBS_LEN; i += 4) bits |= load<u32>(a + i);
  return bits;
}

/**
 * r ← a − b with limbs carried; returns 1 where the result is negative, else 0.
 * Requires limbs of both in [0, 2²⁹). Limb 8 keeps the sign. r may be a or b.
 */
export function limbsSubtract(r: Limbs, a: Limbs, b: Limbs): u32 {
  let carry: i32 = 0;
  for (let i = 0; i < 32; i += 4) {
    carry += load<i32>(a + i) - load<i32>(b + i);
    store<i32>(r + i, carry & LIMB_MASK);
    carry >>= 29;
  }
  carry += load<i32>(a, 32) - load<i32>(b, 32);
  store<i32>(r, carry, 32);
  return (carry as u32) >>> 31;
}

/** r ← a + b with limbs carried. Requires limbs of both below 2²⁹ in magnitude. r may be a or b. */
export function limbsAdd(r: Limbs, a: Limbs, b: Limbs): void {
  let carry: i32 = 0;
  for (let i = 0; i < 32; i += 4) {
    carry += load<i32>(a + i) + load<i32>(b + i);
    store<i32>(r + i, carry & LIMB_MASK);
    carry >>= 29;
  }
  store<i32>(r, carry + load<i32>(a, 32) + load<i32>(b, 32), 32);
}
