/**
 * SM2 signatures that only a careless verifier gets wrong: sums that land on chosen points, coordinates between n and p, digits that
 * cancel on the way, and other formulas than those of GB/T 32918.2-2016 clause 7.1.
 */
import { invert, mod, toBytes32 } from "./bigint.ts";
import { signatureToDer } from "./der.ts";
import { altered, d, e, hex, k, type Result } from "./edge-example.ts";
import {
  carelessAdd,
  carelessTimes,
  encodePair,
  lowestPoint,
  type Pair,
  pointAboveN,
  pointBelowP,
  pointFrom,
  twistPoint,
} from "./odd-points.ts";
import { Curve, encodePoint, G, n, p, publicKeyOf, signDigest, times } from "./sm2.ts";
import { digestFor, digestWith, made, pair, pairOf, type VerifyCase } from "./verify-edges.ts";

/** The greatest number of 32 bytes. */
const TOP = 2n ** 256n - 1n;

/** Parts of a signature like any other. */
const r = 0x6b1f0e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1n;
const s = 0x1122334455667788990aabbccddeeff0123456789abcdef0fedcba9876543210n;

/** The key for which s·G + t·P is this point. */
const keyTo = (target: Pair, first: bigint, second: bigint): Buffer =>
  encodePoint(times(invert(first + second, n), Curve.fromAffine(target).subtract(times(second, G))));

const valid = (comment: string, flag: string, first: bigint, second: bigint, key = d): VerifyCase =>
  made(comment, flag, "valid", key, digestFor(first, second, key), pair(first, second));

/** x₁ where its rest mod n is another number, and where careless reductions differ. */
function sumsOnChosenPoints(): VerifyCase[] {
  const [above, below] = [pointAboveN(), pointBelowP()];
  const to = (comment: string, result: Result, target: Pair, digest: bigint, first = r): VerifyCase =>
    made(
      comment,
      result === "valid" ? "SumOnChosenPoint" : "WrongReduction",
      result,
      keyTo(target, first, s),
      digest,
      pair(first, s),
    );
  const wrapping = mod(TOP + above.x, n);
  return [
    to("x₁ = n + 4, the first above n", "valid", above, mod(r - above.x, n)),
    to("x₁ = p − 3, the last below p", "valid", below, mod(r - below.x, n)),
    to("x₁ = n + 4 and e = 0: r = 4", "valid", above, 0n, 4n),
    to("x₁ = n + 4 and e = n: e + x₁ is above 2n", "valid", above, n, 4n),
    to("x₁ = n + 4 and e = 2²⁵⁶ − 1", "valid", above, TOP, wrapping),
    to("x₁ = 0: r = e", "valid", pointFrom(0n), r),
    to("x₁ = 0 and e = r + n", "valid", pointFrom(0n), n + 9n, 9n),
    to("x₁ = 1", "valid", pointFrom(1n), mod(r - 1n, n)),
    to("y₁ = 1", "valid", lowestPoint(), mod(r - lowestPoint().x, n)),
    made("x₁ = n + 4 and e = 0, r not reduced", "RTooLarge", "invalid", keyTo(above, 4n, s), 0n, pair(above.x, s)),
    to("x₁ = 1, r − e = 1 + p − n: with n more it is 1 mod p", "invalid", pointFrom(1n), mod(r - 1n - p + n, n)),
    to("x₁ = 0, r − e = p − n: with n more it is p", "invalid", pointFrom(0n), mod(r - p + n, n)),
    to("e + x₁ reduced by p", "invalid", below, p - below.x + r),
    to("2²⁵⁶ subtracted for n", "invalid", above, mod(2n ** 256n + r - above.x, n)),
  ];
}

/** The sum is m·G. */
function sumsOnMultiples(): VerifyCase[] {
  const named: readonly (readonly [string, bigint])[] = [
    ["G", 1n],
    ["−G", n - 1n],
    ["2·G", 2n],
    ["P", d],
    ["−P", n - d],
    ["2·P", 2n * d],
    ["half of G", (n + 1n) / 2n],
  ];
  return named.map(([name, m]) =>
    made(`the sum is ${name}`, "SumOnChosenPoint", "valid", d, e, pairOf(signDigest(d, e, mod(m, n)))),
  );
}

/** Private keys whose points stand in a table of multiples of G, or beside it. */
function keysOfTables(): VerifyCase[] {
  const powers = [4n, 5n, 6n, 32n, 64n, 126n, 128n, 252n, 255n];
  return [
    ...[3n, 31n, 33n, n - 3n, (n - 1n) / 2n, (n + 1n) / 2n].map((key, i) =>
      valid(`private key ${["3", "31", "33", "n − 3", "(n − 1) / 2", "(n + 1) / 2"][i]}`, "TableKey", r, s, key),
    ),
    ...powers.map((power) => valid(`private key 2^${power}`, "TableKey", r, s, 2n ** power)),
    valid("private key n − 2^252", "TableKey", r, s, n - 2n ** 252n),
  ];
}

