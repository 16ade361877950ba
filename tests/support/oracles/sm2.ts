/**
 * SM2 from the standard's text, GB/T 32918.1, .2, .4 and .5, in BigInt over the generic curve of @noble/curves: slow,
 * nothing constant about its time, and no line in common with `wasm-core`. Numbers are bigints, points are noble's.
 */
import { weierstrass } from "@noble/curves/abstract/weierstrass.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { invert, mod, toBytes32, toNumber } from "./bigint.ts";
import { hmacSm3, sm3 } from "./symmetric.ts";

/** Part 5 clause 2: the recommended curve. */
export const p = 2n ** 256n - 2n ** 224n - 2n ** 96n + 2n ** 64n - 1n;
export const a = p - 3n;
export const b = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
export const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
export const Gx = 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n;
export const Gy = 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n;

export const Curve = weierstrass({ p, n, h: 1n, a, b, Gx, Gy });
export type CurvePoint = WeierstrassPoint<bigint>;
export const G = Curve.BASE;

export const DEFAULT_ID = Buffer.from("1234567812345678");

/** k·P, zero multiples included. */
export function times(k: bigint, point: CurvePoint): CurvePoint {
  const factor = mod(k, n);
  return factor === 0n ? Curve.ZERO : point.multiplyUnsafe(factor);
}

/** 04 ‖ x ‖ y. */
export function encodePoint(point: CurvePoint): Buffer {
  const { x, y } = point.toAffine();
  return Buffer.concat([Buffer.of(4), toBytes32(x), toBytes32(y)]);
}

/** The point of 04 ‖ x ‖ y, or null where it is none. */
export function parsePoint(bytes: Uint8Array): CurvePoint | null {
  const [x, y] = [toNumber(bytes.subarray(1, 33)), toNumber(bytes.subarray(33))];
  if (bytes.length !== 65 || bytes[0] !== 4 || x >= p || y >= p) return null;
  if (mod(y * y - (x * x * x + a * x + b), p) !== 0n) return null;
  return Curve.fromAffine({ x, y });
}

/** The public key of d. */
export const publicKeyOf = (d: bigint): Buffer => encodePoint(times(d, G));

/** Part 2 clause 5.5. */
export function za(publicKey: Uint8Array, id: Uint8Array = DEFAULT_ID): Buffer {
  const entl = Buffer.alloc(2);
  entl.writeUInt16BE(id.length * 8);
  const curve = [a, b, Gx, Gy].map((value) => toBytes32(value));
  return sm3(Buffer.concat([entl, id, ...curve, publicKey.subarray(1)]));
}

/** e of a message, steps A1 and A2. */
export const digestOf = (publicKey: Uint8Array, message: Uint8Array, id?: Uint8Array): Buffer =>
  sm3(Buffer.concat([za(publicKey, id), message]));

/** Part 2 clause 6.1 steps A5–A7, for x₁ of k·G and (1 + d)⁻¹; null where the standard draws another k. */
export function signatureOf(d: bigint, e: bigint, k: bigint, x1: bigint, inverse: bigint): Buffer | null {
  const r = mod(e + x1, n);
  if (r === 0n || r + k === n) return null;
  const s = mod(inverse * (k - r * d), n);
  return s === 0n ? null : Buffer.concat([toBytes32(r), toBytes32(s)]);
}

/** Steps A3–A7. */
export const signDigest = (d: bigint, e: bigint, k: bigint): Buffer | null =>
  signatureOf(d, e, k, times(k, G).toAffine().x, invert(1n + d, n));

/** Part 2 clause 7.1. */
export function verifyDigest(publicKey: Uint8Array, e: bigint, signature: Uint8Array): boolean {
  const point = parsePoint(publicKey);
  const [r, s] = [toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32))];
  if (point === null || signature.length !== 64 || r < 1n || r >= n || s < 1n || s >= n) return false;
  const t = mod(r + s, n);
  if (t === 0n) return false;
  const sum = times(s, G).add(times(t, point));
  return !sum.is0() && mod(e + sum.toAffine().x, n) === r;
}

/** Part 4 clause 5.4.3: len bytes of key stream. */
export function kdf(z: Uint8Array, len: number): Buffer {
  const blocks: Buffer[] = [];
  for (let ct = 1; blocks.length * 32 < len; ct++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(ct);
    blocks.push(sm3(Buffer.concat([z, counter])));
  }
  return Buffer.concat(blocks).subarray(0, len);
}

const xor = (left: Uint8Array, right: Uint8Array): Buffer => Buffer.from(left.map((byte, i) => byte ^ (right[i] ?? 0)));

/** Part 4 clause 6.1 steps A4–A8 for C1 = k·G and k·P, 65 bytes each: C1 ‖ C3 ‖ C2; null where the key stream is all zero. */
export function sealWith(c1: Uint8Array, shared: Uint8Array, message: Uint8Array): Buffer | null {
  const t = kdf(shared.subarray(1), message.length);
  if (t.every((byte) => byte === 0)) return null;
  const c3 = sm3(Buffer.concat([shared.subarray(1, 33), message, shared.subarray(33)]));
  return Buffer.concat([c1, c3, xor(message, t)]);
}

/** Clause 6.1 whole. */
export function encrypt(publicKey: Uint8Array, message: Uint8Array, k: bigint): Buffer | null {
  const point = parsePoint(publicKey);
  if (point === null) throw new Error("no point of the curve");
  return sealWith(encodePoint(times(k, G)), encodePoint(times(k, point)), message);
}

/** Part 4 clause 7.1; null where the ciphertext is refused. */
export function decrypt(d: bigint, ciphertext: Uint8Array): Buffer | null {
  const c1 = parsePoint(ciphertext.subarray(0, 65));
  if (c1 === null) return null;
  const shared = encodePoint(times(d, c1));
  const c2 = ciphertext.subarray(97);
  const t = kdf(shared.subarray(1), c2.length);
  if (t.every((byte) => byte === 0)) return null;
  const message = xor(c2, t);
  const c3 = sm3(Buffer.concat([shared.subarray(1, 33), message, shared.subarray(33)]));
  return c3.equals(ciphertext.subarray(65, 97)) ? message : null;
}

/** RFC 6979 clauses 3.2 and 3.6 with SM3: the first candidate for k, `fresh` mixed in. */
export function nonceCandidate(d: Uint8Array, e: Uint8Array, fresh: Uint8Array): Buffer {
  const h1 = toBytes32(mod(toNumber(e), n));
  let v: Buffer = Buffer.alloc(32, 1);
  let key: Buffer = Buffer.alloc(32);
  for (const mark of [0, 1]) {
    key = hmacSm3(key, Buffer.concat([v, Buffer.of(mark), d, h1, fresh]));
    v = hmacSm3(key, v);
  }
  return hmacSm3(key, v);
}
