/** SM2 against the BigInt SM2, each key, digest and nonce weighted to the edges of its range; sm2-rows.test.ts has the many. */
import { loadGm } from "@certbridge/gm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { builds, moduleBytes, openEach, Probe } from "../../support/oracles/probe.ts";
import { cases, edgyNumber, timeoutMs } from "../../support/oracles/runs.ts";
import * as oracle from "../../support/oracles/sm2.ts";

const each = await openEach();

describe.each(builds)("the %s build", (build) => {
  const gm = each[build];
  const probe = new Probe(build);
  const { n } = oracle;

  const hex = (data: Uint8Array | null): string => (data === null ? "null" : Buffer.from(data).toString("hex"));
  const key = edgyNumber(1n, n - 2n);
  const nonce = edgyNumber(1n, n - 1n);
  const digest = edgyNumber(0n, 2n ** 256n - 1n);
  const message = fc.uint8Array({ maxLength: 300 });

  const [out, e32, d32, k32, r32] = [64, 32, 32, 32, 32].map((len) => probe.place(len)) as [
    number,
    number,
    number,
    number,
    number,
  ];

  const signer = probe.place(80);

  test(
    "public key and signature with a given nonce",
    () => {
      fc.assert(
        fc.property(key, digest, nonce, (d, e, k) => {
          expect(hex(gm.sm2PublicKey(toBytes32(d)))).toBe(hex(oracle.publicKeyOf(d)));
          probe.heap.set(toBytes32(e), e32);
          probe.heap.set(toBytes32(d), d32);
          probe.heap.set(toBytes32(k), k32);
          expect(probe.call("sm2SignerPrepare", signer, d32)).toBe(0);
          const status = probe.call("sm2Sign", out, e32, signer, k32);
          expect(hex(status === 0 ? probe.bytes(out, 64) : null)).toBe(hex(oracle.signDigest(d, e, k)));
        }),
        cases(100, 20_000),
      );
    },
    timeoutMs,
  );

  test(
    "the nonce of RFC 6979 with fresh input",
    () => {
      fc.assert(
        fc.property(key, digest, digest, (d, e, fresh) => {
          probe.heap.set(toBytes32(e), e32);
          probe.heap.set(toBytes32(d), d32);
          probe.heap.set(toBytes32(fresh), r32);
          probe.call("sm2Nonce", k32, d32, e32, r32);
          expect(hex(probe.bytes(k32, 32))).toBe(
            hex(oracle.nonceCandidate(toBytes32(d), toBytes32(e), toBytes32(fresh))),
          );
        }),
        cases(200, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "what we sign holds, for us and for the oracle, and nothing near it does",
    () => {
      const id = fc.uint8Array({ maxLength: 40 });
      fc.assert(
        fc.property(key, message, id, fc.integer({ min: 0, max: 511 }), (d, text, name, bit) => {
          const publicKey = oracle.publicKeyOf(d);
          const signature = gm.sm2Sign(toBytes32(d), text, { id: name });
          expect(gm.sm2Verify(publicKey, text, signature, { id: name })).toBe(true);
          expect(oracle.verifyDigest(publicKey, toNumber(oracle.digestOf(publicKey, text, name)), signature)).toBe(
            true,
          );
          signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(gm.sm2Verify(publicKey, text, signature, { id: name })).toBe(false);
        }),
        cases(60, 20_000),
      );
    },
    timeoutMs,
  );

  test(
    "any r and s: one answer, ours and the oracle's",
    () => {
      fc.assert(
        fc.property(key, digest, digest, digest, fc.boolean(), (d, e, r, s, solve) => {
          const publicKey = oracle.publicKeyOf(d);
          // half of them solved for e, so that valid ones with odd r and s are among them
          const sum = oracle.times(s + (r + s) * d, oracle.G);
          const hash = solve && !sum.is0() ? (((r - sum.toAffine().x) % n) + n) % n : e;
          const signature = Buffer.concat([toBytes32(r), toBytes32(s)]);
          const want = oracle.verifyDigest(publicKey, hash, signature);
          expect(gm.sm2VerifyDigest(publicKey, toBytes32(hash), signature)).toBe(want);
        }),
        cases(100, 20_000),
      );
    },
    timeoutMs,
  );

  test(
    "encryption with a given nonce, decryption, and any bit flipped",
    async () => {
      let k = toBytes32(1n);
      const fixed = await loadGm({ simd: moduleBytes(build), random: (into) => into.set(k) });
      const plaintext = fc.uint8Array({ minLength: 2, maxLength: 300 });
      fc.assert(
        fc.property(key, nonce, plaintext, fc.nat(), (d, drawn, text, where) => {
          k = toBytes32(drawn);
          const publicKey = oracle.publicKeyOf(d);
          const want = oracle.encrypt(publicKey, text, drawn);
          if (want === null) return; // an all-zero key stream would be drawn again
          const made = fixed.sm2Encrypt(publicKey, text);
          expect(hex(made)).toBe(hex(want));
          expect(hex(gm.sm2Decrypt(toBytes32(d), made))).toBe(hex(text));
          const bit = where % (made.length * 8);
          made[bit >> 3] = (made[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(gm.sm2Decrypt(toBytes32(d), made)).toBeNull();
        }),
        cases(80, 20_000),
      );
    },
    timeoutMs,
  );
});
