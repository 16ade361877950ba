/**
 * SM4-GCM in the shape of Wycheproof's AEAD groups: lengths, counters that wrap, values that GHASH hides, tags altered bit by bit.
 * GHASH is linear, so a nonce for a chosen counter block, and data for a chosen tag, are solved for. NIST SP 800-38D clause 7.
 */
import { altered, hex, type Result } from "./edge-example.ts";
import { ghash, multiply, sm4Ctr32, sm4Encrypt, sm4Gcm, toBlock, toValue } from "./symmetric.ts";

/** One message under one key. `result` is of decryption. */
export interface GcmCase {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: Result;
}

const EMPTY = Buffer.alloc(0);
const key = Buffer.from("0123456789abcdeffedcba9876543210", "hex");
const iv = Buffer.from("00001234567800000000abcd", "hex");
const aad = Buffer.from("feedfacedeadbeeffeedfacedeadbeefabaddad2", "hex");

/** Some bytes that repeat late. */
const some = (len: number): Buffer => Buffer.from(Uint8Array.from({ length: len }, (_, i) => i * 7 + (i >> 8) + 1));

interface Message {
  readonly iv?: Buffer;
  readonly aad?: Buffer;
  readonly msg?: Buffer;
}

function sealed(comment: string, flag: string, message: Message): GcmCase {
  const filled = { iv, aad, msg: some(32), ...message };
  const made = sm4Gcm(key, filled.iv, filled.msg, filled.aad);
  const len = filled.msg.length;
  return {
    comment,
    flags: [flag],
    key: hex(key),
    iv: hex(filled.iv),
    aad: hex(filled.aad),
    msg: hex(filled.msg),
    ct: hex(made.subarray(0, len)),
    tag: hex(made.subarray(len)),
    result: "valid",
  };
}

/** The same, changed after it was made. */
const forged = (comment: string, flag: string, from: GcmCase, change: Partial<GcmCase>): GcmCase => ({
  ...from,
  ...change,
  comment,
  flags: [flag],
  result: "invalid",
});

const h = toValue(sm4Encrypt("sm4-ecb", key, null, Buffer.alloc(16), false));

/** x^(2¹²⁸ − 2), the inverse. */
function inverse(x: bigint): bigint {
  let [result, square] = [1n << 127n, multiply(x, x)];
  for (let i = 1; i < 128; i++, square = multiply(square, square)) result = multiply(result, square);
  return result;
}
const unH = inverse(h);

/** The nonce of 16 bytes, or of 32 that begin with `before`, whose first counter block is this. */
function nonceFor(block: bigint, before: Buffer = EMPTY): Buffer {
  const bits = BigInt(8 * (before.length + 16));
  const sum = multiply(multiply(block, unH) ^ bits, unH);
  const carried = before.length === 0 ? 0n : multiply(toValue(before), h);
  return Buffer.concat([before, toBlock(sum ^ carried)]);
}

/** Associated data of one block for which this message has this tag. */
function aadFor(tag: bigint, msg: Buffer): Buffer {
  const first = Buffer.concat([iv, Buffer.of(0, 0, 0, 1)]);
  const stream = sm4Ctr32(key, first, Buffer.concat([Buffer.alloc(16), msg]));
  const zero = Buffer.alloc(16);
  let value = tag ^ toValue(stream.subarray(0, 16)) ^ ghash(h, zero, stream.subarray(16));
  for (let i = 0; i < Math.ceil(msg.length / 16) + 2; i++) value = multiply(value, unH);
  return toBlock(value);
}

function lengths(): GcmCase[] {
  return [
    sealed("neither plaintext nor associated data", "Empty", { msg: EMPTY, aad: EMPTY }),
    sealed("no plaintext", "Empty", { msg: EMPTY }),
    sealed("no associated data", "Empty", { aad: EMPTY }),
    ...[1, 15, 16, 17, 31, 33, 127, 128, 129, 255, 256, 257, 1025].map((len) =>
      sealed(`plaintext of ${len} bytes`, "BlockEdge", { msg: some(len) }),
    ),
    ...[1, 15, 16, 17, 127, 128, 129, 1025].map((len) =>
      sealed(`associated data of ${len} bytes`, "BlockEdge", { aad: some(len) }),
    ),
    ...[1, 4, 8, 11, 13, 15, 16, 17, 31, 32, 33, 64, 128, 255, 1024].map((len) =>
      sealed(`nonce of ${len} bytes`, len < 12 ? "SmallIv" : "LongIv", { iv: some(len) }),
    ),
    ...[1, 12, 16].map((len) => sealed(`nonce of ${len} zeros`, "ZeroIv", { iv: Buffer.alloc(len) })),
    sealed("nonce of 16 bytes, as a nonce of 12 would be filled", "LongIv", {
      iv: Buffer.concat([iv, Buffer.of(0, 0, 0, 1)]),
    }),
    forged("no nonce", "ZeroLengthIv", sealed("", "", {}), { iv: "" }),
  ];
}

/** The last 32 bits of the counter go over; what stands above them stays. */
function wraps(): GcmCase[] {
  const upper = 0x00112233445566778899aabbn << 32n;
  const before = [0n, 1n, 2n, 3n, 6n, 7n, 8n, 9n, 15n, 16n, 17n, 63n, 64n, 65n];
  const msg = some(1100);
  return [
    ...before.map((left) =>
      sealed(`${left} blocks before the counter wraps`, "CounterWrap", {
        iv: nonceFor(upper | (0xffffffffn - left)),
        msg,
      }),
    ),
    sealed("the first counter block is all ones", "CounterWrap", { iv: nonceFor(2n ** 128n - 1n), msg }),
    sealed("the first counter block is all zeros", "CounterWrap", { iv: nonceFor(0n), msg }),
    sealed("the counter's highest bit turns over", "CounterWrap", { iv: nonceFor(upper | 0x7fffffffn), msg }),
    sealed("96 ones above a counter that wraps", "CounterWrap", { iv: nonceFor(2n ** 128n - 5n), msg }),
    sealed("the same from a nonce of 32 bytes", "CounterWrap", { iv: nonceFor(2n ** 128n - 5n, some(16)), msg }),
  ];
}

