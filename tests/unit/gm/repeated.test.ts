/** Keys that come again, for verification and for signing: quicker, and with the same answers. */
import { loadGm as loadFrom } from "@certbridge/gm";
import { loadGm } from "@certbridge/gm/node";
import { expect, test } from "vitest";
import { toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { builds, moduleBytes } from "../../support/oracles/probe.ts";
import * as oracle from "../../support/oracles/sm2.ts";
import verifyEdges from "../../vectors/sm2-verify-edges.json" with { type: "json" };

const gm = await loadGm();
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** More often than it takes to be given a table. */
const OFTEN = 20;

const [d, e] = [toBytes32(0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n), toBytes32(77n)];
const publicKey = gm.sm2PublicKey(d);

test.each(builds)("every solved edge, by a key that has its table, in the %s build", async (build) => {
  const simd = await WebAssembly.compile(moduleBytes(build));
  for (const { tests } of verifyEdges.testGroups) {
    for (const { tcId, publicKey: key, e: digest, sig, result } of tests) {
      const fresh = await loadFrom({ simd });
      const answers = Array.from({ length: OFTEN }, () => fresh.sm2VerifyDigest(bytes(key), bytes(digest), bytes(sig)));
      expect([tcId, answers]).toEqual([tcId, answers.map(() => result === "valid")]);
    }
  }
});

test("G itself, its opposite and its double as keys: sums that meet their own operand", async () => {
  const fresh = await loadGm();
  for (const key of [1n, oracle.n - 2n, 2n, (oracle.n - 1n) / 2n]) {
    const point = oracle.publicKeyOf(key);
    for (let i = 0n; i < BigInt(OFTEN); i++) {
      const signature = oracle.signDigest(key, i, i + 5n) ?? Buffer.alloc(64);
      expect(fresh.sm2VerifyDigest(point, toBytes32(i), signature)).toBe(true);
      signature[63] = (signature[63] ?? 0) ^ 1;
      expect(fresh.sm2VerifyDigest(point, toBytes32(i), signature)).toBe(oracle.verifyDigest(point, i, signature));
    }
  }
});

test("more keys than tables, in turns: each is judged by its own", async () => {
  const fresh = await loadGm();
  const pairs = Array.from({ length: 6 }, (_, i) => {
    const key = BigInt(1000 + i);
    return { key: oracle.publicKeyOf(key), signature: oracle.signDigest(key, toNumber(e), 99n) ?? Buffer.alloc(64) };
  });
  for (let round = 0; round < 3 * OFTEN; round++) {
    const [mine, other] = [pairs[round % 6], pairs[(round + 1) % 6]];
    for (let i = 0; i < OFTEN; i++) {
      expect(fresh.sm2VerifyDigest(mine?.key ?? e, e, mine?.signature ?? e)).toBe(true);
      expect(fresh.sm2VerifyDigest(mine?.key ?? e, e, other?.signature ?? e)).toBe(false);
    }
  }
});

test("a key that is no point is refused as often as it comes, and the keys of others keep their tables", async () => {
  const fresh = await loadGm();
  const signature = oracle.signDigest(7n, 5n, 9n) ?? Buffer.alloc(64);
  const wrong = Buffer.from(oracle.publicKeyOf(7n));
  wrong[64] = (wrong[64] ?? 0) ^ 1;
  for (let i = 0; i < 3 * OFTEN; i++) {
    expect(fresh.sm2VerifyDigest(oracle.publicKeyOf(7n), toBytes32(5n), signature)).toBe(true);
    expect(fresh.sm2VerifyDigest(wrong, toBytes32(5n), signature)).toBe(false);
  }
});

test("a signer signs as its key does, with its id, until it is closed", async () => {
  const fixed = await loadGm({ random: (into) => into.fill(9) });
  const signer = fixed.sm2Signer(d, { id: "登录" });
  expect(signer.publicKey).toEqual(publicKey);
  expect(signer.signDigest(e)).toEqual(fixed.sm2SignDigest(d, e));
  expect(signer.sign(e)).toEqual(fixed.sm2Sign(d, e, { id: "登录" }));
  expect(gm.sm2Verify(publicKey, e, signer.sign(e), { id: "登录" })).toBe(true);
  expect(gm.sm2Verify(publicKey, e, signer.sign(e))).toBe(false);
  signer.close();
  signer.close();
  expect(() => signer.sign(e)).toThrow("closed");
  expect(() => signer.signDigest(e)).toThrow("closed");
});

test("a signer of what is no private key is refused in plain words", () => {
  expect(() => gm.sm2Signer(Buffer.alloc(32))).toThrow(RangeError);
  expect(() => gm.sm2Signer(toBytes32(oracle.n - 1n))).toThrow("[1, n − 2]");
  expect(() => gm.sm2Signer(d.subarray(1))).toThrow("32 bytes");
  const signer = gm.sm2Signer(d);
  expect(() => signer.signDigest(d.subarray(1))).toThrow("32 bytes");
  expect(() => signer.sign("text" as unknown as Uint8Array)).toThrow(TypeError);
});
