/**
 * SM2 public key encryption (公钥加密), GB/T 32918.4-2016, in the order C1 ‖ C3 ‖ C2.
 *
 * Constant time in the private key, the nonce and the plaintext; lengths are public.
 */
import { isZeroMask, wipe } from "../memory";
import { sm3Final, sm3Init, SM3_STATE_LEN, sm3Update } from "../sm3";
import { BAD_POINT, OK, OUT_OF_RANGE, REJECTED, RETRY, Status } from "../status";
import { storeBe32 } from "../word";
import { multiplyBase, multiplyPoint } from "./multiply";
import { pointFromBytes, POINT_LEN, pointToBytes } from "./point";
import { scFromBytes, scIsZero, SCALAR_LEN } from "./scalar";

const SCALAR = memory.data(36, 16);
const P = memory.data(108, 16);
const X2Y2 = memory.data(64, 16);
const SHARED = memory.data(112, 16);
const HASH = memory.data(112, 16);
const BLOCK = memory.data(32, 16);
const COUNTER = memory.data(4, 16);

/**
 * data ← data ⊕ KDF(x2 ‖ y2, len), clause 5.4.3: SM3(Z ‖ ct) for ct = 1, 2, …
 *
 * @returns all ones where the whole key stream was 0, else 0
 */
function maskData(data: usize, len: i32): i32 {
  sm3Init(SHARED);
  sm3Update(SHARED, X2Y2, 64);
  let allZero: i32 = -1;
  for (let ct: u32 = 1; len > 0; ct++) {
    const taken = min<i32>(len, 32);
    storeBe32(COUNTER, ct);
    memory.copy(HASH, SHARED, SM3_STATE_LEN);
    sm3Update(HASH, COUNTER, 4);
    sm3Final(BLOCK, HASH);
    allZero &= isZeroMask(BLOCK, taken);
    for (let i: i32 = 0; i < taken; i++) store<u8>(data + i, load<u8>(data + i) ^ load<u8>(BLOCK + i));
    data += taken;
    len -= taken;
  }
  return allZero;
}

/** out[0…32) ← SM3(x2 ‖ M ‖ y2): C3, and u of the decryption. */
function checkValue(out: usize, data: usize, len: i32): void {
  sm3Init(HASH);
  sm3Update(HASH, X2Y2, 32);
  sm3Update(HASH, data, len);
  sm3Update(HASH, X2Y2 + 32, 32);
  sm3Final(out, HASH);
}

function wipeAll(): void {
  wipe(SCALAR, SCALAR_LEN);
  wipe(P, POINT_LEN);
  wipe(X2Y2, 64);
  wipe(SHARED, SM3_STATE_LEN);
  wipe(HASH, SM3_STATE_LEN);
  wipe(BLOCK, 32);
}

/**
 * Encryption, clause 6.1.
 *
 * @param c1   64 bytes, out: x1 ‖ y1
 * @param c3   32 bytes, out
 * @param data M, len ≥ 1 bytes; becomes C2
 * @param xy   64 bytes: the recipient's public key
 * @param k    32 bytes: nonce, uniform in [1, n − 1]. Secret
 * @returns RETRY where the key stream is all 0 (data is as before); OUT_OF_RANGE for k; BAD_POINT
 */
export function sm2Encrypt(c1: usize, c3: usize, data: usize, len: i32, xy: usize, k: usize): Status {
  const inRange = scFromBytes(SCALAR, k) & ~scIsZero(SCALAR);
  let status = (inRange & 1) != 0 ? pointFromBytes(P, xy) : OUT_OF_RANGE; // public: a nonce outside its range is drawn again
  if (status == OK) {
    // A3 (h = 1: [h]P is P, not infinity), A4.
    multiplyPoint(P, P, k);
    pointToBytes(X2Y2, P);
    // A2: C1 = [k]G.
    multiplyBase(P, k);
    pointToBytes(c1, P);
    // A7 before A6, since C2 takes the plaintext's place.
    checkValue(c3, data, len);
    // A5, A6.
    if (maskData(data, len) != 0) status = RETRY; // public: drawn again
  }
  wipeAll();
  return status;
}

/**
 * Decryption, clause 7.1.
 *
 * @param data C2, len ≥ 1 bytes; becomes M, or zeros where it was refused
 * @returns BAD_POINT or REJECTED: both mean no more than "not for this key, or altered"
 */
export function sm2Decrypt(c1: usize, c3: usize, data: usize, len: i32, d: usize): Status {
  const inRange = scFromBytes(SCALAR, d) & ~scIsZero(SCALAR);
  let status: Status = (inRange & 1) != 0 ? OK : OUT_OF_RANGE; // public: whether the key is one at all
  // B1, B2.
  if (status == OK && pointFromBytes(P, c1) != OK) status = BAD_POINT;
  if (status == OK) {
    // B3.
    multiplyPoint(P, P, d);
    pointToBytes(X2Y2, P);
    // B4, B5.
    const empty = maskData(data, len);
    // B6: u = C3, compared whole.
    checkValue(BLOCK, data, len);
    for (let i: usize = 0; i < 32; i++) store<u8>(BLOCK + i, load<u8>(BLOCK + i) ^ load<u8>(c3 + i));
    if ((isZeroMask(BLOCK, 32) & ~empty) == 0) status = REJECTED; // public: the outcome
  }
  if (status != OK) wipe(data, len);
  wipeAll();
  return status;
}
