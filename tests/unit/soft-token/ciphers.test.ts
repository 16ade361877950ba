import { createHash, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { digestOf, publicKeyOf } from "../../support/oracles/sm2.ts";
import { sm4Encrypt } from "../../support/oracles/symmetric.ts";
import { encrypt } from "../../support/oracles/sm2.ts";
import { bytesFrom, cipherBlob, ENCRYPTION, handleFrom, openStage, parameter, publicBlobOf, SIGNING } from "./stage.ts";
import type { Stage } from "./stage.ts";

const KEY = Buffer.from("0123456789abcdeffedcba9876543210", "hex");
const IV = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const MODES = { "sm4-ecb": 0x401, "sm4-cbc": 0x402 } as const;

/** A handle of KEY. */
function keyIn(stage: Stage, algorithm: number): bigint {
  expect(stage.login()).toBe(0);
  const blob = cipherBlob(stage.skf, encrypt(publicKeyOf(ENCRYPTION), KEY, 77n) ?? Buffer.alloc(0));
  return handleFrom(stage.skf, "ImportSessionKey", stage.container, algorithm, blob, blob.length);
}

describe.each(["sm4-ecb", "sm4-cbc"] as const)("%s", (mode) => {
  const iv = mode === "sm4-cbc" ? IV : null;

  test.each([0, 1, 15, 16, 17, 32, 100])("padded, %i bytes", (len) => {
    const stage = openStage();
    const { skf } = stage;
    const key = keyIn(stage, MODES[mode]);
    const plain = randomBytes(len);
    const expected = sm4Encrypt(mode, KEY, iv, plain);
    const begin = (what: "EncryptInit" | "DecryptInit") => expect(skf.call(what, key, parameter(iv, true))).toBe(0);
    begin("EncryptInit");
    expect(bytesFrom(skf, "Encrypt", key, plain, len)).toEqual(expected);
    begin("DecryptInit");
    expect(bytesFrom(skf, "Decrypt", key, expected, expected.length)).toEqual(plain);
    for (const piece of [1, 7, 16, 33]) {
      const run = (what: "Encrypt" | "Decrypt", bytes: Buffer) => {
        begin(`${what}Init`);
        const out: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += piece) {
          const part = bytes.subarray(at, at + piece);
          out.push(bytesFrom(skf, `${what}Update`, key, part, part.length));
        }
        return Buffer.concat([...out, bytesFrom(skf, `${what}Final`, key)]);
      };
      expect(run("Encrypt", plain)).toEqual(expected);
      expect(run("Decrypt", expected)).toEqual(plain);
    }
  });

  test("without padding takes whole blocks", () => {
    const stage = openStage();
    const { skf } = stage;
    const key = keyIn(stage, MODES[mode]);
    const plain = randomBytes(48);
    expect(skf.call("EncryptInit", key, parameter(iv, false))).toBe(0);
    expect(skf.call("Encrypt", key, plain, 47, Buffer.alloc(64), skf.out(64))).toBe(0x0a000010);
    const short = skf.out(47);
    expect([skf.call("Encrypt", key, plain, 48, Buffer.alloc(64), short), short.value]).toEqual([0x0a000020, 48]);
    expect(bytesFrom(skf, "Encrypt", key, plain, 48)).toEqual(sm4Encrypt(mode, KEY, iv, plain, false));
    expect(skf.call("Encrypt", key, plain, 48, Buffer.alloc(64), skf.out(64))).toBe(0x0a00000c);
  });

  test("refuses a padding that is none", () => {
    const stage = openStage();
    const { skf } = stage;
    const key = keyIn(stage, MODES[mode]);
    expect(skf.call("DecryptInit", key, parameter(iv, true))).toBe(0);
    const sealed = sm4Encrypt(mode, KEY, iv, Buffer.alloc(16), false);
    expect(skf.call("Decrypt", key, sealed, 16, Buffer.alloc(16), skf.out(16))).toBe(0x0a00001e);
  });
});

describe("digests", () => {
  const digestWith = ({ skf, device }: Stage, algorithm: number, blob: Buffer | null, id: string) =>
    handleFrom(skf, "DigestInit", device, algorithm, blob, id === "" ? null : Buffer.from(id), id.length);
  const data = randomBytes(300);

  test.each([
    ["sm3", 1],
    ["sha1", 2],
    ["sha256", 4],
  ])("%s", (name, id) => {
    const stage = openStage();
    const expected = createHash(name).update(data).digest();
    expect(bytesFrom(stage.skf, "Digest", digestWith(stage, id, null, ""), data, 300)).toEqual(expected);
    const inParts = digestWith(stage, id, null, "");
    expect(stage.skf.call("DigestUpdate", inParts, data, 100)).toBe(0);
    expect(stage.skf.call("DigestUpdate", inParts, data.subarray(100), 200)).toBe(0);
    expect(bytesFrom(stage.skf, "DigestFinal", inParts)).toEqual(expected);
    expect(stage.skf.call("DigestUpdate", inParts, data, 100)).toBe(0x0a00000c);
    expect(stage.skf.call("CloseHandle", inParts)).toBe(0);
  });

  test("with a key and an id give e", () => {
    const stage = openStage();
    const [point, blob] = [publicKeyOf(SIGNING), publicBlobOf(stage.skf, SIGNING)];
    for (const id of ["1234567812345678", "ALICE123@YAHOO.COM"]) {
      const digest = digestWith(stage, 1, blob, id);
      expect(bytesFrom(stage.skf, "Digest", digest, data, 300)).toEqual(digestOf(point, data, Buffer.from(id)));
    }
  });
});

describe("MACs", () => {
  test("are the last block of CBC", () => {
    const stage = openStage();
    const { skf } = stage;
    const key = keyIn(stage, 0x410);
    // BLOCKCIPHERPARAM, by its address here.
    const how = (padding: number) =>
      Buffer.concat([IV, Buffer.alloc(16), Buffer.of(16, 0, 0, 0, padding, 0, 0, 0, 0, 0, 0, 0)]);
    const data = randomBytes(48);
    const whole = handleFrom(skf, "MacInit", key, how(0));
    expect(bytesFrom(skf, "Mac", whole, data, 48)).toEqual(sm4Encrypt("sm4-cbc", KEY, IV, data, false).subarray(-16));
    const parts = handleFrom(skf, "MacInit", key, how(1));
    expect(skf.call("MacUpdate", parts, data, 7)).toBe(0);
    expect(skf.call("MacUpdate", parts, data.subarray(7), 38)).toBe(0);
    const expected = sm4Encrypt("sm4-cbc", KEY, IV, data.subarray(0, 45)).subarray(-16);
    expect(bytesFrom(skf, "MacFinal", parts)).toEqual(expected);
    const odd = handleFrom(skf, "MacInit", key, how(0));
    expect(skf.call("MacUpdate", odd, data, 7)).toBe(0);
    expect(skf.call("MacFinal", odd, Buffer.alloc(16), skf.out(16))).toBe(0x0a000010);
    expect(skf.call("EncryptInit", key, parameter(IV, false))).toBe(0x0a00000a);
  });
});
