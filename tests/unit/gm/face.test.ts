/** The face: wrong shapes in plain words, ids, running hashes, randomness, loading. */
import { loadGm } from "@certbridge/gm/node";
import { loadGm as load } from "@certbridge/gm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runInNewContext } from "node:vm";
import type { Build } from "../../support/oracles/probe.ts";
import { moduleBytes } from "../../support/oracles/probe.ts";
import * as oracle from "../../support/oracles/sm2.ts";
import * as node from "../../support/oracles/symmetric.ts";
import { toNumber } from "../../support/oracles/bigint.ts";

const gm = await loadGm();
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (data: Uint8Array | null): string => (data === null ? "null" : Buffer.from(data).toString("hex"));
const { privateKey, publicKey } = gm.sm2KeyPair();
const message = text("投标文件");
const signature = gm.sm2Sign(privateKey, message);
const bytes = (len: number): Uint8Array => new Uint8Array(len);

/** A value of another type, as a program without a type checker passes it. */
const untyped = (value: unknown): never => value as never;

describe("wrong shapes", () => {
  const wrong: readonly (readonly [words: string, type: typeof Error, call: () => unknown])[] = [
    ['"key" expected 16 bytes, got 15', RangeError, () => gm.sm4EcbEncrypt(bytes(15), message)],
    ['"key" expected 16 bytes, got 17', RangeError, () => gm.sm4CbcDecrypt(bytes(17), bytes(16), message)],
    ['"iv" expected 16 bytes, got 12', RangeError, () => gm.sm4CbcEncrypt(bytes(16), bytes(12), message)],
    ['"nonce" expected at least 1 byte, got 0', RangeError, () => gm.sm4GcmEncrypt(bytes(16), bytes(0), message)],
    ['"key" expected 16 bytes, got 0', RangeError, () => gm.sm4GcmDecrypt(bytes(0), bytes(12), message)],
    ['"counter" expected 16 bytes, got 12', RangeError, () => gm.sm4Ctr(bytes(16), bytes(12), message)],
    [
      '"data" expected a multiple of 16 bytes without padding, got 5',
      RangeError,
      () => gm.sm4EcbEncrypt(bytes(16), bytes(5), { padding: false }),
    ],
    ['"data" expected Uint8Array, got string', TypeError, () => gm.sm3(untyped("abc"))],
    ['"data" expected Uint8Array, got null', TypeError, () => gm.sm3(untyped(null))],
    ['"messages" expected Uint8Array, got string', TypeError, () => gm.sm3Many([message, untyped("abc")])],
    ['"data" expected Uint8Array, got object', TypeError, () => gm.sm3(untyped([1, 2]))],
    [
      '"data" expected Uint8Array, got Uint16Array',
      TypeError,
      () => gm.createSm3().update(untyped(new Uint16Array(2))),
    ],
    ['"data" expected Uint8Array, got DataView', TypeError, () => gm.sm3(untyped(new DataView(new ArrayBuffer(1))))],
    [
      '"len" expected a whole number from 1 to 8160, got 8161',
      RangeError,
      () => gm.hkdfSm3(message, message, message, 8161),
    ],
    ['"len" expected a whole number from 1 to 8160, got 0', RangeError, () => gm.hkdfSm3(message, message, message, 0)],
    ['"len" expected number, got string', TypeError, () => gm.hkdfSm3(message, message, message, untyped("1"))],
    [
      '"iterations" expected a whole number from 1 to 2147483647, got 0',
      RangeError,
      () => gm.pbkdf2Sm3(message, message, 0, 32),
    ],
    [
      '"iterations" expected a whole number from 1 to 2147483647, got 1.5',
      RangeError,
      () => gm.pbkdf2Sm3(message, message, 1.5, 32),
    ],
    [
      '"len" expected a whole number from 1 to 2147483647, got 0',
      RangeError,
      () => gm.pbkdf2Sm3(message, message, 1, 0),
    ],
    ['"privateKey" expected 32 bytes, got 31', RangeError, () => gm.sm2Sign(bytes(31), message)],
    ['"privateKey" expected a number in [1, n − 2]', RangeError, () => gm.sm2Sign(bytes(32), message)],
    ['"privateKey" expected a number in [1, n − 2]', RangeError, () => gm.sm2PublicKey(bytes(32).fill(255))],
    ['"privateKey" expected a number in [1, n − 2]', RangeError, () => gm.sm2SignDigest(bytes(32), bytes(32))],
    ['"privateKey" expected a number in [1, n − 2]', RangeError, () => gm.sm2Decrypt(bytes(32), bytes(98))],
    ['"e" expected 32 bytes, got 33', RangeError, () => gm.sm2SignDigest(privateKey, bytes(33))],
    [
      '"publicKey" expected 65 bytes, got 64',
      RangeError,
      () => gm.sm2Verify(publicKey.subarray(1), message, signature),
    ],
    ['"publicKey" expected an uncompressed point, 04 first', RangeError, () => gm.za(bytes(65))],
    [
      '"publicKey" expected a point of the curve',
      RangeError,
      () => gm.sm2Encrypt(Uint8Array.of(4, ...bytes(64)), message),
    ],
    [
      '"id" expected fewer than 8192 bytes, got 8192',
      RangeError,
      () => gm.sm2Sign(privateKey, message, { id: bytes(8192) }),
    ],
    ['"id" expected fewer than 8192 bytes, got 8193', RangeError, () => gm.za(publicKey, "中".repeat(2731))],
    ['"id" expected Uint8Array, got number', TypeError, () => gm.za(publicKey, untyped(5))],
  ];

  test.each(wrong)("%s", (words, type, call) => {
    expect(call).toThrow(type);
    expect(call).toThrow(words);
  });

  test("bytes of another realm are bytes, and so are Node's buffers", () => {
    const foreign: unknown = runInNewContext("new Uint8Array([97, 98, 99])");
    expect(hex(gm.sm3(untyped(foreign)))).toBe(hex(gm.sm3(Buffer.from("abc"))));
  });

  test("what a sender may have forged is false or null, not an error", () => {
    const offCurve = Uint8Array.of(4, ...bytes(64));
    expect(gm.sm2Verify(offCurve, message, signature)).toBe(false);
    expect(gm.sm2Verify(publicKey, message, signature.subarray(1))).toBe(false);
    expect(gm.sm2VerifyDigest(publicKey, bytes(32), bytes(0))).toBe(false);
    expect(gm.sm2Decrypt(privateKey, bytes(98))).toBeNull();
    expect(gm.sm4CbcDecrypt(bytes(16), bytes(16), bytes(0))).toBeNull();
    expect(gm.sm4EcbDecrypt(bytes(16), bytes(0))).toBeNull();
    expect(hex(gm.sm4EcbDecrypt(bytes(16), bytes(0), { padding: false }))).toBe("");
  });
});

