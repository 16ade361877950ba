/** Keys, signatures and encryption of SM2 against rows of points in BigInt: a million of each in the slow suite. */
import { loadGm } from "@certbridge/gm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { invertAll, mod, toBytes32 } from "../../support/oracles/bigint.ts";
import { filler } from "../../support/oracles/filler.ts";
import { builds, moduleBytes, openEach, Probe } from "../../support/oracles/probe.ts";
import { encodeAffine, numberRow, pointRow } from "../../support/oracles/rows.ts";
import { cases, edgyNumber, rowLen, timeoutMs } from "../../support/oracles/runs.ts";
import { encodePoint, G, n, sealWith, signatureOf, times } from "../../support/oracles/sm2.ts";

const each = await openEach();

const scalar = edgyNumber(0n, n - 1n);
const digest = edgyNumber(0n, 2n ** 256n - 1n);
/** Mostly far from the numbers to which an edge is near, so that a whole row is not about one. */
const wide = fc.oneof({ weight: 3, arbitrary: fc.bigInt({ min: 1n, max: n - 1n }) }, scalar);
const hex = (data: Uint8Array | null): string => (data === null ? "null" : Buffer.from(data).toString("hex"));

/** The same bytes but for one bit, which j chooses. */
function flipped(data: Uint8Array, j: number): Uint8Array {
  const bit = Math.imul(j + 1, 0x9e3779b1) >>> 0;
  const at = (bit >>> 3) % data.length;
  return data.map((byte, i) => (i === at ? byte ^ (1 << (bit & 7)) : byte));
}

describe.each(builds)("the %s build", (build) => {
  const gm = each[build];
  const probe = new Probe(build);
  const [out, signer] = [probe.place(80), probe.place(80)];
  const [d32, e32, k32] = [probe.place(32), probe.place(32), probe.place(32)];
  const [key65, signature64] = [probe.place(80), probe.place(64)];

  /** 04 ‖ x ‖ y of d·G, or null where d is no key. */
  const publicKey = (): Buffer | null => (probe.call("sm2PublicKey", out, d32) === 0 ? probe.bytes(out, 65) : null);

  function sign(): Buffer | null {
    if (probe.call("sm2SignerPrepare", signer, d32) !== 0) return null;
    return probe.call("sm2Sign", out, e32, signer, k32) === 0 ? probe.bytes(out, 64) : null;
  }

  const verify = (): boolean => probe.call("sm2Verify", key65, e32, signature64) === 0;

  test(
    "public keys, signatures with a given nonce, their verification, and none with a changed bit",
    () => {
      const keyStep = fc.oneof(fc.constant(0n), wide); // a key that comes again is verified by its table
      fc.assert(
        fc.property(scalar, keyStep, scalar, wide, digest, digest, (start, step, k0, kStep, e0, eStep) => {
          const keys = numberRow(start, step, rowLen);
          const points = pointRow(times(start, G), times(step, G), rowLen);
          const inverses = invertAll(
            keys.map((d) => (d + 1n) % n || 1n),
            n,
          );
          const nonces = numberRow(k0, kStep, rowLen);
          const firsts = pointRow(times(k0, G), times(kStep, G), rowLen);
          const digests = numberRow(e0, eStep, rowLen, 2n ** 256n);
          const [got, want]: [unknown[], unknown[]] = [[], []];
          for (const [j, d] of keys.entries()) {
            const [k = 0n, e = 0n, first = null, inverse = 0n] = [nonces[j], digests[j], firsts[j], inverses[j]];
            probe.heap.set(toBytes32(d), d32);
            probe.heap.set(toBytes32(e), e32);
            probe.heap.set(toBytes32(k), k32);
            const isKey = d >= 1n && d <= n - 2n;
            const point = isKey ? encodeAffine(points[j] ?? null) : null;
            got.push(hex(publicKey()));
            want.push(hex(point));
            const signature = isKey && first !== null ? signatureOf(d, e, k, first.x, inverse) : null;
            got.push(hex(sign()));
            want.push(hex(signature));
            if (point === null || signature === null) continue;
            got.push(gm.sm2VerifyDigest(point, toBytes32(e), signature));
            got.push(gm.sm2VerifyDigest(point, toBytes32(e), flipped(signature, j)));
            want.push(true, false);
          }
          expect(got).toEqual(want);
        }),
        cases(4, 1000),
      );
    },
    timeoutMs,
  );

  test(
    "any s and t for which a signature holds, and beside it",
    () => {
      fc.assert(
        fc.property(edgyNumber(1n, n - 1n), scalar, wide, scalar, wide, (d, s0, sStep, t0, tStep) => {
          const q = times(d, G);
          const key = encodePoint(q);
          const [ss, ts] = [numberRow(s0, sStep, rowLen), numberRow(t0, tStep, rowLen)];
          // s·G + t·P in a row: x₁ of each, and e = r − x₁ for which it holds
          const sums = pointRow(times(s0, G).add(times(t0, q)), times(sStep, G).add(times(tStep, q)), rowLen);
          probe.heap.set(key, key65);
          const [got, want]: [unknown[], unknown[]] = [[], []];
          for (const [j, s] of ss.entries()) {
            const [t = 0n, sum = null] = [ts[j], sums[j]];
            const r = mod(t - s, n);
            const e = mod(r - (sum?.x ?? 0n), n);
            const signature = Buffer.concat([toBytes32(r), toBytes32(s)]);
            probe.heap.set(signature, signature64);
            const holds = r !== 0n && s !== 0n && t !== 0n && sum !== null;
            for (const hash of [e, (e + 1n + BigInt(j)) % n]) {
              probe.heap.set(toBytes32(hash), e32);
              got.push(verify(), gm.sm2VerifyDigest(key, toBytes32(hash), signature));
              want.push(holds && hash === e, holds && hash === e);
            }
          }
          expect(got).toEqual(want);
        }),
        cases(4, 1000),
      );
    },
    timeoutMs,
  );

  test(
    "encryption with a given nonce, decryption, and any bit flipped",
    async () => {
      let k: Uint8Array = toBytes32(1n);
      const fixed = await loadGm({ simd: moduleBytes(build), random: (into) => into.set(k) });
      const key = edgyNumber(1n, n - 2n);
      fc.assert(
        fc.property(key, scalar, wide, fc.nat(), (d, start, step, seed) => {
          const q = times(d, G);
          const [point, secret] = [encodePoint(q), toBytes32(d)];
          const nonces = numberRow(start, step, rowLen);
          const [firsts, shared] = [G, q].map((of) => pointRow(times(start, of), times(step, of), rowLen));
          const [got, want]: [string[], string[]] = [[], []];
          for (const [j, nonce] of nonces.entries()) {
            const text = filler(2 + ((seed + 7 * j) % 299), seed + j);
            const [c1, both] = [firsts, shared].map((row) => encodeAffine(row?.[j] ?? null));
            if (nonce === 0n) continue; // it would be drawn again
            const sealed = sealWith(c1 ?? text, both ?? text, text);
            if (sealed === null) continue; // and so would an all-zero key stream
            k = toBytes32(nonce);
            const made = fixed.sm2Encrypt(point, text);
            got.push(hex(made), hex(gm.sm2Decrypt(secret, sealed)), hex(gm.sm2Decrypt(secret, flipped(sealed, j))));
            want.push(hex(sealed), hex(text), "null");
          }
          expect(got).toEqual(want);
        }),
        cases(4, 1000),
      );
    },
    timeoutMs,
  );
});
