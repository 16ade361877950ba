/**
 * Secrets steer nothing: the trace of every executed block and of every address (support/oracles/trace.ts) is the same for
 * any secrets of one length, and the emitted text holds no condition that is not listed here as public, no division, no
 * jump table. What an engine makes of it is beyond these tests.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { toBytes32 } from "../../support/oracles/bigint.ts";
import { encodePoint, encrypt, G, n, publicKeyOf, times } from "../../support/oracles/sm2.ts";
import { builds, moduleBytes } from "../../support/oracles/probe.ts";
import { Traced } from "../../support/oracles/trace.ts";

/** Secrets that a careless scalar multiplication would tell apart. */
const scalars = [
  1n,
  2n,
  32n,
  33n,
  n - 2n,
  n >> 1n,
  2n ** 255n,
  0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n,
  0x0000000000000000000000000000000000000000000000000000ffffffffffffn,
  0xfc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fc0fn,
];
const blocks = [0x00, 0xff, 0x5a, 0x01].map((byte) => Buffer.alloc(128, byte));
blocks.push(Buffer.from(Array.from({ length: 128 }, (_, i) => (i * 73) & 255)));

/**
 * Conditions in the emitted text beyond the bound of a loop, by function: [if, select]. All of them are public:
 * lengths, counters, the places of bits in a number, whether the table is ready, all of a verification, and the answer that the caller
 * gets.
 */
const publicConditions: Record<string, readonly [ifs: number, selects: number]> = {
  "crc32/byBytes": [1, 0],
  "crc32/crc32Update": [4, 0],
  "sm2/limbs/limbsFromBytes": [1, 0],
  "sm2/field/feToBytes": [1, 0],
  "sm2/digits/windowBits": [2, 0],
  "sm2/digits/wnaf": [1, 0],
  "sm2/base-table/baseMultiply": [1, 0],
  "sm2/base-table/combAddPublic": [1, 0],
  "sm2/multiply/addOdd": [1, 0],
  "sm2/multiply/pointMultiply": [1, 0],
  "sm2/nonce/sm2Nonce": [1, 0],
  "sm2/point/pointAddPublic": [4, 1],
  "sm2/table/normaliseRow": [1, 0],
  "sm2/table/oddMultiplesOf": [1, 1],
  "sm2/sign/sm2CheckKey": [0, 1],
  "sm2/sign/sm2CheckPoint": [0, 1],
  "sm2/sign/sm2PublicKey": [1, 0],
  "sm2/sign/sm2Sign": [4, 0],
  "sm2/sign/sm2SignerPrepare": [1, 1],
  "sm2/verify/start": [2, 0],
  "sm2/verify/finish": [3, 1],
  "sm2/verify/sm2KeyPrepare": [1, 1],
  "sm2/verify/sm2Verify": [4, 0],
  "sm2/verify/sm2VerifyPrepared": [2, 0],
  "sm2/encrypt/applyStream": [1, 1],
  "sm2/encrypt/sm2EncryptStart": [2, 0],
  "sm2/encrypt/sm2DecryptStart": [2, 0],
  "sm2/encrypt/sm2DecryptFinish": [0, 1],
  "sm3/hash/sm3Update": [2, 1],
  "sm3/hash/squeeze": [1, 0],
  "sm4/batches/cipherBlocks": [1, 0],
  "sm4/batches/prepare": [1, 0],
  "sm4/modes/sm4Ecb": [1, 0],
  "sm4/modes/sm4CbcDecrypt": [2, 1],
  // one of them: whether the upper 96 bits of a counter go on, which they never do in GCM
  "sm4/ctr/stream": [4, 0],
  "sm4/ghash/ghashUpdate": [2, 1],
  "sm4/gcm/gcmCompare": [0, 1],
  "sm4/segments/ghashPower": [1, 0],
};