describe("distinguishing id", () => {
  test("the default, text and bytes", () => {
    expect(hex(gm.za(publicKey))).toBe(hex(oracle.za(publicKey)));
    expect(hex(gm.za(publicKey, "甲方"))).toBe(hex(oracle.za(publicKey, text("甲方"))));
    for (const len of [0, 1, 31, 32, 8191]) {
      expect(hex(gm.za(publicKey, bytes(len)))).toBe(hex(oracle.za(publicKey, bytes(len))));
    }
  });

  test("a signature holds for its id alone", () => {
    const signed = gm.sm2Sign(privateKey, message, { id: "certbridge" });
    expect(gm.sm2Verify(publicKey, message, signed, { id: text("certbridge") })).toBe(true);
    expect(gm.sm2Verify(publicKey, message, signed)).toBe(false);
    expect(gm.sm2Verify(publicKey, message, signature, { id: "" })).toBe(false);
    const e = oracle.digestOf(publicKey, message, text("certbridge"));
    expect(gm.sm2VerifyDigest(publicKey, e, signed)).toBe(true);
    expect(oracle.verifyDigest(publicKey, toNumber(e), signed)).toBe(true);
  });
});

test("running SM3: fed on after a digest, cloned, side by side", () => {
  const one = gm.createSm3().update(text("ab"));
  const other = gm.createSm3().update(bytes(100));
  const copy = one.clone();
  expect(hex(one.digest())).toBe(hex(node.sm3(text("ab"))));
  one.update(text("c"));
  copy.update(text("d"));
  expect(hex(one.digest())).toBe(hex(node.sm3(text("abc"))));
  expect(hex(one.digest())).toBe(hex(node.sm3(text("abc"))));
  expect(hex(copy.digest())).toBe(hex(node.sm3(text("abd"))));
  expect(hex(other.digest())).toBe(hex(node.sm3(bytes(100))));
});

test("running SM3: saved anywhere in a block, and gone on with by another instance", async () => {
  const elsewhere = await loadGm();
  for (const at of [0, 1, 63, 64, 65, 128, 300]) {
    const saved = gm.createSm3().update(bytes(300).subarray(0, at)).save();
    const restored = elsewhere.createSm3(saved).update(bytes(300).subarray(at));
    saved.fill(0);
    expect(hex(restored.digest())).toBe(hex(node.sm3(bytes(300))));
  }
  expect(() => gm.createSm3(bytes(103))).toThrow(new RangeError('"saved" expected 104 bytes, got 103'));
});

