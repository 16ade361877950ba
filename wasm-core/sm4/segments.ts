/**
 * GHASH of a long string from its segments, which may be worked on anywhere and in any order. It is linear: where Y is the hash of what
 * stands before a segment of n blocks, and P the hash of the segment alone, begun with Y = 0, the hash of both is Y·Hⁿ ⊕ P.
 * NIST SP 800-38D clause 6.4.
 *
 * Constant time: in H and the hashes; not in the number of blocks.
 */
import { ghashUpdate } from "./ghash";
import { Hash } from "./ghash-product";

/** Scratch, wiped by every exported function: a factor with the Y that goes with it, and a square. */
const FACTOR: Hash = memory.data(32, 16);
const SQUARE = memory.data(16, 16);

/** The element 1 of GCM's field: its lowest power comes first. */
const ONE: u8 = 0x80;

/** r ← a·b. 16 bytes each; r may be a or b. */
function multiply(r: usize, a: usize, b: usize): void {
  v128.store(FACTOR, v128.load(a));
  v128.store(FACTOR, i64x2.splat(0), 16);
  ghashUpdate(FACTOR, b, 16);
  v128.store(r, v128.load(FACTOR, 16));
}

/** power ← Hⁿ, 16 bytes. Public: n ≥ 0. */
export function ghashPower(power: usize, hash: Hash, n: i32): void {
  v128.store(SQUARE, v128.load(hash));
  v128.store(power, i64x2.splat(0));
  store<u8>(power, ONE);
  // public: the exponent
  for (; n > 0; n >>= 1) {
    if ((n & 1) !== 0) multiply(power, power, SQUARE);
    multiply(SQUARE, SQUARE, SQUARE);
  }
  v128.store(SQUARE, i64x2.splat(0));
  memory.fill(FACTOR, 0, 32);
}

/** Y ← Y·power ⊕ part: the hash goes on by a segment whose own hash is part, and whose number of blocks is power's. */
export function ghashJoin(hash: Hash, power: usize, part: usize): void {
  multiply(hash + 16, hash + 16, power);
  v128.store(hash + 16, v128.xor(v128.load(hash, 16), v128.load(part)));
  memory.fill(FACTOR, 0, 32);
}
