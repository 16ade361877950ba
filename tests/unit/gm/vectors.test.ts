/** The standards' own examples. */
import { loadGm } from "@certbridge/gm";
import { describe, expect, test } from "vitest";
import { builds, moduleBytes, openEach, Probe } from "../../support/oracles/probe.ts";
import sm2Encrypt from "../../vectors/sm2-encrypt.json" with { type: "json" };
import sm2Sign from "../../vectors/sm2-sign.json" with { type: "json" };
import sm3 from "../../vectors/sm3.json" with { type: "json" };
import sm4Gcm from "../../vectors/sm4-gcm.json" with { type: "json" };
import sm4Modes from "../../vectors/sm4-modes.json" with { type: "json" };
import sm4 from "../../vectors/sm4.json" with { type: "json" };

const gms = await openEach();
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const hex = (data: Uint8Array | null): string | null => data && Buffer.from(data).toString("hex");

const testsOf = <T>({ testGroups }: { testGroups: readonly { tests: readonly T[] }[] }): T[] =>
  testGroups.flatMap(({ tests }) => tests);
/** As testsOf, each test with what its group says. */
const casesOf = <G extends object, T>({ testGroups }: { testGroups: readonly (G & { tests: readonly T[] })[] }) =>
  testGroups.flatMap(({ tests, ...group }) => tests.map((each) => ({ ...group, ...each })));

describe.each(builds)("the %s build", (build) => {
  const gm = gms[build];

  test.each(testsOf(sm3))("SM3 $tcId: $comment", ({ msg, digest }) => {
    expect(hex(gm.sm3(bytes(msg)))).toBe(digest);
  });

  test.each(testsOf(sm4))("SM4 $tcId: $comment", ({ key, msg, times, ct }) => {
    const probe = new Probe(build);
    const [round, block] = [probe.place(128), probe.place(128)];
    probe.call("sm4ExpandKey", round, probe.put(bytes(key)));
    probe.heap.set(bytes(msg), block);
    probe.call("holdKeys", round);
    for (let i = 0; i < times; i++) probe.call("cipherEight", block, block);
    expect(hex(probe.bytes(block, 16))).toBe(ct);
    probe.call("sm4ReverseKeys", round);
    probe.call("holdKeys", round);
    for (let i = 0; i < times; i++) probe.call("cipherEight", block, block);
    expect(hex(probe.bytes(block, 16))).toBe(msg);
  });

  test.each(testsOf(sm4Modes))("SM4 $tcId: $comment", ({ key, iv, msg, ct, flags }) => {
    if (flags.includes("Ctr")) {
      expect(hex(gm.sm4Ctr(bytes(key), bytes(iv), bytes(msg)))).toBe(ct);
      expect(hex(gm.sm4Ctr(bytes(key), bytes(iv), bytes(ct)))).toBe(msg);
      return;
    }
    if (iv === "") {
      expect(hex(gm.sm4EcbEncrypt(bytes(key), bytes(msg), { padding: false }))).toBe(ct);
      expect(hex(gm.sm4EcbDecrypt(bytes(key), bytes(ct), { padding: false }))).toBe(msg);
      return;
    }
    const made = gm.sm4CbcEncrypt(bytes(key), bytes(iv), bytes(msg));
    expect(hex(made.subarray(0, msg.length / 2))).toBe(ct);
    expect(hex(gm.sm4CbcDecrypt(bytes(key), bytes(iv), made))).toBe(msg);
  });

  test.each(testsOf(sm4Gcm))("SM4-GCM $tcId: $comment", ({ key, iv, aad, msg, ct, tag }) => {
    expect(hex(gm.sm4GcmEncrypt(bytes(key), bytes(iv), bytes(msg), bytes(aad)))).toBe(ct + tag);
    expect(hex(gm.sm4GcmDecrypt(bytes(key), bytes(iv), bytes(ct + tag), bytes(aad)))).toBe(msg);
  });

  test.each(casesOf(sm2Sign))("SM2 signature $tcId: $comment", (vector) => {
    const [privateKey, publicKey, id, msg] = [vector.privateKey, vector.publicKey, vector.id, vector.msg].map(
      bytes,
    ) as [Buffer, Buffer, Buffer, Buffer];
    const [e, sig] = [bytes(vector.e), bytes(vector.sig)];
    expect(hex(gm.sm2PublicKey(privateKey))).toBe(vector.publicKey);
    expect(hex(gm.za(publicKey, id))).toBe(vector.za);
    expect(gm.sm2Verify(publicKey, msg, sig, { id })).toBe(true);
    expect(gm.sm2VerifyDigest(publicKey, e, sig)).toBe(true);
    const probe = new Probe(build);
    const out = probe.place(64);
    const signer = probe.place(80);
    expect(probe.call("sm2SignerPrepare", signer, probe.put(privateKey))).toBe(0);
    const status = probe.call("sm2Sign", out, probe.put(e), signer, probe.put(bytes(vector.k)));
    expect([status, hex(probe.bytes(out, 64))]).toEqual([0, vector.sig]);
  });

  test.each(casesOf(sm2Encrypt))("SM2 encryption $tcId: $comment", async ({ privateKey, publicKey, msg, k, ct }) => {
    const fixed = await loadGm({ simd: moduleBytes(build), random: (into) => into.set(bytes(k)) });
    expect(hex(fixed.sm2Encrypt(bytes(publicKey), bytes(msg)))).toBe(ct);
    expect(hex(gm.sm2Decrypt(bytes(privateKey), bytes(ct)))).toBe(msg);
  });
});
