/**
 * SM2 ciphertexts whose check value is right by the formulas alone, for points and encodings that GB/T 32918.4-2016 clause 7.1
 * refuses; and those of other formulas than its.
 */
import { invert, toBytes32 } from "./bigint.ts";
import { bad, type DecryptCase, fine, zeroStreamNonce } from "./decrypt-edges.ts";
import { ciphertextToDer } from "./der.ts";
import { altered, d, hex, k } from "./edge-example.ts";
import {
  carelessTimes,
  encodePair,
  lowestPoint,
  type Pair,
  pointAboveN,
  pointBelowP,
  pointFrom,
  smallestPoint,
  twistPoint,
} from "./odd-points.ts";
import { Curve, encrypt, G, kdf, n, p, publicKeyOf, times } from "./sm2.ts";
import { sm3 } from "./symmetric.ts";

const plain = Buffer.from("encryption standard");
const wide = Buffer.alloc(32, 0x5a);
const xor = (left: Uint8Array, right: Uint8Array): Buffer => Buffer.from(left.map((byte, i) => byte ^ (right[i] ?? 0)));

/** C1 as it is given, then C3 and C2 that fit the shared point; infinity counts as two zeros. */
function sealed(c1: Uint8Array, shared: Pair | null, message = plain): Buffer {
  const { x, y } = shared ?? { x: 0n, y: 0n };
  const [x2, y2] = [toBytes32(x), toBytes32(y)];
  const stream = kdf(Buffer.concat([x2, y2]), message.length);
  return Buffer.concat([c1, sm3(Buffer.concat([x2, message, y2])), xor(message, stream)]);
}

const affine = (m: bigint): Pair => times(m, G).toAffine();
const [c1, shared] = [affine(k), affine(k * d)];
const good = sealed(encodePair(c1), shared);

const opens = (comment: string, flag: string, ct: Buffer, msg = plain): DecryptCase => ({
  comment,
  flags: [flag],
  ct: hex(ct),
  msg: hex(msg),
  result: "valid",
});

/** C1 or the shared point is one that nobody draws. */
function chosenPoints(): DecryptCase[] {
  const asC1 = (comment: string, flag: string, point: Pair): DecryptCase =>
    opens(comment, flag, sealed(encodePair(point), times(d, Curve.fromAffine(point)).toAffine()));
  const asShared = (comment: string, point: Pair): DecryptCase =>
    opens(comment, "SpecialShared", sealed(encodePair(times(invert(d, n), Curve.fromAffine(point)).toAffine()), point));
  return [
    asC1("C1 has x = 0", "SmallCoordinate", pointFrom(0n)),
    asC1("C1 has x = 1", "SmallCoordinate", smallestPoint()),
    asC1("C1 has y = 1", "SmallCoordinate", lowestPoint()),
    asC1("C1 has x ≥ n", "LargeCoordinate", pointAboveN()),
    asC1("C1 has x = p − 3", "LargeCoordinate", pointBelowP()),
    asShared("the shared point is G", affine(1n)),
    asShared("the shared point is −G", affine(n - 1n)),
    asShared("the shared point is P", affine(d)),
    asShared("the shared point has x = 0", pointFrom(0n)),
    asShared("the shared point has x = 1", smallestPoint()),
    asShared("the shared point has y = 1", lowestPoint()),
    asShared("the shared point has x ≥ n", pointAboveN()),
    fine(
      "the first byte of key stream is zero, the second not",
      "ZeroStreamByte",
      Buffer.from("ab"),
      zeroStreamNonce(),
    ),
    fine("255 bytes: eight blocks of key stream", "BlockEdge", Buffer.alloc(255, 3), k),
    fine("4096 bytes", "BlockEdge", Buffer.alloc(4096, 4), k),
  ];
}