/** Loads and stores, each as WebAssembly's text with a place to fill in for the address. */
const accesses = [
  ...["i32.load8_u", "i64.load32_s", "f64.load", "v128.load"].map((name) => `(drop (${name} offset=64 @))`),
  ...["8", "16", "32", "64"].map((bits) => `(drop (v128.load${bits}_splat offset=64 @))`),
  ...["32", "64"].map((bits) => `(drop (v128.load${bits}_zero @))`),
  ...["8x8_s", "16x4_u", "32x2_s"].map((lanes) => `(drop (v128.load${lanes} @))`),
  ...["8", "16", "32", "64"].map((bits) => `(drop (v128.load${bits}_lane offset=64 1 @ (v128.const i64x2 0 0)))`),
  ...["8", "16", "32", "64"].map((bits) => `(v128.store${bits}_lane offset=64 1 @ (v128.const i64x2 0 7))`),
  ...["i32.store", "i64.store8"].map((name) => `(${name} @ (${name.slice(0, 3)}.const 7))`),
  "(v128.store @ (v128.load (i32.const 0)))",
  "(i32.store (i32.const 0) (i32.load @))",
  "(memory.copy @ (i32.const 0) (i32.const 8))",
  "(memory.copy (i32.const 0) @ (i32.const 8))",
  "(memory.fill @ (i32.const 0) (i32.const 8))",
];

describe("the recorder", () => {
  const planted = accesses.map((text, i) => {
    const body = text.replace("@", "(i32.add (i32.const 128) (local.get $secret))");
    return `(func (export "access${i}") (param $secret i32) ${body})`;
  });
  const traced = new Traced(`(module (memory (export "memory") 1) ${planted.join("\n")})`);

  test.each(accesses.map((text, i) => [text, i] as const))("sees a secret address: %s", (_, i) => {
    const [one, other, again] = [0, 1, 0].map((secret) => traced.record(() => traced.call(`access${i}`, secret)));
    expect(other?.steps).toBe(one?.steps);
    expect(other?.digest).not.toBe(one?.digest);
    expect(again).toEqual(one);
  });

  test("refuses a module with an access that it does not report", () => {
    const add = "(i32.add (i32.atomic.load (i32.const 0)) (i32.load (i32.const 0)))";
    const module = `(module (memory 1) (func (export "add") (result i32) ${add}))`;
    expect(() => new Traced(module)).toThrow("1 of 2 accesses are reported");
  });
});

