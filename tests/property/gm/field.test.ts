/** The field of SM2 against BigInt, limbs at the ends of their bounds included. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { invert, mod, toBytes32, toNumber } from "../../support/oracles/bigint.ts";
import { limbsOf, Probe, valueOf } from "../../support/oracles/probe.ts";
import { cases, edgyNumber, timeoutMs } from "../../support/oracles/runs.ts";
import { p } from "../../support/oracles/sm2.ts";

const R = 2n ** 261n;
/** Limb 8 of 2p. */
const TOP = 2 ** 25;

const probe = new Probe();
const [r, x, y] = [probe.place(36), probe.place(36), probe.place(36)];
const bytes = probe.place(32);

/** A limb in [least, most], mostly at an end. */
const limb = (least: number, most: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom(least, most) },
    { weight: 1, arbitrary: fc.constantFrom(least + 1, most - 1, 0) },
    { weight: 1, arbitrary: fc.integer({ min: least, max: most }) },
  );

const limbs = (least: number, most: number, top: number, bottom = -top): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.array(limb(least, most), { minLength: 8, maxLength: 8 }), limb(bottom, top))
    .map(([low, high]) => [...low, high]);

/** Tight: what products and feNorm give, value in (−p, 2p). */
const tight = limbs(0, 2 ** 29 - 1, TOP - 3, 2 - TOP / 2);
const difference = limbs(-(2 ** 29) + 1, 2 ** 29 - 1, 2 * TOP);
/** A sum of three tight ones, or such a sum with signs. */
const loose = fc.oneof(limbs(-3 * (2 ** 29 - 1), 3 * (2 ** 29 - 1), 3 * TOP), difference, tight);

function expectTight(at: number): void {
  const got = probe.limbs(at);
  expect(got.slice(0, 8).every((value) => value >= 0 && value < 2 ** 29)).toBe(true);
  expect(Math.abs(got[8] ?? 0)).toBeLessThan(2 ** 27);
  const value = valueOf(got);
  expect(value > -p && value < 2n * p).toBe(true);
}

test(
  "a product of a loose and a tight element",
  () => {
    fc.assert(
      fc.property(loose, tight, (a, b) => {
        probe.setLimbs(x, a);
        probe.setLimbs(y, b);
        probe.call("feMul", r, x, y);
        expectTight(r);
        expect(mod(valueOf(probe.limbs(r)) * R, p)).toBe(mod(valueOf(a) * valueOf(b), p));
      }),
      cases(2000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "a product of two differences, and its square, in place",
  () => {
    fc.assert(
      fc.property(difference, difference, (a, b) => {
        probe.setLimbs(x, a);
        probe.setLimbs(y, b);
        probe.call("feMul", y, x, y);
        probe.call("feSqr", x, x);
        expectTight(x);
        expectTight(y);
        expect(mod(valueOf(probe.limbs(y)) * R, p)).toBe(mod(valueOf(a) * valueOf(b), p));
        expect(mod(valueOf(probe.limbs(x)) * R, p)).toBe(mod(valueOf(a) ** 2n, p));
      }),
      cases(2000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "carrying keeps the value and makes an element tight",
  () => {
    fc.assert(
      fc.property(limbs(-(2 ** 31) + 1, 2 ** 31 - 1, 2 ** 31 - 1), fc.constantFrom(1n, 3n, -1n), (a, m) => {
        probe.setLimbs(x, a);
        probe.call("feScale", r, x, m);
        expectTight(r);
        expect(mod(valueOf(probe.limbs(r)), p)).toBe(mod(valueOf(a) * m, p));
      }),
      cases(2000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "sums and differences",
  () => {
    fc.assert(
      fc.property(tight, tight, (a, b) => {
        probe.setLimbs(x, a);
        probe.setLimbs(y, b);
        probe.call("feAdd", r, x, y);
        expect(valueOf(probe.limbs(r))).toBe(valueOf(a) + valueOf(b));
        probe.call("feSub", r, x, y);
        expect(valueOf(probe.limbs(r))).toBe(valueOf(a) - valueOf(b));
      }),
      cases(300, 100_000),
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
        expect(toNumber(probe.bytes(bytes, 32))).toBe(value === 0n ? 0n : invert(value, p));
        probe.call("feToBytes", bytes, x);
        expect(toNumber(probe.bytes(bytes, 32))).toBe(value);
      }),
      cases(300, 50_000),
    );
  },
  timeoutMs,
);

test(
  "a loose element leaves as the one number below p",
  () => {
    const multiple = fc.bigInt({ min: -5n, max: 5n }).map((times) => ({ raw: times * p, times }));
    fc.assert(
      fc.property(
        fc.oneof(
          multiple,
          loose.map((a) => ({ raw: valueOf(a) })),
        ),
        ({ raw }) => {
          const negative = raw < 0n;
          probe.setLimbs(
            x,
            limbsOf(negative ? -raw : raw).map((value) => (negative ? -value : value)),
          );
          probe.call("feToBytes", bytes, x);
          expect(toNumber(probe.bytes(bytes, 32))).toBe(mod(raw * invert(R, p), p));
          expect(probe.call("feIsZero", x)).toBe(mod(raw, p) === 0n ? -1 : 0);
        },
      ),
      cases(500, 100_000),
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
