/** The solved edge cases: what their program makes, what the oracles say of them, and what each build of the core does. */
import { loadGm } from "@certbridge/gm";
import { describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { zeroStreamNonce } from "../../support/oracles/decrypt-edges.ts";
import { d, k } from "../../support/oracles/edge-example.ts";
import { edgeVectors } from "../../support/oracles/edge-vectors.ts";
import { builds, moduleBytes, openEach } from "../../support/oracles/probe.ts";
import * as oracle from "../../support/oracles/sm2.ts";
import decryptEdges from "../../vectors/sm2-decrypt-edges.json" with { type: "json" };
import gcmEdges from "../../vectors/sm4-gcm-edges.json" with { type: "json" };
import macEdges from "../../vectors/hmac-sm3-edges.json" with { type: "json" };
import verifyEdges from "../../vectors/sm2-verify-edges.json" with { type: "json" };

const gms = await openEach();
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const hex = (data: Uint8Array | null): string | null => data && Buffer.from(data).toString("hex");

const signatures = verifyEdges.testGroups.flatMap(({ tests }) => tests);
const ciphertexts = decryptEdges.testGroups.flatMap(({ privateKey, tests }) =>
  tests.map((each) => ({ privateKey, ...each })),
);
const messages = gcmEdges.testGroups.flatMap(({ tests }) => tests);
const codes = macEdges.testGroups.flatMap(({ tests }) => tests);

describe.each(Object.entries(edgeVectors()))("%s", (file, made) => {
  test("is what its program makes", () => {
    const kept: unknown = JSON.parse(readFileSync(new URL(`../../vectors/${file}`, import.meta.url), "utf8"));
    expect(kept).toEqual(made);
  });

  test("has each case once, with a flag that is explained, and explains no other", () => {
    const tests = made.testGroups.flatMap(
      (group): readonly { comment: string; flags: readonly string[] }[] => group.tests,
    );
    expect(new Set(tests.map(({ comment }) => comment)).size).toBe(made.numberOfTests);
    expect(new Set(tests.flatMap(({ flags }) => flags))).toEqual(new Set(Object.keys(made.notes)));
  });
});

describe("the BigInt SM2", () => {
  test.each(signatures)("signature $tcId is $result: $comment", ({ publicKey, e, sig, result }) => {
    expect(oracle.verifyDigest(bytes(publicKey), toNumber(bytes(e)), bytes(sig))).toBe(result === "valid");
  });

  test.each(ciphertexts)("ciphertext $tcId is $result: $comment", ({ privateKey, ct, msg, result }) => {
    expect(hex(oracle.decrypt(toNumber(bytes(privateKey)), bytes(ct)))).toBe(result === "valid" ? msg : null);
  });
});

describe.each(builds)("the %s build", (build) => {
  const gm = gms[build];

  test.each(signatures)("signature $tcId is $result: $comment", ({ publicKey, e, sig, result }) => {
    expect(gm.sm2VerifyDigest(bytes(publicKey), bytes(e), bytes(sig))).toBe(result === "valid");
  });

  test.each(ciphertexts)("ciphertext $tcId is $result: $comment", ({ privateKey, ct, msg, result }) => {
    expect(hex(gm.sm2Decrypt(bytes(privateKey), bytes(ct)))).toBe(result === "valid" ? msg : null);
  });

  test.each(messages)("SM4-GCM $tcId is $result: $comment", ({ key, iv, aad, msg, ct, tag, flags, result }) => {
    const open = () => gm.sm4GcmDecrypt(bytes(key), bytes(iv), bytes(ct + tag), bytes(aad));
    if (flags.includes("ZeroLengthIv")) {
      expect(open).toThrow(RangeError);
      expect(() => gm.sm4GcmEncrypt(bytes(key), bytes(iv), bytes(msg), bytes(aad))).toThrow(RangeError);
      return;
    }
    expect(hex(open())).toBe(result === "valid" ? msg : null);
    const sealed = hex(gm.sm4GcmEncrypt(bytes(key), bytes(iv), bytes(msg), bytes(aad)));
    expect(sealed === ct + tag).toBe(result === "valid");
  });

  test.each(codes)("HMAC-SM3 $tcId is $result: $comment", ({ key, msg, tag, result }) => {
    expect(hex(gm.hmacSm3(bytes(key), bytes(msg))) === tag).toBe(result === "valid");
  });

  test("a nonce whose key stream is all zero is drawn again, and for another message it is taken", async () => {
    const [zero, publicKey] = [zeroStreamNonce(), oracle.publicKeyOf(d)];
    const draws: bigint[] = [];
    const random = (into: Uint8Array): void => into.set(toBytes32(draws.shift() ?? zero));
    const fixed = await loadGm({ simd: moduleBytes(build), random });
    draws.push(zero, zero, k);
    expect(hex(fixed.sm2Encrypt(publicKey, Buffer.from("A")))).toBe(
      hex(oracle.encrypt(publicKey, Buffer.from("A"), k)),
    );
    expect(draws).toEqual([]);
    expect(hex(fixed.sm2Encrypt(publicKey, Buffer.from("AB")))).toBe(
      hex(oracle.encrypt(publicKey, Buffer.from("AB"), zero)),
    );
    expect(() => fixed.sm2Encrypt(publicKey, Buffer.from("A"))).toThrow("nothing usable");
  });
});
