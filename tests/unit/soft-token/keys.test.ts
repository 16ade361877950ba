import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toNumber } from "../../support/oracles/bigint.ts";
import { ciphertextFromDer } from "../../support/oracles/der.ts";
import { decrypt, digestOf, encrypt, publicKeyOf, verifyDigest } from "../../support/oracles/sm2.ts";
import { sm4Decrypt, sm4Encrypt } from "../../support/oracles/symmetric.ts";
import {
  bytesFrom,
  cipherBlob,
  ENCRYPTION,
  handleFrom,
  hexOf,
  openStage,
  opensslEncrypts,
  opensslVerifies,
  parameter,
  pointOf,
  publicBlobOf,
  rawCipher,
  SIGNING,
  ulong,
} from "./stage.ts";
import type { Stage } from "./stage.ts";

const SM4_ECB = 0x401;
const SM4_CBC = 0x402;
const NONCE = 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n;

const sealTo = (d: bigint, plain: Uint8Array): Buffer => encrypt(publicKeyOf(d), plain, NONCE) ?? Buffer.alloc(0);

/** Signature blob of 32 bytes. */
function sign({ skf, container }: Stage, data: Uint8Array): Buffer {
  const signature = Buffer.alloc(128);
  expect(skf.call("ECCSignData", container, data, data.length, signature)).toBe(0);
  return signature;
}

describe.each(["packed4", "natural8"] as const)("keys of %s", (layout) => {
  test("made inside sign, as OpenSSL verifies", () => {
    const stage = openStage({ layout });
    const { skf, device, container } = stage;
    const [blob, e] = [Buffer.alloc(136), randomBytes(32)];
    expect(skf.call("GenECCKeyPair", container, 0x20100, blob)).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    expect(skf.call("GenECCKeyPair", container, 0x20100, blob)).toBe(0);
    const exported = bytesFrom(skf, "ExportPublicKey", container, 1);
    expect(exported).toEqual(blob.subarray(0, skf.wide ? 136 : 132));
    const [signature, point] = [sign(stage, e), pointOf(skf, exported)];
    expect(opensslVerifies(point, e, signature)).toBe(true);
    expect(opensslVerifies(point, randomBytes(32), signature)).toBe(false);
    expect(skf.call("ECCVerify", device, exported, e, 32, signature)).toBe(0);
    expect(skf.call("ECCVerify", device, exported, randomBytes(32), 32, signature)).toBe(0x0a000001);
    expect(skf.call("ECCVerify", device, Buffer.alloc(136, 1), e, 32, signature)).toBe(0x0a000011);
    expect(skf.call("ECCSignData", container, e, 31, Buffer.alloc(128))).toBe(0x0a000010);
  });

  test("open what OpenSSL encrypted: a session key inside, and what is under it", () => {
    const stage = openStage({ layout });
    const { skf, container } = stage;
    expect(stage.login()).toBe(0);
    const [key, iv, plain] = [randomBytes(16), randomBytes(16), randomBytes(32)];
    const wrapped = cipherBlob(skf, ciphertextFromDer(opensslEncrypts(publicKeyOf(ENCRYPTION), key)));
    const session = handleFrom(skf, "ImportSessionKey", container, SM4_CBC, wrapped, wrapped.length);
    expect(skf.call("Decrypt", session, plain, 32, null, skf.out())).toBe(0x0a00000c);
    expect(skf.call("DecryptInit", session, parameter(iv, false))).toBe(0);
    expect(bytesFrom(skf, "Decrypt", session, sm4Encrypt("sm4-cbc", key, iv, plain, false), 32)).toEqual(plain);
    expect(skf.call("CloseHandle", session)).toBe(0);
    expect(skf.call("CloseHandle", session)).toBe(0x0a000005);
  });

  test("from outside come in an envelope", () => {
    const stage = openStage({ layout });
    const { skf, container } = stage;
    const [own, key] = [0x1234n << 200n, randomBytes(16)];
    const envelope = (plain: Uint8Array, version = 1) =>
      Buffer.concat([
        ulong(skf, version),
        ulong(skf, SM4_ECB),
        ulong(skf, 256),
        Buffer.concat([sm4Encrypt("sm4-ecb", key, null, plain, false), Buffer.alloc(64)]).subarray(0, 64),
        publicBlobOf(skf, own),
        cipherBlob(skf, sealTo(SIGNING, key)),
      ]);
    const bare = Buffer.from(hexOf(own), "hex");
    const whole = envelope(Buffer.concat([Buffer.alloc(32), bare]));
    const load = (blob: Uint8Array) => skf.call("ImportECCKeyPair", container, blob);
    expect(load(whole)).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    expect(load(envelope(bare))).toBe(0x0a000011);
    expect(load(envelope(Buffer.concat([Buffer.alloc(32), bare]), 2))).toBe(0x0a000011);
    expect(bytesFrom(skf, "ExportPublicKey", container, 0)).toEqual(publicBlobOf(skf, ENCRYPTION));
    expect(load(whole)).toBe(0);
    expect(bytesFrom(skf, "ExportPublicKey", container, 0)).toEqual(publicBlobOf(skf, own));
    expect(bytesFrom(skf, "ExportPublicKey", container, 1)).toEqual(publicBlobOf(skf, SIGNING));
    stage.token.setConf({ "enveloped-plain": 32 });
    expect(load(whole)).toBe(0x0a000011);
    expect(load(envelope(bare))).toBe(0);
  });

  test("of others are encrypted to", () => {
    const stage = openStage({ layout });
    const { skf, device, container } = stage;
    const [plain, out] = [randomBytes(50), Buffer.alloc(300)];
    expect(skf.call("ExtECCEncrypt", device, publicBlobOf(skf, ENCRYPTION), plain, 50, out)).toBe(0);
    expect(decrypt(ENCRYPTION, rawCipher(skf, out))).toEqual(plain);
    const exported = Buffer.alloc(300);
    const session = handleFrom(skf, "ECCExportSessionKey", container, SM4_ECB, publicBlobOf(skf, SIGNING), exported);
    const key = decrypt(SIGNING, rawCipher(skf, exported)) ?? Buffer.alloc(0);
    expect(key).toHaveLength(16);
    expect(skf.call("EncryptInit", session, parameter(null, true))).toBe(0);
    const sealed = bytesFrom(skf, "Encrypt", session, plain, 50);
    expect(sm4Decrypt("sm4-ecb", key, null, sealed)).toEqual(plain);
    expect(skf.call("ExtECCEncrypt", device, Buffer.alloc(136, 1), plain, 50, out)).toBe(0x0a000011);
  });
});

