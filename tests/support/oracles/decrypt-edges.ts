/** SM2 ciphertexts that are met by no accident: one rule of GB/T 32918.4-2016 clause 7.1 each. */
import { toBytes32 } from "./bigint.ts";
import { altered, d, hex, k, type Result } from "./edge-example.ts";
import { encodePoint, encrypt, G, kdf, n, p, publicKeyOf, times } from "./sm2.ts";
import { sm3 } from "./symmetric.ts";

/** One ciphertext; `msg` is empty where it is to be refused. */
export interface DecryptCase {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly ct: string;
  readonly msg: string;
  readonly result: Result;
}

export const bad = (comment: string, flag: string, ct: string): DecryptCase => ({
  comment,
  flags: [flag],
  ct,
  msg: "",
  result: "invalid",
});

export function fine(comment: string, flag: string, msg: Buffer, nonce: bigint): DecryptCase {
  const ct = encrypt(publicKeyOf(d), msg, nonce);
  if (ct === null) throw new Error(comment);
  return { comment, flags: [flag], ct: hex(ct), msg: hex(msg), result: "valid" };
}

const sharedOf = (nonce: bigint): Buffer => encodePoint(times(nonce * d, G)).subarray(1);

/** The first nonce whose key stream begins with 0: with one byte of message, all of t is zero and the standard refuses (steps A5 and B4). */
export function zeroStreamNonce(): bigint {
  let nonce = 1n;
  while (kdf(sharedOf(nonce), 1)[0] !== 0) nonce++;
  return nonce;
}

/** The cases that follow from single steps of the clause. */
export function decryptCases(): DecryptCase[] {
  const plain = Buffer.from("encryption standard");
  const good = encrypt(publicKeyOf(d), plain, k);
  if (good === null) throw new Error("the example has a ciphertext");
  const c = good;
  const flip = (at: number): string => hex(altered(c, at, 0x80));
  const zero = zeroStreamNonce();
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
