/** The field of SM2 against BigInt, limbs at the ends of their bounds included. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { invert, mod, toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { builds, limbsOf, Probe, valueOf } from "../../support/oracles/probe.ts";
import { cases, edgyNumber, timeoutMs } from "../../support/oracles/runs.ts";
import { p } from "../../support/oracles/sm2.ts";

describe.each(builds)("the %s build", (build) => {
  const R = 2n ** 261n;

  const probe = new Probe(build);
  const [r, x, y, z] = [probe.place(80), probe.place(80), probe.place(80), probe.place(80)];
  const bytes = probe.place(32);

  /** A limb in [−most, most], mostly at an end. */
  const limb = (most: number): fc.Arbitrary<number> =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(-most, most) },
      { weight: 1, arbitrary: fc.constantFrom(1 - most, most - 1, 0) },
      { weight: 1, arbitrary: fc.integer({ min: -most, max: most }) },
    );

  /** A k-fold element: a sum of k tight ones, with signs. */
  const fold = (k: number): fc.Arbitrary<number[]> =>
    fc
      .tuple(fc.array(limb(k * 2 ** 28), { minLength: 8, maxLength: 8 }), limb(k * (2 ** 26 - 1)))
      .map(([low, high]) => [...low, high]);

  /** Factors whose folds multiply to 15 at most. */
  const factors = fc
    .constantFrom([1, 1], [2, 2], [3, 3], [3, 5], [5, 3], [2, 7], [7, 2], [1, 7], [4, 3])
    .chain(([j = 1, k = 1]) => fc.tuple(fold(j), fold(k)));

  /** The factors of a square, at most threefold. */
  const factor = fc.constantFrom(1, 2, 3).chain(fold);

  /** What may be subtracted: limbs of 32 bits. */
  const less = fc
    .tuple(fc.array(limb(2 ** 31 - 1), { minLength: 8, maxLength: 8 }), limb(2 ** 29))
    .map(([low, high]) => [...low, high]);

  function expectProduct(got: readonly number[], a: readonly number[], b: readonly number[], c: bigint = 0n): void {
    expect(got.slice(0, 8).every((value) => value >= -(2 ** 28) && value < 2 ** 28)).toBe(true);
    const [value, whole] = [valueOf(got), valueOf(a) * valueOf(b)];
    expect(mod((value + c) * R, p)).toBe(mod(whole, p));
    // (a·b + m·p)/R − c with 0 ≤ m < R
    expect((value + c) * R >= whole && (value + c) * R < whole + p * R).toBe(true);
  }

  const setPair = (at: number, pair: readonly (readonly number[])[]): void =>
    pair.forEach((limbs, lane) =>
      limbs.forEach((value, i) => probe.words.setInt32(at + 8 * i + 4 * lane, value, true)),
    );
  const pairAt = (at: number): number[][] =>
    [0, 1].map((lane) => Array.from({ length: 9 }, (_, i) => probe.words.getInt32(at + 8 * i + 4 * lane, true)));

  test(
    "a product and a square, in place and apart",
    () => {
      fc.assert(
        fc.property(factors, factor, ([a, b], c) => {
          probe.setLimbs(x, a);
          probe.setLimbs(y, b);
          probe.call("feMul", r, x, y);
          expectProduct(probe.limbs(r), a, b);
          probe.call("feMul", y, x, y);
          expect(probe.limbs(y)).toEqual(probe.limbs(r));
          probe.setLimbs(z, c);
          probe.call("feSqr", z, z);
          expectProduct(probe.limbs(z), c, c);
        }),
        cases(2000, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "two products side by side, less a third number or not",
    () => {
      fc.assert(
        fc.property(factors, factors, less, less, ([a, b], [c, d], e, f) => {
          setPair(x, [a, c]);
          setPair(y, [b, d]);
          setPair(z, [e, f]);
          probe.call("pairMul", r, x, y);
          const [first = [], second = []] = pairAt(r);
          expectProduct(first, a, b);
          expectProduct(second, c, d);
          probe.call("pairMulSub", x, x, y, z);
          const [third = [], fourth = []] = pairAt(x);
          expectProduct(third, a, b, valueOf(e));
          expectProduct(fourth, c, d, valueOf(f));
        }),
        cases(2000, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "two squares side by side, less a third number or not",
    () => {
      fc.assert(
        fc.property(factor, factor, less, less, (a, b, c, d) => {
          setPair(x, [a, b]);
          setPair(z, [c, d]);
          probe.call("pairSqrSub", r, x, z);
          const [first = [], second = []] = pairAt(r);
          expectProduct(first, a, a, valueOf(c));
          expectProduct(second, b, b, valueOf(d));
          probe.call("pairSqr", x, x);
          const [third = [], fourth = []] = pairAt(x);
          expectProduct(third, a, a);
          expectProduct(fourth, b, b);
        }),
        cases(2000, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "differences and triples",
    () => {
      fc.assert(
        fc.property(fold(2), fold(1), (a, b) => {
          probe.setLimbs(x, a);
          probe.setLimbs(y, b);
          probe.call("feSub", r, x, y);
          expect(valueOf(probe.limbs(r))).toBe(valueOf(a) - valueOf(b));
          probe.call("feTriple", r, x);
          expect(valueOf(probe.limbs(r))).toBe(3n * valueOf(a));
        }),
        cases(300, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "inverse, zero, and the way through Montgomery form",
    () => {
      fc.assert(
        fc.property(edgyNumber(0n, p - 1n), (value) => {
          probe.heap.set(toBytes32(value), bytes);
          expect(probe.call("feFromBytes", x, bytes)).toBe(-1);
          expect(probe.call("feIsZero", x)).toBe(value === 0n ? -1 : 0);
          probe.call("feInv", r, x);
          probe.call("feToBytes", bytes, r);
          const inverse = toNumber(probe.bytes(bytes, 32));
          // one number below p gives 1, and 0 is for 0
          expect([inverse < p, mod(inverse * value, p)]).toEqual([true, value === 0n ? 0n : 1n]);
          if (value === 0n) expect(inverse).toBe(0n);
          probe.call("feToBytes", bytes, x);
          expect(toNumber(probe.bytes(bytes, 32))).toBe(value);
        }),
        cases(300, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "a sum of elements leaves as the one number below p",
    () => {
      const unlift = invert(R, p);
      const multiple = fc.bigInt({ min: -15n, max: 15n }).map((times) => ({ raw: times * p, times }));
      fc.assert(
        fc.property(
          fc.oneof(
            multiple,
            fold(3).map((a) => ({ raw: valueOf(a) })),
          ),
          ({ raw }) => {
            const negative = raw < 0n;
            probe.setLimbs(
              x,
              limbsOf(negative ? -raw : raw).map((value) => (negative ? -value : value)),
            );
            probe.call("feToBytes", bytes, x);
            expect(toNumber(probe.bytes(bytes, 32))).toBe(mod(raw * unlift, p));
            expect(probe.call("feIsZero", x)).toBe(mod(raw, p) === 0n ? -1 : 0);
          },
        ),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test("a coordinate of p or more is told", () => {
    for (const value of [p, p + 1n, 2n ** 256n - 1n]) {
      probe.heap.set(toBytes32(value), bytes);
      expect(probe.call("feFromBytes", x, bytes)).toBe(0);
    }
  });
});
