/**
 * SM2 public-key encryption (公钥加密), GB/T 32918.4-2016 clauses 5.4.3, 6 and 7. The ciphertext is C1 ‖ C3 ‖ C2. Data of any length
 * comes window by window: one start, one step for each window, one finish.
 *
 *   Context   0    SM3 after x₂ ‖ y₂: the head of every hash of the key stream (104 bytes)
 *             104  SM3 of the check value C3, under way (104 bytes)
 *             208  y₂ (32 bytes)
 *             240  ct, the counter of the key stream (u32)
 *             244  whether a bit of the key stream was set so far (u32): zero at the end means t = 0, steps A5 and B4
 *
 * A plaintext of no bytes has an empty key stream, of which every bit is zero, so it ends in RETRY and is no message.
 *
 * Constant time: in d, k and the data, but for the answer. Not in lengths.
 */
import { SM3_LEN, sm3Init, sm3Update, squeeze } from "../sm3/hash";
import { compressLanes } from "../sm3/compress-lanes";
import { LANES_LEN, lanesStart, lanesToBytes, lanesWipe, W } from "../sm3/lanes";
import { BAD_POINT, BAD_SCALAR, MISMATCH, OK, RETRY, Status } from "../status";
import { difference, storeWord } from "../word";
import { baseMultiply } from "./base-table";
import { Fe, feInv } from "./field";
import { feMul } from "./field-product";
import { limbsWipe } from "./limbs";
import { pointMultiply } from "./multiply";
import { scFromBytesInRange, scFromKey, scWipe } from "./scalar";
import {
  affineFromBytes,
  affineFromPoint,
  affineToBytes,
  coordinatesWipe,
  pointDepth,
  pointToBytes,
} from "./coordinates";
import { Affine, POINT_LEN, Point, pointWipe } from "./point";

/** An encryption or decryption under way, 248 bytes. */
export type Context = usize;

const CHECK: usize = 104;
const Y2: usize = 208;
const COUNTER: usize = 240;
const STREAM: usize = 244;

/** Scratch, wiped by every exported function. */
const NUMBER = memory.data(48, 16);
const KEY: Affine = memory.data(80, 16);
const FIRST: Point = memory.data(160, 16);
const SHARED: Point = memory.data(160, 16);
const INVERSE: Fe = memory.data(48, 16);
const STEP: Fe = memory.data(48, 16);
const DEPTH: Fe = memory.data(48, 16);
const BYTES = memory.data(65, 16);
const FORK = memory.data(104, 16);
const PAD = memory.data(128, 16);
const LANES = memory.data(128, 16);
const COUNT = memory.data(4, 4);

function wipeEncrypt(): void {
  limbsWipe(NUMBER);
  limbsWipe(INVERSE);
  limbsWipe(STEP);
  limbsWipe(DEPTH);
  memory.fill(KEY, 0, 80);
  memory.fill(FIRST, 0, POINT_LEN);
  memory.fill(SHARED, 0, POINT_LEN);
  memory.fill(BYTES, 0, 65);
  memory.fill(FORK, 0, SM3_LEN);
  memory.fill(PAD, 0, 128);
  memory.fill(LANES, 0, LANES_LEN);
  store<u32>(COUNT, 0);
  pointWipe();
  coordinatesWipe();
  lanesWipe();
  scWipe();
}

/** context ← the start for the shared point x₂, y₂ in BYTES. */
function begin(context: Context): void {
  sm3Init(context);
  sm3Update(context, BYTES + 1, 64);
  sm3Init(context + CHECK);
  sm3Update(context + CHECK, BYTES + 1, 32);
  memory.copy(context + Y2, BYTES + 33, 32);
  store<u32>(context, 1, COUNTER);
  store<u32>(context, 0, STREAM);
}

/** c1 ← FIRST, BYTES ← SHARED, 65 bytes each, with one inversion for both. Neither is infinity. */
function bothToBytes(c1: usize): void {
  pointDepth(DEPTH, FIRST);
  pointDepth(STEP, SHARED);
  feMul(INVERSE, DEPTH, STEP);
  feInv(INVERSE, INVERSE);
  feMul(STEP, INVERSE, STEP);
  affineFromPoint(KEY, FIRST, STEP);
  affineToBytes(c1, KEY);
  feMul(STEP, INVERSE, DEPTH);
  affineFromPoint(KEY, SHARED, STEP);
  affineToBytes(BYTES, KEY);
}

/** PAD ← 32 bytes of the key stream: SM3(x₂ ‖ y₂ ‖ ct), clause 5.4.3. */
function streamBlock(context: Context, counter: u32): void {
  memory.copy(FORK, context, SM3_LEN);
  storeWord(COUNT, counter);
  sm3Update(FORK, COUNT, 4);
  squeeze(FORK, PAD);
}

