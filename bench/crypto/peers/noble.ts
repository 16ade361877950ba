/** SM2 over the generic curve of @noble/curves, the formulas of GB/T 32918.2 written out here: what the package's users do. */
import { weierstrass } from "@noble/curves/abstract/weierstrass.js";

/** GB/T 32918.5 clause 2. */
const p = 2n ** 256n - 2n ** 224n - 2n ** 96n + 2n ** 64n - 1n;
const n = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const curve = weierstrass({
  p,
  n,
  h: 1n,
  a: p - 3n,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
});
const { BASE, Fn } = curve;

type Point = typeof BASE;

const bytes = (value: bigint): Uint8Array<ArrayBuffer> => Uint8Array.from(Fn.toBytes(value));

/** A number below n, modulo n; both are so close to 2²⁵⁶ that the bias does not count here. */
function draw(): bigint {
  const fresh = crypto.getRandomValues(new Uint8Array(32));
  return Fn.create(Fn.fromBytes(fresh, true));
}

export const noble = {
  number: (of: Uint8Array): bigint => Fn.fromBytes(of, true),

  point: (publicKey: Uint8Array): Point => curve.fromBytes(publicKey),

  keyPair(): { readonly privateKey: Uint8Array<ArrayBuffer>; readonly publicKey: Uint8Array<ArrayBuffer> } {
    const d = draw();
    return { privateKey: bytes(d), publicKey: Uint8Array.from(BASE.multiply(d).toBytes(false)) };
  },

  /** Clause 6.1 from step A3 on; `e` is made beforehand. */
  sign(d: bigint, e: bigint): Uint8Array<ArrayBuffer> {
    const k = draw();
    const r = Fn.create(e + BASE.multiply(k).toAffine().x);
    const s = Fn.mul(Fn.inv(Fn.create(1n + d)), Fn.create(k - r * d));
    const signature = new Uint8Array(64);
    signature.set(bytes(r));
    signature.set(bytes(s), 32);
    return signature;
  },

  /** Clause 7.1 from step B5 on. */
  verify(point: Point, e: bigint, signature: Uint8Array): boolean {
    const [r, s] = [Fn.fromBytes(signature.subarray(0, 32)), Fn.fromBytes(signature.subarray(32))];
    const sum = BASE.multiplyUnsafe(s).add(point.multiplyUnsafe(Fn.create(r + s)));
    return Fn.create(e + sum.toAffine().x) === r;
  },
};
