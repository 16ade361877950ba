/** Every length from 0 to 200 for every function that takes one, against Node. */
import { checkGcmLen } from "../../../packages/gm/src/check.ts";
import { describe, expect, test } from "vitest";
import { builds, openEach } from "../../support/oracles/probe.ts";
import { filler } from "../../support/oracles/filler.ts";
import * as node from "../../support/oracles/symmetric.ts";
import { decrypt, publicKeyOf } from "../../support/oracles/sm2.ts";

const gms = await openEach();
const lengths = Array.from({ length: 201 }, (_, len) => len);

const hex = (data: Uint8Array | null): string => (data === null ? "null" : Buffer.from(data).toString("hex"));
const key = filler(16, 1);
const iv = filler(16, 2);

describe.each(builds)("the %s build", (build) => {
  const gm = gms[build];

  test("SM3, whole and in two parts", () => {
    for (const len of lengths) {
      const data = filler(len, len);
      expect(hex(gm.sm3(data))).toBe(hex(node.sm3(data)));
      const cut = len >> 1;
      const running = gm.createSm3().update(data.subarray(0, cut)).update(data.subarray(cut));
      expect(hex(running.digest())).toBe(hex(node.sm3(data)));
    }
  });

  test("SM3 of many messages, and of messages whose padding is about the end of a lane's window", () => {
    const lane = 65_536;
    const beside = Array.from({ length: 140 }, (_, i) => lane - 135 + i);
    const messages = [...lengths, ...beside, 2 * lane - 128].map((len, i) => filler(len, i));
    expect(gm.sm3Many(messages).map(hex)).toEqual(messages.map((message) => hex(node.sm3(message))));
    const alike = Array.from({ length: 7 }, (_, i) => filler(2 * lane - 128 - (i % 2), i));
    expect(gm.sm3Many(alike).map(hex)).toEqual(alike.map((message) => hex(node.sm3(message))));
    expect(gm.sm3Many([])).toEqual([]);
  });

  test("HMAC-SM3: message, then key", () => {
    for (const len of lengths) {
      const [data, long] = [filler(len, 3), filler(len, 4)];
      expect(hex(gm.hmacSm3(key, data))).toBe(hex(node.hmacSm3(key, data)));
      expect(hex(gm.hmacSm3(long, key))).toBe(hex(node.hmacSm3(long, key)));
    }
  });

  test("HKDF-SM3: output, key, salt, info", () => {
    for (const len of [...lengths, 8159, 8160]) {
      const data = filler(Math.min(len, 200), 5);
      if (len > 0) expect(hex(gm.hkdfSm3(key, iv, key, len))).toBe(hex(node.hkdfSm3(key, iv, key, len)));
      expect(hex(gm.hkdfSm3(data, iv, key, 32))).toBe(hex(node.hkdfSm3(data, iv, key, 32)));
      expect(hex(gm.hkdfSm3(key, data, key, 32))).toBe(hex(node.hkdfSm3(key, data, key, 32)));
      expect(hex(gm.hkdfSm3(key, iv, data, 32))).toBe(hex(node.hkdfSm3(key, iv, data, 32)));
    }
  });

  test("PBKDF2-HMAC-SM3: output, password, salt, and many iterations", () => {
    for (const len of lengths) {
      const data = filler(len, 6);
      if (len > 0) expect(hex(gm.pbkdf2Sm3(key, iv, 3, len))).toBe(hex(node.pbkdf2Sm3(key, iv, 3, len)));
      expect(hex(gm.pbkdf2Sm3(data, iv, 2, 32))).toBe(hex(node.pbkdf2Sm3(data, iv, 2, 32)));
      expect(hex(gm.pbkdf2Sm3(key, data, 1, 32))).toBe(hex(node.pbkdf2Sm3(key, data, 1, 32)));
    }
    expect(hex(gm.pbkdf2Sm3(key, iv, 10_000, 40))).toBe(hex(node.pbkdf2Sm3(key, iv, 10_000, 40)));
  });

  test("SM4-ECB and SM4-CBC, with padding and without", () => {
    for (const len of lengths) {
      const data = filler(len, len);
      const ecb = gm.sm4EcbEncrypt(key, data);
      expect(hex(ecb)).toBe(hex(node.sm4Encrypt("sm4-ecb", key, null, data)));
      expect(hex(gm.sm4EcbDecrypt(key, ecb))).toBe(hex(data));
      const cbc = gm.sm4CbcEncrypt(key, iv, data);
      expect(hex(cbc)).toBe(hex(node.sm4Encrypt("sm4-cbc", key, iv, data)));
      expect(hex(gm.sm4CbcDecrypt(key, iv, cbc))).toBe(hex(data));
      if (len % 16 === 0) {
        const bare = gm.sm4EcbEncrypt(key, data, { padding: false });
        expect(hex(bare)).toBe(hex(node.sm4Encrypt("sm4-ecb", key, null, data, false)));
        expect(hex(gm.sm4EcbDecrypt(key, bare, { padding: false }))).toBe(hex(data));
      } else {
        expect(() => gm.sm4EcbEncrypt(key, data, { padding: false })).toThrow(RangeError);
        expect(gm.sm4EcbDecrypt(key, data, { padding: false })).toBeNull();
        expect(gm.sm4EcbDecrypt(key, data)).toBeNull();
        expect(gm.sm4CbcDecrypt(key, iv, data)).toBeNull();
      }
    }
  });

  test("every last block: what padding is, and what is none", () => {
    for (let last = 0; last < 256; last++) {
      for (const wrong of [-1, 0, 7, 14]) {
        const block = filler(32, 9).fill(last, 32 - Math.min(Math.max(last, 1), 16));
        if (wrong >= 0) block[16 + wrong] = (block[16 + wrong] ?? 0) ^ 1;
        const fits = last >= 1 && last <= 16 && (wrong < 0 || wrong < 16 - last);
        const want = fits ? hex(block.subarray(0, 32 - last)) : "null";
        const ecb = gm.sm4EcbEncrypt(key, block, { padding: false });
        expect(hex(gm.sm4EcbDecrypt(key, ecb))).toBe(want);
        expect(hex(gm.sm4CbcDecrypt(key, iv, node.sm4Encrypt("sm4-cbc", key, iv, block, false)))).toBe(want);
      }
    }
  });

  test("SM2 encryption: every length both ways, and no message of no bytes", () => {
    const { privateKey, publicKey } = gm.sm2KeyPair();
    const d = BigInt(`0x${hex(privateKey)}`);
    expect(hex(publicKeyOf(d))).toBe(hex(publicKey));
    expect(() => gm.sm2Encrypt(publicKey, new Uint8Array(0))).toThrow('"plaintext" expected at least 1 byte, got 0');
    for (const len of lengths.slice(1)) {
      const data = filler(len, len);
      const ciphertext = gm.sm2Encrypt(publicKey, data);
      expect(ciphertext.length).toBe(97 + len);
      expect(hex(gm.sm2Decrypt(privateKey, ciphertext))).toBe(hex(data));
      if (len % 20 === 0) expect(hex(decrypt(d, ciphertext))).toBe(hex(data));
    }
    // counters of more than one byte
    const long = filler(9000, 1);
    expect(hex(decrypt(d, gm.sm2Encrypt(publicKey, long)))).toBe(hex(long));
  });
});

test("GCM ends where its counters would come again", () => {
  expect(() => checkGcmLen("plaintext", 2 ** 36 - 32)).not.toThrow();
  expect(() => checkGcmLen("plaintext", 2 ** 36 - 31)).toThrow(RangeError);
});
