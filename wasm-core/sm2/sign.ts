/**
 * SM2 keys and signature generation (数字签名), GB/T 32918.2-2016 clause 6. The hash e = SM3(Z ‖ M) is the caller's, and so is the
 * randomness.
 *
 *   Signer   (1 + d)⁻¹·R mod n, limbs at 0; d, 32 bytes at 48. 80 bytes. Secret: whoever prepares one wipes it
 *
 * Constant time: everything here, in d, k and e, but for the answers.
 */
import { BAD_POINT, BAD_SCALAR, OK, RETRY, Status } from "../status";
import { baseMultiply } from "./base-table";
import { limbsWipe } from "./limbs";
import {
  scAdd,
  scAddOne,
  scFromBytes,
  scFromBytesInRange,
  scFromKey,
  scInvLifted,
  scIsZero,
  scMulLifted,
  scSub,
  scToBytes,
  scWipe,
} from "./scalar";
import { affineFromBytes, coordinatesWipe, pointToBytes } from "./coordinates";
import { POINT_LEN, pointWipe } from "./point";

/** A private key made ready, 80 bytes. */
export type Signer = usize;

/** Where d stands in it. */
const D_AT: usize = 48;

/** Scratch, wiped by every exported function. */
const D = memory.data(48, 16);
const K = memory.data(48, 16);
const E = memory.data(48, 16);
const R = memory.data(48, 16);
const S = memory.data(48, 16);
const T = memory.data(48, 16);
const BYTES = memory.data(65, 16);
const SUM = memory.data(160, 16);

function wipeSign(): void {
  limbsWipe(D);
  limbsWipe(K);
  limbsWipe(E);
  limbsWipe(R);
  limbsWipe(S);
  limbsWipe(T);
  memory.fill(BYTES, 0, 65);
  memory.fill(SUM, 0, POINT_LEN);
  pointWipe();
  coordinatesWipe();
  scWipe();
}

/** out ← 04 ‖ x ‖ y of d·G, 65 bytes. d: 32 bytes in [1, n − 2], else BAD_SCALAR. GB/T 32918.1-2016 clause 6.1. */
export function sm2PublicKey(out: usize, d: usize): Status {
  let status = BAD_SCALAR;
  const inRange = scFromKey(D, d);
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
  const inRange = scFromKey(D, d);
  wipeSign();
  return inRange !== 0 ? OK : BAD_SCALAR;
}

/** OK where the 65 bytes are a point of the curve, else BAD_POINT. GB/T 32918.1-2016 clause 6.2.1. */
export function sm2CheckPoint(key: usize): Status {
  const fits = affineFromBytes(SUM, key);
  wipeSign();
  return fits !== 0 ? OK : BAD_POINT;
}

/** signer ← the private key d made ready: the inversion of clause 6.1 step A6, once. BAD_SCALAR where d is not in [1, n − 2]. */
export function sm2SignerPrepare(signer: Signer, d: usize): Status {
  const inRange = scFromKey(D, d);
  scAddOne(D, D);
  scInvLifted(signer, D);
  memory.copy(signer + D_AT, d, 32);
  wipeSign();
  // public: the answer; a key that is none leaves no trace
  if (inRange === 0) memory.fill(signer, 0, 80);
  return inRange !== 0 ? OK : BAD_SCALAR;
}

/**
 * Signature generation, clause 6.1 steps A4–A7.
 *
 * @param out    64 bytes: r ‖ s
 * @param e      32 bytes: SM3(Z ‖ M)
 * @param signer 80 bytes, prepared. Secret
 * @param k      32 bytes: the nonce, uniform in [1, n − 1], never used twice. Secret
 * @returns OK; BAD_SCALAR where k is out of range; RETRY where r = 0, r + k = n or s = 0
 */
export function sm2Sign(out: usize, e: usize, signer: Signer, k: usize): Status {
  let status = BAD_SCALAR;
  // public: the answer
  if (scFromBytesInRange(K, k) !== 0) {
    baseMultiply(SUM, k); // A4
    pointToBytes(BYTES, SUM);
    scFromBytes(E, e);
    scFromBytes(R, BYTES + 1);
    scAdd(R, R, E); // A5: r = e + x₁
    scAdd(T, R, K);
    const noR = scIsZero(R) | scIsZero(T);
    scMulLifted(S, T, signer); // A6: s = (1 + d)⁻¹(k − rd) = (1 + d)⁻¹(k + r) − r
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
