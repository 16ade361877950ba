/** The modules as they ship: asks for nothing, offers what is listed, keeps its size, and leaves no secret behind. */
import { describe, expect, test } from "vitest";
import { openCore } from "../../../packages/gm/src/core/index.ts";
import { openSegments } from "../../../packages/gm/src/core/segments.ts";
import { toBytes32 } from "../../support/oracles/bigint.ts";
import { builds, moduleBytes } from "../../support/oracles/probe.ts";
import { encrypt, publicKeyOf } from "../../support/oracles/sm2.ts";

describe.each(builds)("the %s build", (build) => {
  const module = new WebAssembly.Module(moduleBytes(build));

  test("no imports", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  test("exactly these exports", () => {
    const names = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
    const functions = [
      "crc32Margin",
      "crc32Update",
      "gcmCompare",
      "gcmLengths",
      "gcmStart",
      "gcmTag",
      "ghashJoin",
      "ghashPower",
      "ghashUpdate",
      "hmacFinish",
      "hmacInit",
      "lanesStart",
      "lanesToBytes",
      "paddingLen",
      "pbkdf2Lanes",
      "pbkdf2Steps",
      "sm2CheckKey",
      "sm2CheckPoint",
      "sm2DecryptFinish",
      "sm2DecryptStart",
      "sm2DecryptStep",
      "sm2EncryptFinish",
      "sm2EncryptStart",
      "sm2EncryptStep",
      "sm2KeyPrepare",
      "sm2Nonce",
      "sm2PublicKey",
      "sm2Sign",
      "sm2SignerPrepare",
      "sm2Verify",
      "sm2VerifyPrepared",
      "sm3Digest",
      "sm3Init",
      "sm3Lanes",
      "sm3Pad",
      "sm3Update",
      "sm4CbcDecrypt",
      "sm4CbcEncrypt",
      "sm4Ctr",
      "sm4Ctr32",
      "sm4Ecb",
      "sm4ExpandKey",
      "sm4ReverseKeys",
      "trayAt",
      "windowAt",
      "windowLen",
      "wipe",
    ];
    expect(names.sort()).toEqual([...functions.map((name) => `function ${name}`), "memory memory"]);
  });

  test("one MiB of memory that never grows, and a small file", () => {
    const { memory } = new WebAssembly.Instance(module).exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
    expect(memory.buffer.byteLength).toBe(1 << 20);
    expect(() => memory.grow(1)).toThrow(RangeError);
    expect(moduleBytes(build).length).toBeLessThan(80_000);
  });

  test("after every operation the memory is what it was before, whatever the secrets", () => {
    const instance = new WebAssembly.Instance(module);
    const core = openCore(instance);
    const segments = openSegments(instance);
    const { memory } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
    const d = 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n;
    const key = toBytes32(d);
    const publicKey = publicKeyOf(d);
    const data = Buffer.from("the price of the bid, which nobody else may know: 12 345 678 yuan; ".repeat(3));
    const sealed = encrypt(publicKey, data, d + 1n) ?? data;
    const cipherKey = key.subarray(16);
    const whole = data.subarray(0, 192);
    const long = Buffer.concat(Array.from({ length: 16 }, () => data));
    const twelve = key.subarray(0, 12);
    core.publicKey(key); // builds the table of the base point
    core.verify(publicKey, key, sealed.subarray(0, 64)); // builds its odd multiples
    core.keyPrepare(0, publicKey); // fills a slot
    const signer = core.signerPrepare(key) ?? key;
    const clean = Buffer.from(memory.buffer.slice(0));

    const operations: Record<string, () => unknown> = {
      sm3: () => core.sm3(data, key),
      sm3Four: () => core.sm3Four([data, data, data, data], 4),
      hmac: () => core.hmac(data, key),
      pbkdf2: () => core.pbkdf2Blocks(data, key, 3, 1, 1),
      "pbkdf2, four blocks": () => core.pbkdf2Blocks(data, key, 3, 1, 4),
      ecbEncrypt: () => core.ecbEncrypt(cipherKey, whole, 16),
      ecbDecrypt: () => core.ecbDecrypt(cipherKey, whole, false),
      cbcEncrypt: () => core.cbcEncrypt(cipherKey, cipherKey, whole, 16),
      cbcDecrypt: () => core.cbcDecrypt(cipherKey, cipherKey, whole),
      "ecbEncrypt, long": () => core.ecbEncrypt(cipherKey, long.subarray(0, 3072), 16),
      "cbcDecrypt, long": () => core.cbcDecrypt(cipherKey, cipherKey, long.subarray(0, 3072)),
      ctr: () => core.ctr(cipherKey, cipherKey, long),
      gcmEncrypt: () => core.gcmEncrypt(cipherKey, twelve, long, data),
      "gcmEncrypt, long nonce": () => core.gcmEncrypt(cipherKey, long, long, long),
      "gcmDecrypt, refused": () => core.gcmDecrypt(cipherKey, twelve, long, data),
      checkKey: () => core.checkKey(key),
      publicKey: () => core.publicKey(key),
      signerPrepare: () => core.signerPrepare(key),
      sign: () => core.sign(signer, key, cipherKey),
      verify: () => core.verify(publicKey, key, sealed.subarray(0, 64)),
      encrypt: () => core.encrypt(publicKey, data, key),
      decrypt: () => core.decrypt(key, sealed),
      "decrypt, refused": () => core.decrypt(key, Buffer.concat([sealed, key])),
      verifyPrepared: () => core.verifyPrepared(0, key, sealed.subarray(0, 64)),
      "signerPrepare, refused": () => core.signerPrepare(Buffer.alloc(32, 255)),
      "segment of CTR": () => segments.ctr(cipherKey, cipherKey, 3, Buffer.from(data)),
      "segment of GCM, sealed": () => segments.gcm(cipherKey, cipherKey, 3, Buffer.from(data), true),
      "segment of GCM, opened": () => segments.gcm(cipherKey, cipherKey, 3, Buffer.from(data), false),
      "counter of GCM": () => segments.firstCounter(cipherKey, data),
      "tag of segments": () => segments.gcmTag(cipherKey, cipherKey, data, cipherKey, data.length, null),
      "tag of segments, refused": () => segments.gcmTag(cipherKey, cipherKey, data, cipherKey, data.length, cipherKey),
      "publicKey, refused": () => core.publicKey(Buffer.alloc(32, 255)),
    };
    for (const [name, operation] of Object.entries(operations)) {
      operation();
      const now = Buffer.from(memory.buffer);
      const changed = now.findIndex((byte, i) => byte !== clean[i]);
      expect([name, changed]).toEqual([name, -1]);
    }
  });
});
