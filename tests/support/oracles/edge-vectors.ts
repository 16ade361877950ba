/**
 * Makes `tests/vectors/sm2-verify-edges.json` and `sm2-decrypt-edges.json`: the cases that a signature or a ciphertext meets once in
 * 2²⁵⁶ times, solved for instead of searched, with the BigInt SM2. A test keeps the files and this program equal.
 */
import { invert, mod, toBytes32, toNumber } from "./bigint.ts";
import { b, encodePoint, encrypt, G, kdf, n, p, parsePoint, publicKeyOf, signDigest, times } from "./sm2.ts";
import { sm3 } from "./symmetric.ts";

/** The standard's example key, and some number to be a nonce. */
const d = 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n;
const k = 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n;
const e = 0xf0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640n;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const num = (value: bigint): string => hex(toBytes32(value));

interface Case {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: "valid" | "invalid";
  readonly publicKey: string;
  readonly e: string;
  readonly sig: string;
}

function made(
  comment: string,
  flag: string,
  result: Case["result"],
  key: bigint | Buffer,
  hash: bigint,
  sig: string,
): Case {
  return {
    comment,
    flags: [flag],
    result,
    publicKey: hex(typeof key === "bigint" ? publicKeyOf(key) : key),
    e: num(hash),
    sig,
  };
}

/** e such that this r and s are a valid signature by `key`: r − x of s·G + (r + s)·P. */
function digestFor(r: bigint, s: bigint, key: bigint): bigint {
  return mod(r - times(s + (r + s) * key, G).toAffine().x, n);
}

function verifyCases(): Case[] {
  const signature = signDigest(d, e, k);
  if (signature === null) throw new Error("the example has a signature");
  const [r, s] = [toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32))];
  const good = hex(signature);
  const flip = (at: number): string => {
    const copy = Buffer.from(signature);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return hex(copy);
  };
  const pair = (first: bigint, second: bigint): string => num(first) + num(second);
  const valid = (comment: string, flag: string, first: bigint, second: bigint, key = d): Case =>
    made(comment, flag, "valid", key, digestFor(first, second, key), pair(first, second));

  // s + (r + s)·d = 0: the sum of step B6 is infinity, and e = r would pass with an x of 0
  const infinite = mod(-r * d * invert(1n + d, n), n);
  // s = (r + s)·d: both summands of step B6 are the same point
  const doubled = mod(r * d * invert(1n - d, n), n);

  const good65 = publicKeyOf(d);
  const offCurve = Buffer.from(good65);
  offCurve[64] = (offCurve[64] ?? 0) ^ 1;
  const [small, smallKey] = smallestPoint();
  const secondName = Buffer.concat([Buffer.of(4), toBytes32(small + p), smallKey.subarray(33)]);

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
    ...[0, 31, 32, 63].map((at) => made(`bit 0 of byte ${at} flipped`, "Altered", "invalid", d, e, flip(at))),
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

const pairOf = (signature: Buffer | null): string => (signature === null ? "" : hex(signature));

