/**
 * SM2 keys and digital signatures (数字签名), GB/T 32918.2-2016 clauses 6 and 7. The hash e = SM3(Z ‖ M) is the caller's,
 * and so is the randomness.
 *
 * Constant time: sm2PublicKey and sm2Sign, in d, k and e, but for the answer. sm2Verify handles public data only, though
 * nothing in it is quicker for that.
 */
import { BAD_POINT, BAD_SCALAR, MISMATCH, OK, RETRY, Status } from "../status";
import { baseMultiply, pointMultiply } from "./base-table";
import { POINT_LEN, pointAdd, pointFromBytes, pointToBytes, pointWipe } from "./point";
import {
  scAdd,
  scAddOne,
  scEqual,
  scFromBytes,
  scFromBytesInRange,
  scInv,
  scIsKey,
  scIsZero,
  scMul,
  scSub,
  scToBytes,
  scWipe,
} from "./scalar";

/** Scratch, wiped by every exported function. */
const D = memory.data(36, 16);
const K = memory.data(36, 16);
const E = memory.data(36, 16);
const R = memory.data(36, 16);
const S = memory.data(36, 16);
const T = memory.data(36, 16);
const BYTES = memory.data(65, 16);
const SUM = memory.data(112, 16);
const OTHER = memory.data(112, 16);
const KEY = memory.data(112, 16);

function wipeSign(): void {
  memory.fill(D, 0, 36);
  memory.fill(K, 0, 36);
  memory.fill(E, 0, 36);
  memory.fill(R, 0, 36);
  memory.fill(S, 0, 36);
  memory.fill(T, 0, 36);
  memory.fill(BYTES, 0, 65);
  memory.fill(SUM, 0, POINT_LEN);
  memory.fill(OTHER, 0, POINT_LEN);
  memory.fill(KEY, 0, POINT_LEN);
  pointWipe();
  scWipe();
}

/** out ← 04 ‖ x ‖ y of d·G, 65 bytes. d: 32 bytes in [1, n − 2], else BAD_SCALAR. GB/T 32918.1-2016 clause 6.1. */
export function sm2PublicKey(out: usize, d: usize): Status {
  let status = BAD_SCALAR;
  const inRange = scFromBytesInRange(D, d) & scIsKey(D);
  // public: the answer
  if (inRange !== 0) {
    baseMultiply(SUM, d);
    pointToBytes(out, SUM);
    status = OK;
  }
  wipeSign();
  return status;
}

/** OK where the 32 bytes are a private key in [1, n − 2], else BAD_SCALAR. */
export function sm2CheckKey(d: usize): Status {
  const inRange = scFromBytesInRange(D, d) & scIsKey(D);
  wipeSign();
  return inRange !== 0 ? OK : BAD_SCALAR;
}

/** OK where the 65 bytes are a point of the curve, else BAD_POINT. GB/T 32918.1-2016 clause 6.2.1. */
export function sm2CheckPoint(key: usize): Status {
  const fits = pointFromBytes(KEY, key);
  wipeSign();
  return fits !== 0 ? OK : BAD_POINT;
}

/**
 * Signature generation, clause 6.1 steps A4–A7.
 *
 * @param out  64 bytes: r ‖ s
 * @param e    32 bytes: SM3(Z ‖ M)
 * @param d    32 bytes: the private key in [1, n − 2]. Secret
 * @param k    32 bytes: the nonce, uniform in [1, n − 1], never used twice. Secret
 * @returns OK; BAD_SCALAR where d or k is out of range; RETRY where r = 0, r + k = n or s = 0
 */
export function sm2Sign(out: usize, e: usize, d: usize, k: usize): Status {
  let status = BAD_SCALAR;
  const inRange = scFromBytesInRange(D, d) & scIsKey(D) & scFromBytesInRange(K, k);
  // public: the answer
  if (inRange !== 0) {
    baseMultiply(SUM, k); // A4
    pointToBytes(BYTES, SUM);
    scFromBytes(E, e);
    scFromBytes(R, BYTES + 1);
    scAdd(R, R, E); // A5: r = e + x₁
    scAdd(T, R, K);
    const noR = scIsZero(R) | scIsZero(T);
    scAddOne(D, D);
    scInv(D, D);
    scMul(S, T, D); // A6: s = (1 + d)⁻¹(k − rd) = (1 + d)⁻¹(k + r) − r
    scSub(S, S, R);
    scToBytes(out, R); // A7
    scToBytes(out + 32, S);
    status = (noR | scIsZero(S)) !== 0 ? RETRY : OK;
  }
  // public: the answer; a signature that must not be used leaves no trace
  if (status !== OK) memory.fill(out, 0, 64);
  wipeSign();
  return status;
}

/**
 * Signature verification, clause 7.1 steps B1, B2 and B5–B7.
 *
 * @param key       65 bytes: 04 ‖ x ‖ y
 * @param e         32 bytes: SM3(Z ‖ M′)
 * @param signature 64 bytes: r′ ‖ s′
 * @returns OK, MISMATCH, or BAD_POINT where the key is no point of the curve
 */
export function sm2Verify(key: usize, e: usize, signature: usize): Status {
  let status = BAD_POINT;
  if (pointFromBytes(KEY, key) !== 0) {
    status = MISMATCH;
    const inRange = scFromBytesInRange(R, signature) & scFromBytesInRange(S, signature + 32); // B1, B2
    scAdd(T, R, S); // B5
    if (inRange !== 0 && scIsZero(T) === 0) {
      baseMultiply(SUM, signature + 32); // B6
      scToBytes(BYTES, T);
      pointMultiply(OTHER, BYTES, KEY);
      pointAdd(SUM, SUM, OTHER);
      const finite = pointToBytes(BYTES, SUM);
      scFromBytes(T, BYTES + 1);
      scFromBytes(E, e);
      scAdd(T, T, E); // B7
      if (finite !== 0 && scEqual(T, R) !== 0) status = OK;
    }
  }
  wipeSign();
  return status;
}