/** Values that are met once in 2¹²⁸ times. */
function chosen(): GcmCase[] {
  const msg = some(40);
  const first = Buffer.concat([iv, Buffer.of(0, 0, 0, 2)]);
  const stream = sm4Ctr32(key, first, Buffer.alloc(48));
  const inverted = Buffer.from(stream.map((byte) => byte ^ 0xff));
  const zeroTag = sealed("tag all zeros", "SpecialTag", { aad: aadFor(0n, msg), msg });
  return [
    zeroTag,
    sealed("tag all ones", "SpecialTag", { aad: aadFor(2n ** 128n - 1n, msg), msg }),
    sealed("tag 80 00 … 00", "SpecialTag", { aad: aadFor(1n << 127n, msg), msg }),
    sealed("tag 00 … 00 01", "SpecialTag", { aad: aadFor(1n, msg), msg }),
    sealed("ciphertext all zeros", "SpecialCiphertext", { msg: stream }),
    sealed("ciphertext all ones", "SpecialCiphertext", { msg: inverted }),
    forged("tag of zeros where it is not", "ModifiedTag", sealed("", "", { msg }), { tag: "00".repeat(16) }),
    forged("tag of ones where it is not", "ModifiedTag", sealed("", "", { msg }), { tag: "ff".repeat(16) }),
    forged("tag of zeros, turned over", "ModifiedTag", zeroTag, { tag: "ff".repeat(16) }),
  ];
}

function forgeries(): GcmCase[] {
  const good = sealed("", "", {});
  const [ct, tag] = [Buffer.from(good.ct, "hex"), Buffer.from(good.tag, "hex")];
  const other = sealed("", "", { msg: some(33).subarray(1) });
  const bare = sealed("", "", { msg: EMPTY, aad: EMPTY });
  const mask = (byte: number): string => hex(Buffer.from(tag.map((each) => each ^ byte)));
  const plainTag = toBlock(ghash(h, aad, ct));
  return [
    ...Array.from({ length: 128 }, (_, i) =>
      forged(`bit ${i} of the tag flipped`, "ModifiedTag", good, { tag: hex(altered(tag, i >> 3, 1 << (i & 7))) }),
    ),
    forged("every lowest bit of the tag flipped", "ModifiedTag", good, { tag: mask(1) }),
    forged("every highest bit of the tag flipped", "ModifiedTag", good, { tag: mask(0x80) }),
    forged("the tag turned over", "ModifiedTag", good, { tag: mask(0xff) }),
    forged("the tag backwards", "ModifiedTag", good, { tag: hex(Buffer.from(tag.toReversed())) }),
    forged("the tag of another message", "ModifiedTag", good, { tag: other.tag }),
    forged("GHASH without the cipher over it", "ModifiedTag", good, { tag: hex(plainTag) }),
    forged("the tag of nothing", "ModifiedTag", good, { tag: bare.tag }),
    ...[0, 4, 8, 12, 15].map((len) =>
      forged(`${len} bytes of the tag`, "TruncatedTag", good, { tag: hex(tag.subarray(0, len)) }),
    ),
    forged("a byte after the tag", "TruncatedTag", good, { tag: `${good.tag}00` }),
    forged("a tag of 15 bytes and nothing else", "TruncatedTag", bare, { tag: bare.tag.slice(2) }),
    forged("nothing at all", "TruncatedTag", bare, { tag: "" }),
    forged("associated data moved into the ciphertext", "MovedBoundary", good, { aad: "", ct: good.aad + good.ct }),
    forged("its last block moved into the ciphertext", "MovedBoundary", sealed("", "", { aad: some(32) }), {
      aad: hex(some(16)),
      ct: hex(some(32).subarray(16)) + sealed("", "", { aad: some(32) }).ct,
    }),
    forged("ciphertext moved into the associated data", "MovedBoundary", good, { aad: good.aad + good.ct, ct: "" }),
    forged("associated data with a zero more", "MovedBoundary", good, { aad: `${good.aad}00` }),
    forged("associated data left out", "MovedBoundary", good, { aad: "" }),
    forged("ciphertext with a zero more", "MovedBoundary", good, { ct: `${good.ct}00` }),
    forged("a byte of ciphertext missing", "MovedBoundary", good, { ct: good.ct.slice(0, -2) }),
    ...[0, 15, 16, 31].map((at) =>
      forged(`byte ${at} of the ciphertext altered`, "Altered", good, { ct: hex(altered(ct, at)) }),
    ),
    forged("associated data altered", "Altered", good, { aad: hex(altered(aad, 0)) }),
    forged("another nonce", "Altered", good, { iv: hex(altered(iv, 11)) }),
    forged("a nonce of 16 bytes that the filled one of 12 bytes is", "Altered", good, { iv: `${good.iv}00000001` }),
    forged("another key", "Altered", good, { key: hex(altered(key, 0)) }),
    forged("the two blocks of ciphertext exchanged", "Altered", good, { ct: good.ct.slice(32) + good.ct.slice(0, 32) }),
  ];
}

export const gcmCases = (): GcmCase[] => [...lengths(), ...wraps(), ...chosen(), ...forgeries()];