describe("randomness", () => {
  test("two signatures of one message differ, and both hold", () => {
    const again = gm.sm2Sign(privateKey, message);
    expect(hex(again)).not.toBe(hex(signature));
    expect([again, signature].map((each) => gm.sm2Verify(publicKey, message, each))).toEqual([true, true]);
  });

  test("a random source that stands still signs like RFC 6979 with that extra input, never one nonce for two messages", async () => {
    const stuck = await loadGm({ random: (into) => into.fill(7) });
    const [e1, e2] = [node.sm3(text("one")), node.sm3(text("two"))];
    const [first, second] = [stuck.sm2SignDigest(privateKey, e1), stuck.sm2SignDigest(privateKey, e2)];
    const nonces = [e1, e2].map((e) => oracle.nonceCandidate(privateKey, e, bytes(32).fill(7)));
    expect(hex(first)).toBe(hex(oracle.signDigest(toNumber(privateKey), toNumber(e1), toNumber(nonces[0] ?? e1))));
    expect(hex(second)).toBe(hex(oracle.signDigest(toNumber(privateKey), toNumber(e2), toNumber(nonces[1] ?? e2))));
    expect(hex(nonces[0] ?? null)).not.toBe(hex(nonces[1] ?? null));
  });

  test("numbers out of range are drawn again; a source that gives nothing else is refused", async () => {
    const draws = [bytes(32), bytes(32).fill(255), bytes(32).fill(9)];
    const picky = await loadGm({ random: (into) => into.set(draws.shift() ?? bytes(32).fill(3)) });
    expect(hex(picky.sm2KeyPair().privateKey)).toBe("09".repeat(32));
    const broken = await loadGm({ random: (into) => into.fill(255) });
    expect(() => broken.sm2KeyPair()).toThrow("the random source gave nothing usable in 16 draws");
    expect(() => broken.sm2Encrypt(publicKey, message)).toThrow("nothing usable");
  });

  test("an encryption whose key stream is all zero is drawn again", async () => {
    // one nonce in 256 gives a zero byte for a message of one byte
    const shared = (k: number): Uint8Array =>
      oracle.encodePoint(oracle.times(BigInt(k) * toNumber(privateKey), oracle.G)).subarray(1);
    let k = 1;
    while (oracle.kdf(shared(k), 1)[0] !== 0) k++;
    const nonce = (value: number): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
    const draws = [nonce(k)];
    const fixed = await loadGm({ random: (into) => into.set(draws.shift() ?? nonce(k + 1)) });
    const made = fixed.sm2Encrypt(publicKey, Uint8Array.of(65));
    expect(draws).toEqual([]);
    expect(hex(made)).toBe(hex(oracle.encrypt(publicKey, Uint8Array.of(65), BigInt(k + 1))));
  });
});

describe("loading", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  test("from bytes, from a module, and with a second program that the engine refuses", async () => {
    const module = new WebAssembly.Module(moduleBytes("simd"));
    for (const options of [
      { simd: moduleBytes("simd") },
      { simd: module },
      { simd: module, relaxed: bytes(8) },
      { simd: bytes(0), relaxed: module },
    ]) {
      expect(hex((await load(options)).sm3(text("abc")))).toBe(hex(node.sm3(text("abc"))));
    }
  });

  /** 1/x, which SM4 looks up, with a wrong 1/1. */
  function wrong(build: Build): Buffer<ArrayBuffer> {
    const program = moduleBytes(build);
    const table = program.indexOf(Buffer.from("8001090e0d0b0706", "hex"));
    expect(table).toBeGreaterThan(0);
    program[table + 1] = 0;
    return program;
  }

  test("a program that computes wrongly does not start", async () => {
    await expect(load({ simd: wrong("simd") })).rejects.toThrow("the cryptographic core failed its self-test: sm4");
    const both = { simd: wrong("simd"), relaxed: wrong("relaxed") };
    await expect(load(both)).rejects.toThrow("the cryptographic core failed its self-test: sm4");
  });

  test("the plain one starts where the relaxed one computes wrongly", async () => {
    const started = await load({ simd: moduleBytes("simd"), relaxed: wrong("relaxed") });
    expect(hex(started.sm3(text("abc")))).toBe(hex(node.sm3(text("abc"))));
  });

  test("an engine without SIMD, or without WebAssembly, is told so", async () => {
    const options = { simd: moduleBytes("simd"), relaxed: moduleBytes("relaxed") };
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    await expect(load(options)).rejects.toThrow("needs WebAssembly SIMD, which this engine does not have");
    vi.stubGlobal("WebAssembly", undefined);
    await expect(load(options)).rejects.toThrow("needs WebAssembly, which is off here");
  });
});