describe.each(builds)("the %s build", (build) => {
  const traced = new Traced(moduleBytes(build));
  const base = traced.call("windowAt");
  const at = (index: number): number => base + 512 * index;
  const put = (index: number, bytes: Uint8Array): void => traced.heap.set(bytes, at(index));

  /** One trace, whatever the secret. */
  function expectOneTrace<T>(secrets: readonly T[], action: (secret: T) => void): void {
    const traces = secrets.map((secret) => traced.record(() => action(secret)));
    expect(traces[0]?.steps).toBeGreaterThan(10);
    expect(new Set(traces.map(({ steps, digest }) => `${steps} ${digest}`)).size).toBe(1);
  }

  put(0, toBytes32(1n));
  traced.call("sm2PublicKey", at(1), at(0)); // builds the table of the base point, once

  test("the recorder tells traces apart: other lengths, other places", () => {
    const record = (place: number, len: number) => traced.record(() => traced.call("sm4Ecb", at(1), place, len));
    const [one, more, elsewhere, again] = [record(at(2), 64), record(at(2), 128), record(at(3), 64), record(at(2), 64)];
    expect(more.digest).not.toBe(one.digest);
    expect(elsewhere.digest).not.toBe(one.digest);
    expect(again).toEqual(one);
  });

  test("SM2: public key and key check", () => {
    expectOneTrace(scalars, (d) => {
      put(0, toBytes32(d));
      expect(traced.call("sm2CheckKey", at(0))).toBe(0);
      expect(traced.call("sm2PublicKey", at(1), at(0))).toBe(0);
    });
  });

  test("SM2: nonce and signature", () => {
    const pairs = scalars.flatMap((d) => scalars.slice(0, 4).map((k) => [d, k] as const));
    put(2, toBytes32(0x1234567890abcdefn));
    expectOneTrace(pairs, ([d, k]) => {
      put(0, toBytes32(d));
      put(1, toBytes32(k));
      traced.call("sm2Nonce", at(4), at(0), at(2), at(1));
      expect(traced.call("sm2SignerPrepare", at(5), at(0))).toBe(0);
      expect(traced.call("sm2Sign", at(3), at(2), at(5), at(1))).toBe(0);
    });
  });

  test("SM2: encryption, in the nonce and the plaintext", () => {
    put(0, encodePoint(times(5n, G)));
    expectOneTrace(scalars, (k) => {
      put(1, toBytes32(k));
      put(4, toBytes32(k ** 2n % n));
      expect(traced.call("sm2EncryptStart", at(2), at(3), at(0), at(1))).toBe(0);
      traced.call("sm2EncryptStep", at(2), at(4), 100);
      expect(traced.call("sm2EncryptFinish", at(2), at(5))).toBe(0);
    });
  });

  test("SM2: decryption, in the key and the plaintext, up to the check value", () => {
    expectOneTrace(scalars, (d) => {
      const sealed = encrypt(publicKeyOf(d), toBytes32(d), 77n) ?? Buffer.alloc(0);
      put(0, sealed.subarray(0, 65));
      put(1, toBytes32(d));
      put(3, sealed.subarray(97));
      put(4, sealed.subarray(65, 97));
      expect(traced.call("sm2DecryptStart", at(2), at(1), at(0))).toBe(0);
      traced.call("sm2DecryptStep", at(2), at(3), 32);
      expect(traced.call("sm2DecryptFinish", at(2), at(4))).toBe(0);
    });
  });

  test("SM2: a check value wrong in any byte takes the same way as in any other", () => {
    const sealed = encrypt(publicKeyOf(9n), Buffer.from("secret"), 77n) ?? Buffer.alloc(0);
    const positions = Array.from({ length: 32 }, (_, i) => i);
    expectOneTrace(positions, (position) => {
      put(0, sealed.subarray(0, 65));
      put(1, toBytes32(9n));
      put(3, sealed.subarray(97));
      const c3 = Buffer.from(sealed.subarray(65, 97));
      c3[position] = (c3[position] ?? 0) ^ 1;
      put(4, c3);
      traced.call("sm2DecryptStart", at(2), at(1), at(0));
      traced.call("sm2DecryptStep", at(2), at(3), 6);
      expect(traced.call("sm2DecryptFinish", at(2), at(4))).toBe(4);
    });
  });

  test("SM4: key schedule, ECB and CBC both ways, in key and data", () => {
    const pairs = blocks.flatMap((key) => blocks.map((data) => [key.subarray(0, 16), data] as const));
    expectOneTrace(pairs, ([key, data]) => {
      put(0, key);
      put(2, data);
      put(3, data.subarray(0, 16));
      traced.call("sm4ExpandKey", at(1), at(0));
      traced.call("sm4Ecb", at(1), at(2), 112);
      traced.call("sm4CbcEncrypt", at(1), at(3), at(2), 112);
      traced.call("sm4ReverseKeys", at(1));
      traced.call("sm4CbcDecrypt", at(1), at(3), at(2), 112);
      traced.call("sm4Ctr", at(1), at(3), at(2), 101);
    });
  });

  test("SM4 on bit planes: ECB, CBC decryption and CTR, in key and data, and in the counter where GCM makes it", () => {
    const pairs = blocks.flatMap((key) => blocks.map((data) => [key.subarray(0, 16), data] as const));
    expectOneTrace(pairs, ([key, data]) => {
      put(0, key);
      for (let part = 0; part < 38; part++) traced.heap.set(data, at(4) + 128 * part);
      put(1, data.subarray(0, 16));
      traced.call("sm4ExpandKey", at(2), at(0));
      traced.call("sm4Ctr32", at(2), at(1), at(4), 4799);
      traced.call("sm4Ecb", at(2), at(4), 4800);
      traced.call("sm4CbcDecrypt", at(2), at(1), at(4), 4800);
      put(1, Buffer.alloc(16, 0xf7));
      traced.call("sm4Ctr", at(2), at(1), at(4), 4799);
    });
  });

  test("GCM: key, data, and a tag wrong in any byte", () => {
    const pairs = blocks.flatMap((key, i) => blocks.map((data, j) => [key.subarray(0, 16), data, 4 * i + j] as const));
    expectOneTrace(pairs, ([key, data, wrong]) => {
      put(0, key);
      traced.call("sm4ExpandKey", at(1), at(0));
      traced.call("gcmStart", at(1));
      put(2, data);
      traced.call("ghashUpdate", at(1) + 128, at(2), 101);
      traced.call("gcmLengths", at(1), 0, 101);
      put(3, data.subarray(0, 16));
      traced.call("gcmTag", at(1), at(3));
      put(4, traced.heap.slice(at(3), at(3) + 16));
      if (wrong < 16) traced.heap[at(4) + wrong] = (traced.heap[at(4) + wrong] ?? 0) ^ 1;
      expect(traced.call("gcmCompare", at(3), at(4))).toBe(wrong < 16 ? 4 : 0);
    });
  });

  test("GHASH of groups side by side, in H, Y and the data", () => {
    const pairs = blocks.flatMap((hash) => blocks.map((data) => [hash.subarray(0, 32), data] as const));
    expectOneTrace(pairs, ([hash, data]) => {
      put(0, hash);
      for (let part = 0; part < 12; part++) traced.heap.set(data, at(4) + 128 * part);
      traced.call("ghashUpdate", at(0), at(4), 1501);
    });
  });

  test("GHASH of segments: hash key, and hashes", () => {
    expectOneTrace(blocks, (secret) => {
      put(0, secret);
      traced.call("ghashPower", at(1), at(0), 1001);
      traced.call("ghashJoin", at(0), at(1), at(0) + 40);
    });
  });

  test("padding: right or wrong, long or short, one trace", () => {
    const tails = Array.from({ length: 256 }, (_, last) => Buffer.alloc(16, last));
    expectOneTrace([...tails, ...blocks], (tail) => {
      put(0, tail.subarray(0, 16));
      traced.call("paddingLen", at(0));
    });
  });

  test("SM3, HMAC and PBKDF2, in key and data", () => {
    expectOneTrace(blocks, (secret) => {
      put(0, secret);
      traced.call("hmacInit", at(1), at(0), 33);
      traced.heap.copyWithin(at(2), at(1), at(1) + 104);
      traced.call("sm3Update", at(2), at(0), 100);
      traced.call("hmacFinish", at(1), at(2), at(3));
      traced.call("pbkdf2Steps", at(1), at(3), at(4), 5);
      traced.call("pbkdf2Lanes", at(1), at(4), 5);
      traced.call("sm3Init", at(2));
      traced.call("sm3Update", at(2), at(0), 77);
      traced.call("sm3Digest", at(2), at(3));
      for (let part = 0; part < 3; part++) traced.heap.set(secret, at(4) + 128 * part);
      traced.call("sm3Update", at(2), at(4), 384);
      traced.call("sm3Digest", at(2), at(3));
    });
  });

  test("SM3 in four lanes", () => {
    expectOneTrace(blocks, (secret) => {
      for (let part = 0; part < 8; part++) traced.heap.set(secret, at(4) + 128 * part);
      traced.call("sm3Init", at(0));
      traced.call("lanesStart", at(1), at(0));
      traced.call("sm3Pad", at(5) + 192, 55, 64, 247);
      traced.call("sm3Lanes", at(1), at(4), 256, 4);
      traced.call("lanesToBytes", at(2), at(1));
    });
  });

  test("the emitted text: every condition is a listed one, and nothing divides", { timeout: 60_000 }, () => {
    const house = resolve(import.meta.dirname, "../../..");
    const folder = mkdtempSync(join(tmpdir(), "text-"));
    const file = join(folder, "gm.wat");
    const asc = ["node_modules/assemblyscript/bin/asc.js", "wasm-core/index.ts", "--config", "asconfig.json"];
    const outputs = ["--target", build, "--textFile", file, "--outFile", join(folder, "gm.wasm")];
    execFileSync(process.execPath, [...asc, ...outputs], { cwd: house, stdio: "pipe" });
    const text = readFileSync(file, "utf8");
    rmSync(folder, { recursive: true, force: true });

    expect(text.match(/\b(?:i32|i64)\.(?:div|rem)_\w+|\bbr_table\b|\bcall_indirect\b|\bmemory\.grow\b/g)).toBeNull();
    const conditions: Record<string, readonly [number, number]> = {};
    for (const body of text.split("\n (func $wasm-core/").slice(1)) {
      const name = body.split(/\s/, 1)[0] ?? "";
      const count = (word: RegExp): number => body.match(word)?.length ?? 0;
      const ifs = count(/^\s+(?:if|br_if)\b/gm) - count(/^\s+loop\b/gm);
      const selects = count(/^\s+select\b/gm);
      if (ifs !== 0 || selects !== 0) conditions[name] = [ifs, selects];
    }
    expect(conditions).toEqual(publicConditions);
  });
});