/** Scalars that fill windows, carry through them, or leave them empty: as s, and as t. */
function patterns(): VerifyCase[] {
  const repeat = (byte: string): bigint => BigInt(`0x${byte.repeat(32)}`);
  const scalars: readonly (readonly [string, bigint])[] = [
    ["31", 31n],
    ["32", 32n],
    ["33", 33n],
    ["2^252", 2n ** 252n],
    ["2^255", 2n ** 255n],
    ["2^255 − 1", 2n ** 255n - 1n],
    ["n − 32", n - 32n],
    ["(n + 1) / 2", (n + 1n) / 2n],
    ...["55", "aa", "7f", "80", "f8", "0f"].map((byte) => [`32 bytes of ${byte}`, repeat(byte)] as const),
  ];
  return [
    ...scalars.map(([name, scalar]) => valid(`s = ${name}`, "ScalarPattern", r, scalar)),
    ...scalars.map(([name, scalar]) => valid(`r + s = ${name}`, "ScalarPattern", mod(scalar - s, n), s)),
    valid("r + s = 2²⁵⁶: the sum does not fit 32 bytes", "SumWraps", 2n ** 255n, 2n ** 255n),
    valid("r + s = 2n − 2, the greatest", "SumWraps", n - 1n, n - 1n),
  ];
}

/** The sum so far is the opposite of the next multiple of G, or the same: with digits of 6 bits, as `wasm-core/sm2/base-table.ts` has. */
function meetings(): VerifyCase[] {
  return [0n, 1n, 20n, 41n].flatMap((window) => {
    const [low, unit] = [s % 2n ** (6n * window), 2n ** (6n * window)];
    // The bit below a window is carried into it, and its own highest goes to the next
    const carried = window === 0n ? 0n : (s >> (6n * window - 1n)) & 1n;
    const lowest = low - carried * unit;
    const field = (s >> (6n * window)) & 63n;
    const digit = field + carried - 64n * (field >> 5n);
    if (digit === 0n) throw new Error("an empty window meets nothing");
    const inverse = invert(r + s, n);
    return [
      valid(
        `t·P and ${window} digits of s·G cancel the next`,
        "MeetsOperand",
        r,
        s,
        mod(-(lowest + digit * unit) * inverse, n),
      ),
      valid(
        `t·P and ${window} digits of s·G are the next`,
        "MeetsOperand",
        r,
        s,
        mod((digit * unit - lowest) * inverse, n),
      ),
    ];
  });
}

/** Verifies under a formula that is not the standard's. */
function otherFormulas(): VerifyCase[] {
  const P = times(d, G);
  const [t, sum] = [r + s, times(s + (r + s) * d, G).toAffine()];
  const other = (comment: string, digest: bigint, sig = pair(r, s), flag = "OtherFormula"): VerifyCase =>
    made(comment, flag, "invalid", d, mod(digest, n), sig);
  const xOf = (m: bigint, key: bigint): bigint => times(m, G).add(times(key, P)).toAffine().x;
  const signature = signDigest(d, e, k) ?? Buffer.alloc(64);
  const [first, second] = [signature.subarray(0, 32), signature.subarray(32)];
  const x = times(k, G).toAffine().x % n;
  const reversed = (part: Uint8Array): Buffer => Buffer.from(part.toReversed());
  return [
    other("y₁ for x₁", r - sum.y),
    other("s·G + r·P", r - xOf(s, r)),
    other("t·G + s·P", r - xOf(t, s)),
    other("s·G − t·P", r - xOf(s, -t)),
    other("s·G alone", r - xOf(s, 0n)),
    other("t·P alone", r - xOf(0n, t)),
    other("r = e − x₁", r + sum.x),
    other("r = x₁ − e", sum.x - r),
    other("made for another digest, 0: r = x₁", e, pairOf(signDigest(d, 0n, k))),
    other("ECDSA over the same digest with the same key", e, pair(x, mod(invert(k, n) * (e + x * d), n))),
    other("the digest backwards", BigInt(`0x${hex(reversed(toBytes32(e)))}`), hex(signature)),
    other("r and s backwards", e, hex(Buffer.concat([reversed(first), reversed(second)])), "Altered"),
    other("n − r for r", e, pair(n - BigInt(`0x${hex(first)}`), BigInt(`0x${hex(second)}`)), "Altered"),
    other("n − r and n − s", e, pair(n - BigInt(`0x${hex(first)}`), n - BigInt(`0x${hex(second)}`)), "Altered"),
    made("−P for P", "Altered", "invalid", n - d, e, hex(signature)),
    made("s·G = −t·P with P = G, e = r", "SumInfinite", "invalid", 1n, 2n, pair(2n, n - 1n)),
    made("s·G = −t·P with P = 2·G, e = r", "SumInfinite", "invalid", 2n, 3n, pair(3n, n - 2n)),
    ...[...signature.keys()].map((at) =>
      made(`byte ${at} turned over`, "Altered", "invalid", d, e, hex(altered(signature, at, 0xff))),
    ),
    made("as ASN.1", "Length", "invalid", d, e, hex(signatureToDer(signature))),
    made("r alone", "Length", "invalid", d, e, hex(first)),
    made("with a byte more", "Length", "invalid", d, e, `${hex(signature)}00`),
  ];
}