/** C1 is no point of the curve, or is written as none is. */
function badPoints(): DecryptCase[] {
  const careless = (comment: string, flag: string, point: Pair): DecryptCase =>
    bad(comment, flag, hex(sealed(encodePair(point), carelessTimes(d, point))));
  const renamed = (comment: string, written: Pair, point: Pair): DecryptCase =>
    bad(comment, "CoordinateTooLarge", hex(sealed(encodePair(written), times(d, Curve.fromAffine(point)).toAffine())));
  const [zero, small, low] = [pointFrom(0n), smallestPoint(), lowestPoint()];
  const rest = good.subarray(65);
  const form = (first: number, ...parts: readonly Uint8Array[]): string =>
    hex(Buffer.concat([Buffer.of(first), ...parts]));
  const parity = Number(c1.y & 1n);
  const [x, y] = [toBytes32(c1.x), toBytes32(c1.y)];
  return [
    careless("C1 on the twist", "OffCurve", twistPoint(5n)),
    careless("C1 = (x, 0): of order 2 on another curve", "OffCurve", { x: c1.x, y: 0n }),
    careless("C1 with y + 1: on another curve", "OffCurve", { x: c1.x, y: c1.y + 1n }),
    careless("C1 with its coordinates exchanged", "OffCurve", { x: c1.y, y: c1.x }),
    bad("C1 = 04 ‖ 0 ‖ 0, with what fits it", "Infinity", hex(sealed(encodePair({ x: 0n, y: 0n }), null))),
    bad("C1 = 00, the point at infinity", "Infinity", hex(sealed(Buffer.of(0), null, Buffer.alloc(99, 5)))),
    bad("C1 = 00 ‖ 0 ‖ 0", "Infinity", hex(sealed(Buffer.alloc(65), null))),
    renamed("x = p for x = 0", { x: p, y: zero.y }, zero),
    renamed("x + p for x = 1", { x: small.x + p, y: small.y }, small),
    renamed("y + p for y = 1", { x: low.x, y: low.y + p }, low),
    renamed("x all ones", { x: 2n ** 256n - 1n, y: c1.y }, c1),
    renamed("y = p", { x: c1.x, y: p }, c1),
    renamed("y all ones", { x: c1.x, y: 2n ** 256n - 1n }, c1),
    bad("compressed C1, its sign right", "Encoding", form(2 + parity, x, rest)),
    bad("compressed C1, the other sign", "Encoding", form(3 - parity, x, rest)),
    bad("hybrid C1, its sign right", "Encoding", form(6 + parity, x, y, rest)),
    bad("hybrid C1, the other sign", "Encoding", form(7 - parity, x, y, rest)),
    ...[0, 1, 3, 5, 0x84, 0xff].map((first) => bad(`C1 begins with ${first}`, "Encoding", form(first, x, y, rest))),
    bad("C1 without its 04", "Encoding", hex(good.subarray(1))),
    bad("C1 in the other order of bytes", "Encoding", form(4, x.toReversed(), y.toReversed(), rest)),
    bad("as ASN.1", "Encoding", hex(ciphertextToDer(good))),
  ];
}

/** C3 or C2 is not what C1 and the message give. */
function badRest(): DecryptCase[] {
  const [x, y, head] = [toBytes32(shared.x), toBytes32(shared.y), encodePair(c1)];
  const c2 = good.subarray(97);
  const check = (comment: string, ...parts: readonly Uint8Array[]): DecryptCase =>
    bad(comment, "OtherFormula", hex(Buffer.concat([head, sm3(Buffer.concat(parts)), c2])));
  const stream = (comment: string, block: Uint8Array): DecryptCase =>
    bad(comment, "OtherFormula", hex(Buffer.concat([good.subarray(0, 97), xor(plain, sm3(block))])));
  const longer = sealed(head, shared, Buffer.concat([plain, Buffer.of(0)]));
  const broad = sealed(head, shared, wide);
  const other = encrypt(publicKeyOf(d + 1n), plain, k) ?? Buffer.alloc(0);
  return [
    ...Array.from({ length: 32 }, (_, i) =>
      bad(`byte ${i} of C3 turned over`, "CheckValue", hex(altered(good, 65 + i, 0xff))),
    ),
    ...[...c2.keys()].map((i) => bad(`bit 0 of byte ${i} of C2 flipped`, "CheckValue", hex(altered(good, 97 + i)))),
    bad("C3 all zero", "CheckValue", hex(Buffer.concat([head, Buffer.alloc(32), c2]))),
    check("C3 of x₂ ‖ y₂ ‖ M", x, y, plain),
    check("C3 of M ‖ x₂ ‖ y₂", plain, x, y),
    check("C3 of y₂ ‖ M ‖ x₂", y, plain, x),
    check("C3 of M alone", plain),
    check("C3 of C2", x, c2, y),
    stream("key stream from a counter of 0 on", Buffer.concat([x, y, Buffer.of(0, 0, 0, 0)])),
    stream("key stream with the counter's lowest byte first", Buffer.concat([x, y, Buffer.of(1, 0, 0, 0)])),
    stream("key stream of x₂ alone", Buffer.concat([x, Buffer.of(0, 0, 0, 1)])),
    bad("C2 is the message itself", "CheckValue", hex(Buffer.concat([good.subarray(0, 97), plain]))),
    bad("made for another key", "CheckValue", hex(other)),
    bad("C2 longer by the right key stream, C3 as before", "Length", hex(Buffer.concat([good, longer.subarray(-1)]))),
    bad("C2 shorter, C3 of the longer message", "Length", hex(longer.subarray(0, -1))),
    bad("C2 of no bytes, C3 right for it", "Length", hex(sealed(head, shared, Buffer.alloc(0)))),
    ...[1, 33, 64, 65, 66, 96, 98].map((len) => bad(`the first ${len} bytes`, "Length", hex(good.subarray(0, len)))),
    bad(
      "C1 ‖ C2 ‖ C3 where both have 32 bytes",
      "Order",
      hex(Buffer.concat([head, broad.subarray(97), broad.subarray(65, 97)])),
    ),
    bad("C3 ‖ C1 ‖ C2", "Order", hex(Buffer.concat([good.subarray(65, 97), head, c2]))),
    bad("twice", "Length", hex(Buffer.concat([good, good]))),
  ];
}

export const forgedDecryptCases = (): DecryptCase[] => [...chosenPoints(), ...badPoints(), ...badRest()];