/** e such that r and s fit this public key, whose private key nobody knows. */
function digestWith(publicKey: Uint8Array, r: bigint, s: bigint): bigint {
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

/** The point with the smallest x: x + p still has 32 bytes, a second name for the same coordinate. */
function smallestPoint(): [x: bigint, bytes: Buffer] {
  for (let x = 1n; ; x++) {
    const y = power(mod(x ** 3n - 3n * x + b, p), (p + 1n) / 4n); // the square root, where there is one
    const bytes = Buffer.concat([Buffer.of(4), toBytes32(x), toBytes32(y)]);
    if (parsePoint(bytes) !== null) return [x, bytes];
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = mod(square * square, p)) {
    if ((left & 1n) === 1n) result = mod(result * square, p);
  }
  return result;
}

function decryptCases() {
  const plain = Buffer.from("encryption standard");
  const good = encrypt(publicKeyOf(d), plain, k);
  if (good === null) throw new Error("the example has a ciphertext");
  const c = good;
  const flip = (at: number): string => {
    const copy = Buffer.from(c);
    copy[at] = (copy[at] ?? 0) ^ 0x80;
    return hex(copy);
  };
  const bad = (comment: string, flag: string, ct: string) => ({
    comment,
    flags: [flag],
    ct,
    msg: "",
    result: "invalid",
  });
  const fine = (comment: string, flag: string, msg: Buffer, nonce: bigint) => {
    const ct = encrypt(publicKeyOf(d), msg, nonce);
    if (ct === null) throw new Error(comment);
    return { comment, flags: [flag], ct: hex(ct), msg: hex(msg), result: "valid" };
  };
  // t = 0 for one byte: some nonce in 256; the C3 is right, and the standard refuses all the same (step B4)
  let zero = 1n;
  const sharedOf = (nonce: bigint): Buffer => encodePoint(times(nonce * d, G)).subarray(1);
  while (kdf(sharedOf(zero), 1)[0] !== 0) zero++;
  const z = sharedOf(zero);
  const c3 = sm3(Buffer.concat([z.subarray(0, 32), Buffer.of(0x41), z.subarray(32)]));
  const zeroStream = Buffer.concat([encodePoint(times(zero, G)), c3, Buffer.of(0x41)]);

  return [
    fine("the example's own ciphertext", "Ordinary", plain, k),
    fine("one byte", "Short", Buffer.of(0), k),
    fine("one byte of C2 that is zero: t = the message", "Short", kdf(sharedOf(k), 1), k),
    fine("32 bytes: one block of key stream", "BlockEdge", Buffer.alloc(32, 7), k),
    fine("33 bytes", "BlockEdge", Buffer.alloc(33, 7), k),
    fine("k = 1: C1 = G", "SmallNonce", plain, 1n),
    fine("k = n − 1: C1 = −G", "LargeNonce", plain, n - 1n),
    bad("key stream all zero", "ZeroStream", hex(zeroStream)),
    ...[1, 64].map((at) => bad(`C1 altered at ${at}: off the curve`, "OffCurve", flip(at))),
    ...[65, 96].map((at) => bad(`C3 altered at ${at}`, "CheckValue", flip(at))),
    ...[97, c.length - 1].map((at) => bad(`C2 altered at ${at}`, "CheckValue", flip(at))),
    bad("C1 is another point", "CheckValue", hex(Buffer.concat([encodePoint(times(k + 1n, G)), c.subarray(65)]))),
    bad("−C1 for C1", "CheckValue", hex(Buffer.concat([encodePoint(times(-k, G)), c.subarray(65)]))),
    bad("C1 = 04 ‖ 0 ‖ 0", "Infinity", hex(Buffer.concat([Buffer.of(4), Buffer.alloc(64), c.subarray(65)]))),
    bad("compressed C1", "Encoding", hex(Buffer.concat([Buffer.of(2), c.subarray(1)]))),
    bad("x = p", "CoordinateTooLarge", hex(Buffer.concat([Buffer.of(4), toBytes32(p), c.subarray(33)]))),
    bad(
      "C1 ‖ C2 ‖ C3, the old order",
      "Order",
      hex(Buffer.concat([c.subarray(0, 65), c.subarray(97), c.subarray(65, 97)])),
    ),
    bad("last byte missing", "Length", hex(c.subarray(0, -1))),
    bad("a byte more", "Length", `${hex(c)}00`),
    bad("C2 of no bytes", "Length", hex(c.subarray(0, 97))),
    bad("nothing", "Length", ""),
  ];
}

const numbered = <T>(list: readonly T[]) => list.map((item, i) => ({ tcId: i + 1, ...item }));

/** Both files as they should read. */
export function edgeVectors() {
  const verify = numbered(verifyCases());
  const decrypt = numbered(decryptCases());
  return {
    "sm2-verify-edges.json": {
      algorithm: "SM2",
      source: "tests/support/oracles/edge-vectors.ts",
      numberOfTests: verify.length,
      testGroups: [{ type: "Sm2VerifyDigest", tests: verify }],
    },
    "sm2-decrypt-edges.json": {
      algorithm: "SM2",
      source: "tests/support/oracles/edge-vectors.ts",
      numberOfTests: decrypt.length,
      testGroups: [{ type: "Sm2Decrypt", layout: "04 C1 C3 C2", privateKey: num(d), tests: decrypt }],
    },
  };
}
