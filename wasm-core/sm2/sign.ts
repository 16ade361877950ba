/**
 * SM2 digital signature (数字签名), GB/T 32918.2-2016, and public keys.
 *
 * Constant time in the private key and the nonce; verification and its inputs are public.
 */
import { wipe } from "../memory";
import { BAD_POINT, OK, OUT_OF_RANGE, REJECTED, RETRY, Status } from "../status";
import { multiplyBase, multiplyPoint } from "./multiply";
import { pointAdd, pointFromBytes, pointIsInfinity, POINT_LEN, pointToBytes } from "./point";
import {
  scAdd,
  SCALAR_LEN,
  scFromBytes,
  scIncrement,
  scInvert,
  scIsZero,
  scMul,
  scSub,
  scToBytes,
  scToMontgomery,
} from "./scalar";

const SCALARS = memory.data(36 * 6, 16);
const E = SCALARS;
const D = SCALARS + 36;
const K = SCALARS + 72;
const R = SCALARS + 108;
const S = SCALARS + 144;
const T = SCALARS + 180;
const P = memory.data(108, 16);
const Q = memory.data(108, 16);
const XY = memory.data(64, 16);

/** D ← d; OK where d ∈ [1, n − 2] (GB/T 32918.1-2016 6.1): d and d + 1 are not 0 mod n. */
function loadPrivateKey(d: usize): Status {
  const below = scFromBytes(D, d);
  scIncrement(T, D);
  const good = below & ~scIsZero(D) & ~scIsZero(T);
  return (good & 1) != 0 ? OK : OUT_OF_RANGE; // public: whether the key is one at all
}

function wipeAll(): void {
  wipe(SCALARS, SCALAR_LEN * 6);
  wipe(P, POINT_LEN);
  wipe(Q, POINT_LEN);
  wipe(XY, 64);
}

/** out[0…64) ← x ‖ y of [d]G, GB/T 32918.1-2016 6.1. */
export function sm2PublicKey(out: usize, d: usize): Status {
  const status = loadPrivateKey(d);
  if (status == OK) {
    multiplyBase(P, d);
    pointToBytes(out, P);
  }
  wipeAll();
  return status;
}

/** Whether x ‖ y, 64 bytes, is a point of the curve, GB/T 32918.1-2016 6.2.1. */
export function sm2CheckPublicKey(xy: usize): Status {
  return pointFromBytes(P, xy);
}

/**
 * Signature generation, GB/T 32918.2-2016 6.1, steps A4 to A7.
 *
 * @param out 64 bytes: r ‖ s, big-endian
 * @param e   32 bytes: SM3(Z ‖ M)
 * @param d   32 bytes: private key. Secret
 * @param k   32 bytes: nonce, uniform in [1, n − 1], never used twice. Secret
 * @returns OK; RETRY where r = 0, r + k = n or s = 0; OUT_OF_RANGE for d or k
 */
export function sm2Sign(out: usize, e: usize, d: usize, k: usize): Status {
  let status = loadPrivateKey(d);
  const kInRange = scFromBytes(K, k) & ~scIsZero(K);
  if ((kInRange & 1) == 0) status = OUT_OF_RANGE; // public: a nonce outside its range is drawn again
  if (status == OK) {
    scFromBytes(E, e);
    // A4: (x1, y1) = [k]G.
    multiplyBase(P, k);
    pointToBytes(XY, P);
    scFromBytes(T, XY);
    // A5: r = e + x1 mod n.
    scAdd(R, E, T);
    scAdd(T, R, K);
    const refused = scIsZero(R) | scIsZero(T);
    // A6: s = (1 + d)⁻¹·(k − r·d) mod n.
    scToMontgomery(T, D);
    scMul(S, R, T); // r·d
    scSub(S, K, S);
    scIncrement(T, D);
    scToMontgomery(T, T);
    scInvert(T, T);
    scMul(S, S, T);
    if (((refused | scIsZero(S)) & 1) != 0) {
      // public: happens once in 2²⁵⁴
      status = RETRY;
    } else {
      scToBytes(out, R);
      scToBytes(out + 32, S);
    }
  }
  wipeAll();
  return status;
}

/**
 * Signature verification, GB/T 32918.2-2016 7.1, steps B1, B2 and B5 to B7.
 *
 * @param xy        64 bytes: the public key
 * @param e         32 bytes: SM3(Z ‖ M)
 * @param signature 64 bytes: r ‖ s
 */
export function sm2Verify(xy: usize, e: usize, signature: usize): Status {
  // B1, B2: r, s ∈ [1, n − 1].
  const rInRange = scFromBytes(R, signature) & ~scIsZero(R);
  const sInRange = scFromBytes(S, signature + 32) & ~scIsZero(S);
  if ((rInRange & sInRange & 1) == 0) return REJECTED;
  if (pointFromBytes(Q, xy) != OK) return BAD_POINT;
  // B5: t = r + s mod n, t ≠ 0.
  scAdd(T, R, S);
  if (scIsZero(T) != 0) return REJECTED;
  // B6: (x1, y1) = [s]G + [t]P.
  multiplyBase(P, signature + 32);
  scToBytes(XY, T);
  multiplyPoint(Q, Q, XY);
  pointAdd(P, P, Q);
  if (pointIsInfinity(P) != 0) return REJECTED;
  // B7: R = e + x1 mod n.
  pointToBytes(XY, P);
  scFromBytes(T, XY);
  scFromBytes(E, e);
  scAdd(T, T, E);
  scSub(T, T, R);
  return scIsZero(T) != 0 ? OK : REJECTED;
}