describe("a session key", () => {
  const importInto = ({ skf, container }: Stage, blob: Uint8Array, algorithm = SM4_ECB) =>
    skf.call("ImportSessionKey", container, algorithm, blob, blob.length, skf.out());

  test("is refused for what is wrong with it", () => {
    const stage = openStage();
    const blob = cipherBlob(stage.skf, sealTo(ENCRYPTION, Buffer.alloc(16, 5)));
    expect(importInto(stage, blob)).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    expect(importInto(stage, blob)).toBe(0);
    expect(importInto(stage, blob, 0x101)).toBe(0x0a000003);
    expect(importInto(stage, blob.subarray(0, -1))).toBe(0x0a000010);
    const forged = Buffer.from(blob);
    forged[130] = (forged[130] ?? 0) ^ 1;
    expect(importInto(stage, forged)).toBe(0x0a000011);
    expect(importInto(stage, cipherBlob(stage.skf, sealTo(SIGNING, Buffer.alloc(16))))).toBe(0x0a000011);
    expect(importInto(stage, cipherBlob(stage.skf, sealTo(ENCRYPTION, Buffer.alloc(24))))).toBe(0x0a000010);
  });

  test("comes without a blob's form in one library", () => {
    const stage = openStage({ conf: { "import-session": "raw" } });
    expect(stage.login()).toBe(0);
    const raw = sealTo(ENCRYPTION, Buffer.alloc(16, 5));
    expect(importInto(stage, raw)).toBe(0);
    expect(importInto(stage, raw.subarray(1))).toBe(0);
    expect(importInto(stage, cipherBlob(stage.skf, raw))).toBe(0x0a000010);
  });
});

describe("what vendors do otherwise", () => {
  test("the message itself is signed, under the default id", () => {
    const stage = openStage({ conf: { sign: "message" } });
    expect(stage.login()).toBe(0);
    const [message, point] = [Buffer.from("投标函"), publicKeyOf(SIGNING)];
    const signature = sign(stage, message);
    const raw = Buffer.concat([signature.subarray(32, 64), signature.subarray(96)]);
    const e = digestOf(point, message);
    expect(verifyDigest(point, toNumber(e), raw)).toBe(true);
    expect(opensslVerifies(point, e, signature)).toBe(true);
    // Given e, it signs a digest of e: a host that does not know makes signatures that nobody verifies.
    expect(opensslVerifies(point, e, sign(stage, e))).toBe(false);
  });

  test.each([
    ["2012", 0x20100, 0x20700],
    ["0006", 0x20200, 0x20e00],
    ["0300", 0x20300, 0x20300],
  ])("algorithm ids of %s", (algorithms, id, capability) => {
    const stage = openStage({ conf: { algorithms } });
    const { skf, container, device } = stage;
    expect(stage.login()).toBe(0);
    const codes = [0x20100, 0x20200, 0x20300].map((each) =>
      skf.call("GenECCKeyPair", container, each, Buffer.alloc(132)),
    );
    expect(codes).toEqual([0x20100, 0x20200, 0x20300].map((each) => (each === id ? 0 : 0x0a000006)));
    const info = Buffer.alloc(512);
    expect(skf.call("GetDevInfo", device, info)).toBe(0);
    expect(info.readUInt32LE(202)).toBe(capability);
  });

  test.each([
    ["A", "ECCDecrypt", false],
    ["B", "ECCDecrypt", true],
    ["C", "PrvKeyDecrypt", false],
    ["D", "PrvKeyDecrypt", true],
  ])("decryption that gives the bytes out, form %s", (form, name, numbered) => {
    const stage = openStage({ exports: "vendor", conf: { decrypt: form } });
    const { skf, container } = stage;
    const plain = randomBytes(32);
    const blob = cipherBlob(skf, sealTo(ENCRYPTION, plain));
    const [out, len] = [Buffer.alloc(64), skf.out(64)];
    const decryptAs = (which: string) =>
      numbered
        ? skf.callAs(which, "huppp", container, 2, blob, out, len)
        : skf.callAs(which, "hppp", container, blob, out, len);
    expect(decryptAs(name)).toBe(0x0a00002d);
    expect(stage.login()).toBe(0);
    expect(decryptAs(name)).toBe(0);
    expect([len.value, out.subarray(0, 32)]).toEqual([32, plain]);
    blob[140] = (blob[140] ?? 0) ^ 1;
    expect(decryptAs(name)).toBe(0x0a000011);
    stage.token.setConf({ decrypt: "none" });
    expect(decryptAs(name)).toBe(0x0a000003);
  });
});