/** PAD ← 128 bytes of it: four counters side by side. x₂ ‖ y₂ is a block, and ct with its padding the other. */
function streamBlocks(context: Context, counter: u32): void {
  lanesStart(LANES, context);
  v128.store(W, i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3)));
  v128.store(W, i32x4.splat(0x80000000), 16);
  memory.fill(W + 32, 0, 208);
  v128.store(W, i32x4.splat(544), 240); // bits of 68 bytes
  compressLanes(LANES);
  lanesToBytes(PAD, LANES);
}

/** data ← data ⊕ the next bytes of the key stream. */
function applyStream(context: Context, data: usize, len: i32): void {
  let counter = load<u32>(context, COUNTER);
  let stream = load<u32>(context, STREAM);
  let seen = i64x2.splat(0);
  for (let done = 0; done < len; done += 128) {
    const take = min<i32>(128, len - done);
    // public: the length
    if (take > 32) streamBlocks(context, counter);
    else streamBlock(context, counter);
    counter += (take + 31) >> 5;
    let i = 0;
    for (; i + 16 <= take; i += 16) {
      const key = v128.load(PAD + i);
      seen = v128.or(seen, key);
      v128.store(data + done + i, v128.xor(v128.load(data + done + i), key));
    }
    for (; i < take; i++) {
      const key = load<u8>(PAD + i);
      stream |= key;
      store<u8>(data + done + i, load<u8>(data + done + i) ^ key);
    }
  }
  store<u32>(context, counter, COUNTER);
  store<u32>(context, stream | (v128.any_true(seen) as u32), STREAM);
}

/**
 * Encryption, clause 6.1 steps A1–A4.
 *
 * @param context 248 bytes
 * @param c1      65 bytes: 04 ‖ x₁ ‖ y₁ comes out
 * @param key     65 bytes: the recipient's public key
 * @param k       32 bytes: the nonce, uniform in [1, n − 1]. Secret
 * @returns OK, BAD_POINT or BAD_SCALAR
 */
export function sm2EncryptStart(context: Context, c1: usize, key: usize, k: usize): Status {
  let status = BAD_POINT;
  if (affineFromBytes(KEY, key) !== 0) {
    status = BAD_SCALAR;
    // public: the answer
    if (scFromBytesInRange(NUMBER, k) !== 0) {
      baseMultiply(FIRST, k);
      pointMultiply(SHARED, k, KEY);
      bothToBytes(c1);
      begin(context);
      status = OK;
    }
  }
  wipeEncrypt();
  return status;
}

/** data ← its part of C2, in place; steps A5–A7. len: a multiple of 32 but in the last step. */
export function sm2EncryptStep(context: Context, data: usize, len: i32): void {
  sm3Update(context + CHECK, data, len);
  applyStream(context, data, len);
  wipeEncrypt();
}

/** c3 ← the check value, 32 bytes, steps A5 and A7. RETRY where the key stream was all zero. The context is used up. */
export function sm2EncryptFinish(context: Context, c3: usize): Status {
  sm3Update(context + CHECK, context + Y2, 32);
  squeeze(context + CHECK, c3);
  wipeEncrypt();
  return load<u32>(context, STREAM) === 0 ? RETRY : OK;
}

/**
 * Decryption, clause 7.1 steps B1–B3.
 *
 * @param context 248 bytes
 * @param d       32 bytes: the private key in [1, n − 2]. Secret
 * @param c1      65 bytes: 04 ‖ x₁ ‖ y₁
 * @returns OK, BAD_SCALAR, or BAD_POINT where C1 is no point of the curve (the cofactor is 1, so no other point is refused)
 */
export function sm2DecryptStart(context: Context, d: usize, c1: usize): Status {
  let status = BAD_SCALAR;
  const inRange = scFromKey(NUMBER, d);
  // public: the answer
  if (inRange !== 0) {
    status = BAD_POINT;
    if (affineFromBytes(KEY, c1) !== 0) {
      pointMultiply(SHARED, d, KEY);
      pointToBytes(BYTES, SHARED);
      begin(context);
      status = OK;
    }
  }
  wipeEncrypt();
  return status;
}

/** data ← its part of the plaintext, in place; steps B4–B6. len: a multiple of 32 but in the last step. */
export function sm2DecryptStep(context: Context, data: usize, len: i32): void {
  applyStream(context, data, len);
  sm3Update(context + CHECK, data, len);
  wipeEncrypt();
}

/** OK where the check value is c3 and the key stream was not all zero, else MISMATCH; step B6. The context is used up. */
export function sm2DecryptFinish(context: Context, c3: usize): Status {
  sm3Update(context + CHECK, context + Y2, 32);
  squeeze(context + CHECK, PAD);
  const wrong = difference(PAD, c3, 32);
  const stream = load<u32>(context, STREAM);
  wipeEncrypt();
  // public: the answer
  return wrong === 0 && stream !== 0 ? OK : MISMATCH;
}
