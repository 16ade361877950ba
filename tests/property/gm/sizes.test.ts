/** Data that passes the module's window piece by piece, against Node; the slow suite goes up to 64 MiB. */
import { describe, expect, test } from "vitest";
import { filler } from "../../support/oracles/filler.ts";
import { builds, openEach } from "../../support/oracles/probe.ts";
import { sized, timeoutMs } from "../../support/oracles/runs.ts";
import * as node from "../../support/oracles/symmetric.ts";

const gms = await openEach();
const WINDOW = 262_144;
const key = filler(16, 1);
const iv = filler(16, 2);
const digest = (data: Uint8Array | null): string => (data === null ? "null" : node.sm3(data).toString("hex"));

const sizes = [-17, -16, -1, 0, 1, WINDOW, WINDOW + 33].map((beside) => WINDOW + beside);

describe.each(builds)("the %s build", (build) => {
  const gm = gms[build];

  test.each([...sizes, sized(1 << 20, 64 << 20)])("%i bytes", { timeout: timeoutMs }, (len) => {
    const data = filler(len, 7);
    const want = digest(data);
    expect(Buffer.from(gm.sm3(data)).toString("hex")).toBe(want);
    expect(Buffer.from(gm.createSm3().update(data).digest()).toString("hex")).toBe(want);
    expect(Buffer.from(gm.hmacSm3(key, data)).equals(node.hmacSm3(key, data))).toBe(true);
    expect(Buffer.from(gm.hmacSm3(data, key)).equals(node.hmacSm3(data, key))).toBe(true);
    const ecb = gm.sm4EcbEncrypt(key, data);
    expect(digest(ecb)).toBe(digest(node.sm4Encrypt("sm4-ecb", key, null, data)));
    expect(digest(gm.sm4EcbDecrypt(key, ecb))).toBe(want);
    const cbc = gm.sm4CbcEncrypt(key, iv, data);
    expect(digest(cbc)).toBe(digest(node.sm4Encrypt("sm4-cbc", key, iv, data)));
    expect(digest(gm.sm4CbcDecrypt(key, iv, cbc))).toBe(want);
    expect(digest(gm.sm4Ctr(key, iv, data))).toBe(digest(node.sm4Encrypt("sm4-ctr", key, iv, data)));
    const others = [data, filler(len, 8), data.subarray(len >> 4), filler(len, 9), filler(len, 10)];
    expect(gm.sm3Many(others).map((made) => Buffer.from(made).toString("hex"))).toEqual(others.map(digest));
    const sealed = gm.sm4GcmEncrypt(key, iv, data, data);
    expect(digest(gm.sm4GcmDecrypt(key, iv, sealed, data))).toBe(want);
    const { privateKey, publicKey } = gm.sm2KeyPair();
    expect(digest(gm.sm2Decrypt(privateKey, gm.sm2Encrypt(publicKey, data)))).toBe(want);
    expect(gm.sm2Verify(publicKey, data, gm.sm2Sign(privateKey, data))).toBe(true);
  });
});

/** Beside a batch's edges and a window's, in the nonce, the data and what is authenticated beside it: against GCM bit by bit. */
test.each([1280, 2048, WINDOW, WINDOW + 33])("SM4-GCM about %i bytes", { timeout: timeoutMs }, (len) => {
  const long = filler(len, 9);
  for (const [nonce, data, aad] of [
    [iv, long, key],
    [iv.subarray(0, 12), key, long],
    [long, key, iv],
  ] as const) {
    const want = digest(node.sm4Gcm(key, nonce, data, aad)); // slow, and once for both
    for (const build of builds)
      expect([build, digest(gms[build].sm4GcmEncrypt(key, nonce, data, aad))]).toEqual([build, want]);
  }
});
