/** SM2 signatures that are met once in 2²⁵⁶ times, solved for: one rule of GB/T 32918.2-2016 clause 7.1 each. */
import { invert, mod, toBytes32, toNumber } from "./bigint.ts";
import { altered, d, e, hex, k, num, type Result } from "./edge-example.ts";
import { encodePair, smallestPoint } from "./odd-points.ts";
import { G, n, p, parsePoint, publicKeyOf, signDigest, times } from "./sm2.ts";

/** One signature over a digest. */
export interface VerifyCase {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: Result;
  readonly publicKey: string;
  readonly e: string;
  readonly sig: string;
}

export function made(
  comment: string,
  flag: string,
  result: Result,
  key: bigint | Buffer,
  hash: bigint,
  sig: string,
): VerifyCase {
  return {
    comment,
    flags: [flag],
    result,
    publicKey: hex(typeof key === "bigint" ? publicKeyOf(key) : key),
    e: num(hash),
    sig,
  };
}

/** r ‖ s. */
export const pair = (first: bigint, second: bigint): string => num(first) + num(second);

/** e such that this r and s are a valid signature by `key`: r − x of s·G + (r + s)·P. */
export function digestFor(r: bigint, s: bigint, key: bigint): bigint {
  return mod(r - times(s + (r + s) * key, G).toAffine().x, n);
}

/** The cases that follow from single steps of the clause. */
export function verifyCases(): VerifyCase[] {
  const signature = signDigest(d, e, k);
  if (signature === null) throw new Error("the example has a signature");
  const [r, s] = [toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32))];
  const good = hex(signature);
  const valid = (comment: string, flag: string, first: bigint, second: bigint, key = d): VerifyCase =>
    made(comment, flag, "valid", key, digestFor(first, second, key), pair(first, second));

  // s + (r + s)·d = 0: the sum of step B6 is infinity, and e = r would pass with an x of 0
  const infinite = mod(-r * d * invert(1n + d, n), n);
  // s = (r + s)·d: both summands of step B6 are the same point
  const doubled = mod(r * d * invert(1n - d, n), n);

  const good65 = publicKeyOf(d);
  const offCurve = altered(good65, 64);
  const small = smallestPoint();
  const smallKey = encodePair(small);
  const secondName = encodePair({ x: small.x + p, y: small.y });

  return [
    made("the example's own signature", "Ordinary", "valid", d, e, good),
    valid("r = 1", "ShortR", 1n, s),
    valid("s = 1", "ShortS", r, 1n),
    valid("r = 1, s = 1", "ShortR", 1n, 1n),
    valid("r has 31 leading zero bits", "ShortR", 2n ** 225n - 1n, s),
    valid("s has a leading zero byte", "ShortS", r, 2n ** 248n - 1n),
    valid("r = n − 1, s = 2", "LargeR", n - 1n, 2n),
    valid("r = 2, s = n − 1", "LargeS", 2n, n - 1n),
    valid("r + s = n + 1", "SumWraps", n - s + 1n, s),
    valid("r + s = n − 1", "SumWraps", n - s - 1n, s),
    valid("s·G and t·P are the same point", "DoublingInSum", r, doubled),
    valid("private key 1: P = G", "SmallKey", r, s, 1n),
    valid("private key 2", "SmallKey", r, s, 2n),
    valid("private key n − 2", "LargeKey", r, s, n - 2n),
    made("P = −G", "LargeKey", "valid", n - 1n, digestFor(r, s, n - 1n), pair(r, s)),
    made("e ≥ n", "LargeDigest", "valid", d, n + 5n, pairOf(signDigest(d, n + 5n, k))),
    made("e = n − 1", "LargeDigest", "valid", d, n - 1n, pairOf(signDigest(d, n - 1n, k))),
    made("r = 0", "RZero", "invalid", d, digestFor(0n, s, d), pair(0n, s)),
    made("s = 0", "SZero", "invalid", d, digestFor(r, 0n, d), pair(r, 0n)),
    made("r = s = 0", "RZero", "invalid", d, e, pair(0n, 0n)),
    made("r + s = n", "SumZero", "invalid", d, digestFor(n - s, s, d), pair(n - s, s)),
    made("r = n", "RTooLarge", "invalid", d, digestFor(0n, s, d), pair(n, s)),
    made("s = n", "STooLarge", "invalid", d, digestFor(r, 0n, d), pair(r, n)),
    made("r + n for r", "RTooLarge", "invalid", d, digestFor(1n, s, d), pair(n + 1n, s)),
    made("s + n for s", "STooLarge", "invalid", d, digestFor(r, 1n, d), pair(r, n + 1n)),
    made("r and s all ones", "RTooLarge", "invalid", d, e, "ff".repeat(64)),
    made("the sum is infinity, e = r", "SumInfinite", "invalid", d, r, pair(r, infinite)),
    made("r and s exchanged", "Altered", "invalid", d, e, pair(s, r)),
    made("n − s for s", "Altered", "invalid", d, e, pair(r, n - s)),
    ...[0, 31, 32, 63].map((at) =>
      made(`bit 0 of byte ${at} flipped`, "Altered", "invalid", d, e, hex(altered(signature, at))),
    ),
    made("e + 1", "Altered", "invalid", d, e + 1n, good),
    made("another key", "Altered", "invalid", d + 1n, e, good),
    made("P off the curve", "OffCurve", "invalid", offCurve, e, good),
    made("P = 04 ‖ 0 ‖ 0", "Infinity", "invalid", Buffer.concat([Buffer.of(4), Buffer.alloc(64)]), e, good),
    made(
      "x = p",
      "CoordinateTooLarge",
      "invalid",
      Buffer.concat([Buffer.of(4), toBytes32(p), good65.subarray(33)]),
      e,
      good,
    ),
    made("x + p for x", "CoordinateTooLarge", "invalid", secondName, digestWith(smallKey, r, s), pair(r, s)),
    made("the same with x itself", "SmallCoordinate", "valid", smallKey, digestWith(smallKey, r, s), pair(r, s)),
    made("signature of 63 bytes", "Length", "invalid", d, e, good.slice(2)),
    made("signature of 65 bytes", "Length", "invalid", d, e, `00${good}`),
    made("no signature", "Length", "invalid", d, e, ""),
  ];
}

export const pairOf = (signature: Buffer | null): string => (signature === null ? "" : hex(signature));

/** e such that r and s fit this public key, whose private key nobody knows. */
export function digestWith(publicKey: Uint8Array, r: bigint, s: bigint): bigint {
  const point = parsePoint(publicKey);
  if (point === null) throw new Error("no point of the curve");
  return mod(
    r -
      times(s, G)
        .add(times(r + s, point))
        .toAffine().x,
    n,
  );
}