/** Parts that equal good ones mod n, with the digest made for those. */
function outOfRange(): VerifyCase[] {
  const range = (comment: string, flag: string, first: bigint, second: bigint): VerifyCase =>
    made(comment, flag, "invalid", d, digestFor(mod(first, n), mod(second, n), d), pair(first, second));
  return [
    range("r = 2²⁵⁶ − 1", "RTooLarge", TOP, s),
    range("s = 2²⁵⁶ − 1", "STooLarge", r, TOP),
    range("r = p", "RTooLarge", p, s),
    range("s = p", "STooLarge", r, p),
    range("r = s = n", "RTooLarge", n, n),
    range("r = 0, s = n", "RZero", 0n, n),
    range("r = n, s = 0", "SZero", n, 0n),
    range("r = 0, s = 1", "RZero", 0n, 1n),
    range("r = 1, s = 0", "SZero", 1n, 0n),
    range("r = 1, s = n − 1", "SumZero", 1n, n - 1n),
    range("r = n − 1, s = 1", "SumZero", n - 1n, 1n),
    range("r = n + 1, s = n − 1", "RTooLarge", n + 1n, n - 1n),
    ...[0n, n, TOP].map((digest) =>
      made(
        `e = ${digest === 0n ? "0" : digest === n ? "n" : "2²⁵⁶ − 1"}`,
        "LargeDigest",
        "valid",
        d,
        digest,
        pairOf(signDigest(d, digest, k)),
      ),
    ),
  ];
}

/** Public keys that are no points of the curve, with digests for which the formulas alone would hold. */
function oddKeys(): VerifyCase[] {
  const careless = (key: Pair): bigint => {
    const sum = carelessAdd(G.multiply(s).toAffine(), carelessTimes(r + s, key));
    return mod(r - (sum?.x ?? 0n), n);
  };
  const off = (comment: string, flag: string, key: Pair): VerifyCase =>
    made(comment, flag, "invalid", encodePair(key), careless(key), pair(r, s));
  const point = times(d, G).toAffine();
  const low = lowestPoint();
  const lowName = encodePair({ x: low.x, y: low.y + p });
  const on = digestWith(encodePair(low), r, s);
  const zero = pointFrom(0n);
  return [
    off("P on the twist", "OffCurve", twistPoint(5n)),
    off("P = (x, 0): of order 2 on another curve", "OffCurve", { x: point.x, y: 0n }),
    off("P with its coordinates exchanged", "OffCurve", { x: point.y, y: point.x }),
    off("P with y + 1", "OffCurve", { x: point.x, y: point.y + 1n }),
    made("y + p for y", "CoordinateTooLarge", "invalid", lowName, on, pair(r, s)),
    made("the same with y itself, 1", "SmallCoordinate", "valid", encodePair(low), on, pair(r, s)),
    made("P with x = 0", "SmallCoordinate", "valid", encodePair(zero), digestWith(encodePair(zero), r, s), pair(r, s)),
    made(
      "x = p for x = 0",
      "CoordinateTooLarge",
      "invalid",
      encodePair({ ...zero, x: p }),
      digestWith(encodePair(zero), r, s),
      pair(r, s),
    ),
    made(
      "x all ones",
      "CoordinateTooLarge",
      "invalid",
      encodePair({ ...point, x: TOP }),
      e,
      pairOf(signDigest(d, e, k)),
    ),
    made("y = p", "CoordinateTooLarge", "invalid", encodePair({ ...point, y: p }), e, pairOf(signDigest(d, e, k))),
    made(
      "P with x ≥ n",
      "LargeCoordinate",
      "valid",
      encodePair(pointAboveN()),
      digestWith(encodePair(pointAboveN()), r, s),
      pair(r, s),
    ),
    made(
      "P all zeros after the 04, e = r − x of s·G",
      "Infinity",
      "invalid",
      encodePair({ x: 0n, y: 0n }),
      mod(r - times(s, G).toAffine().x, n),
      pair(r, s),
    ),
    made("another point's key", "Altered", "invalid", publicKeyOf(d + 2n), e, pairOf(signDigest(d, e, k))),
  ];
}

export const forgedVerifyCases = (): VerifyCase[] => [
  ...sumsOnChosenPoints(),
  ...sumsOnMultiples(),
  ...keysOfTables(),
  ...patterns(),
  ...meetings(),
  ...otherFormulas(),
  ...outOfRange(),
  ...oddKeys(),
];
