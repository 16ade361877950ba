/** Keys that come again, for verification and for signing: quicker, and with the same answers. */
import { loadGm as load } from "@certbridge/gm";
import type { LoadOptions } from "@certbridge/gm";
import { describe, expect, test } from "vitest";
import { toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { builds, moduleBytes } from "../../support/oracles/probe.ts";
import * as oracle from "../../support/oracles/sm2.ts";
import verifyEdges from "../../vectors/sm2-verify-edges.json" with { type: "json" };

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

/** More often than it takes to be given a table. */
const OFTEN = 20;

const [d, e] = [toBytes32(0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n), toBytes32(77n)];
const publicKey = Uint8Array.from(oracle.publicKeyOf(toNumber(d)));

describe.each(builds)("the %s build", async (build) => {
  const simd = await WebAssembly.compile(moduleBytes(build));
  const loadGm = (options: Partial<LoadOptions> = {}) => load({ simd, ...options });
  const gm = await loadGm();

  test("every solved edge, by a key that has its table", async () => {
    for (const { tests } of verifyEdges.testGroups) {
      for (const { tcId, publicKey: key, e: digest, sig, result } of tests) {
        const fresh = await loadGm();
        const answers = Array.from({ length: OFTEN }, () =>
          fresh.sm2VerifyDigest(bytes(key), bytes(digest), bytes(sig)),
        );
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

  test("a signer that is closed while its randomness is drawn signs nothing", async () => {
    const closing = await loadGm({ random: (into) => (into.fill(9), signer.close()) });
    const signer = closing.sm2Signer(d);
    expect(() => signer.sign(e)).toThrow("closed");
  });

  test("a signer of what is no private key is refused in plain words", () => {
    expect(() => gm.sm2Signer(Buffer.alloc(32))).toThrow(RangeError);
    expect(() => gm.sm2Signer(toBytes32(oracle.n - 1n))).toThrow("[1, n − 2]");
    expect(() => gm.sm2Signer(d.subarray(1))).toThrow("32 bytes");
    const signer = gm.sm2Signer(d);
    expect(() => signer.signDigest(d.subarray(1))).toThrow("32 bytes");
    expect(() => signer.sign("text" as unknown as Uint8Array)).toThrow(TypeError);
  });

  describe("no key is ever judged by the table of another", () => {
    /** Keys with a signature each over e; the one in `wrong` is off the curve. */
    const people = Array.from({ length: 40 }, (_, i) => {
      const key = oracle.publicKeyOf(BigInt(500 + i));
      return { key, signature: oracle.signDigest(BigInt(500 + i), toNumber(e), BigInt(900 + i)) ?? Buffer.alloc(64) };
    });
    const off = Buffer.from(people[39]?.key ?? e);
    off[64] = (off[64] ?? 0) ^ 1;

    async function judge(turns: readonly number[]): Promise<void> {
      const fresh = await loadGm();
      for (const turn of turns) {
        const [mine, other] = [people[turn], people[(turn + 1) % 39]];
        const key = turn === 39 ? off : (mine?.key ?? e);
        expect(fresh.sm2VerifyDigest(key, e, mine?.signature ?? e)).toBe(turn !== 39);
        expect(fresh.sm2VerifyDigest(key, e, other?.signature ?? e)).toBe(false);
      }
    }

    const often = (turn: number): number[] => Array.from({ length: 10 }, () => turn);

    test("a key that is no point came when all tables were taken", () =>
      judge([0, 1, 2, 3, 39, 4, 3, 2, 1, 0, 4, 39, 0].flatMap(often)));

    test("owners of tables were forgotten", () =>
      judge([...[0, 1, 2, 3].flatMap(often), ...people.keys(), ...[4, 5, 0, 4, 6, 7, 5, 1].flatMap(often)]));

    test("owners of tables were away for long, and others took them", () =>
      judge([0, 1, 2, 3, ...Array.from({ length: 15 }, () => 4), 5, 6, 7, 0, 3, 7, 1, 5].flatMap(often)));

    test("the array that a key came in is used for another key", async () => {
      const fresh = await loadGm();
      const [mine, other] = [people[7], people[8]];
      const array = Buffer.from(mine?.key ?? e);
      for (let i = 0; i < OFTEN; i++) fresh.sm2VerifyDigest(array, e, mine?.signature ?? e);
      array.set(other?.key ?? e);
      for (const key of [array, other?.key ?? e]) {
        expect(fresh.sm2VerifyDigest(key, e, mine?.signature ?? e)).toBe(false);
        expect(fresh.sm2VerifyDigest(key, e, other?.signature ?? e)).toBe(true);
      }
    });

    test("in any order", async () => {
      for (let seed = 1; seed <= 6; seed++) {
        let state = seed;
        const next = (below: number): number => (state = (state * 48271) % 0x7fffffff) % below;
        await judge(
          Array.from({ length: 60 }, () => next(40)).flatMap((turn) =>
            Array.from({ length: 1 + next(20) }, () => turn),
          ),
        );
      }
    });
  });
});
