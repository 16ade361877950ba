/**
 * SM2 signature verification (数字签名的验证), GB/T 32918.2-2016 clause 7.1. The hash e = SM3(Z ‖ M′) is the caller's.
 *
 * s·G + t·P is one sum, digit by digit; or, for a key that a slot was prepared for, that of two combs, in a third of the time. Which keys are
 * worth that is for the caller to decide.
 *
 * Constant time: nothing here; keys, hashes and signatures are public.
 */
import { BAD_POINT, MISMATCH, OK, Status } from "../status";
import { baseComb, combAddPublic, combOf, slotComb } from "./base-table";
import { Fe, RR, feIsZero, feSub } from "./field";
import { feMul, feSqr } from "./field-product";
import { limbsAdd, limbsSubtract, limbsWipe } from "./limbs";
import { pointMultiplySum } from "./multiply";
import { N, P_MINUS_N, scAdd, scFromBytes, scFromBytesInRange, scIsZero, scSub, scToBytes, scWipe } from "./scalar";
import { tableWipe } from "./table";
import { affineFromBytes, coordinatesWipe, pointDepth, pointX } from "./coordinates";
import { Affine, POINT_LEN, Point, pointIsZero, pointWipe, pointZero } from "./point";

/** Scratch. Public, and wiped all the same: nobody need ask. */
const R = memory.data(48, 16);
const S = memory.data(48, 16);
const T = memory.data(48, 16);
const E = memory.data(48, 16);
const BYTES = memory.data(32, 16);
const SUM: Point = memory.data(160, 16);
const KEY: Affine = memory.data(80, 16);
const X: Fe = memory.data(48, 16);

function wipeVerify(): void {
  limbsWipe(R);
  limbsWipe(S);
  limbsWipe(T);
  limbsWipe(E);
  limbsWipe(X);
  memory.fill(BYTES, 0, 32);
  memory.fill(SUM, 0, POINT_LEN);
  memory.fill(KEY, 0, 80);
  pointWipe();
  coordinatesWipe();
  scWipe();
  tableWipe();
}

/** Steps B1, B2 and B5: R, and t = r′ + s′ in BYTES. False where a part is out of range, or t is zero. */
function start(signature: usize): boolean {
  const inRange = scFromBytesInRange(R, signature) & scFromBytesInRange(S, signature + 32);
  scAdd(T, R, S);
  scToBytes(BYTES, T);
  return inRange !== 0 && scIsZero(T) === 0;
}

/** Whether SUM's x is that of the number in `wanted`: x·Z² is X. Limbs in [0, 2²⁹). */
function hasX(wanted: usize): boolean {
  feMul(X, wanted, RR);
  pointDepth(E, SUM);
  feSqr(E, E);
  feMul(X, X, E);
  pointX(E, SUM);
  feSub(X, X, E);
  return feIsZero(X) !== 0;
}

/** Step B7, with s·G + t·P in SUM: whether e + x₁ is r′ mod n, for x₁ that is r′ − e, or n more where that is below p. */
function finish(e: usize): Status {
  if (pointIsZero(SUM)) return MISMATCH;
  scFromBytes(T, e);
  scSub(T, R, T);
  if (hasX(T)) return OK;
  if (limbsSubtract(S, T, P_MINUS_N) === 0) return MISMATCH;
  limbsAdd(T, T, N);
  return hasX(T) ? OK : MISMATCH;
}

/**
 * @param key       65 bytes: 04 ‖ x ‖ y
 * @param e         32 bytes: SM3(Z ‖ M′)
 * @param signature 64 bytes: r′ ‖ s′
 * @returns OK, MISMATCH, or BAD_POINT where the key is no point of the curve
 */
export function sm2Verify(key: usize, e: usize, signature: usize): Status {
  let status = BAD_POINT;
  if (affineFromBytes(KEY, key) !== 0) {
    status = MISMATCH;
    if (start(signature)) {
      pointMultiplySum(SUM, BYTES, KEY, signature + 32);
      status = finish(e);
    }
  }
  wipeVerify();
  return status;
}

/** Fills a slot, 0 … 3, for a public key, 65 bytes, in the time of some ten verifications. OK, or BAD_POINT and the slot is as before. */
export function sm2KeyPrepare(slot: i32, key: usize): Status {
  const fits = affineFromBytes(KEY, key) !== 0;
  if (fits) combOf(slotComb(slot), KEY);
  wipeVerify();
  return fits ? OK : BAD_POINT;
}

/** As sm2Verify, for the key of a slot. OK or MISMATCH. */
export function sm2VerifyPrepared(slot: i32, e: usize, signature: usize): Status {
  let status = MISMATCH;
  if (start(signature)) {
    pointZero(SUM);
    combAddPublic(SUM, slotComb(slot), BYTES);
    combAddPublic(SUM, baseComb(), signature + 32);
    status = finish(e);
  }
  wipeVerify();
  return status;
}
