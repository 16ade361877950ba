/** Points: the formulas, every case that they except, and all multiplications, against noble's curve; point-rows.test.ts has the many. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBytes32 } from "../../support/oracles/bigint.ts";
import { builds, Probe } from "../../support/oracles/probe.ts";
import { cases, edgyNumber, timeoutMs } from "../../support/oracles/runs.ts";
import { encodePoint, G, n, times } from "../../support/oracles/sm2.ts";
import type { CurvePoint } from "../../support/oracles/sm2.ts";

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [r, x, y, scratch] = [probe.place(160), probe.place(160), probe.place(80), probe.place(160)];
  const bytes = probe.place(80);
  const [number, otherNumber, zero] = [probe.place(32), probe.place(32), probe.put(new Uint8Array(32))];

  function setAffine(at: number, point: CurvePoint): void {
    probe.heap.set(encodePoint(point), bytes);
    expect(probe.call("affineFromBytes", at, bytes)).toBe(-1);
  }

  /** Puts a point, with a Z that is not 1 where `blur` says so. */
  function set(at: number, point: CurvePoint, blur: boolean): void {
    if (point.is0()) return void probe.call("pointZero", at);
    setAffine(scratch, point);
    probe.call("pointFromAffine", at, scratch);
    if (!blur) return;
    // 2q − q: the same point with other coordinates
    probe.call("affineNegate", scratch, scratch, -1);
    probe.call("pointDouble", at, at);
    probe.call("pointAddAffine", at, at, scratch);
  }

  function expectPoint(at: number, point: CurvePoint): void {
    const finite = probe.call("pointToBytes", bytes, at);
    expect(finite).toBe(point.is0() ? 0 : -1);
    if (!point.is0()) expect(probe.bytes(bytes, 65).toString("hex")).toBe(encodePoint(point).toString("hex"));
  }

  const multiple = fc.oneof(
    { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 3n }) },
    { weight: 2, arbitrary: fc.bigInt({ min: n - 3n, max: n - 1n }) },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: n - 1n }) },
  );

  test(
    "sum, double and negative of any two points: equal, opposite, infinite",
    () => {
      fc.assert(
        fc.property(multiple, multiple, fc.boolean(), (i, j, blur) => {
          const [q, s] = [times(i, G), times(j, G)];
          set(x, q, blur);
          probe.call("pointDouble", r, x);
          expectPoint(r, q.double());
          if (s.is0()) return;
          setAffine(y, s);
          probe.call("pointAddPublic", r, x, y);
          expectPoint(r, q.add(s));
          if (!q.is0() && !q.equals(s) && !q.equals(s.negate())) {
            probe.call("pointAddAffine", r, x, y);
            expectPoint(r, q.add(s));
            probe.call("pointAddAffine", x, x, y);
            expectPoint(x, q.add(s));
          }
          probe.call("affineNegate", y, y, -1);
          probe.call("pointFromAffine", r, y);
          expectPoint(r, s.negate());
        }),
        cases(200, 20_000),
      );
    },
    timeoutMs,
  );

  /** Numbers whose digits are at their ends, and those that a careless formula stumbles over: n less a few, and its halves. */
  const digits = fc
    .array(fc.constantFrom(0x00, 0x1f, 0x20, 0x21, 0x55, 0x7f, 0x80, 0xff), { minLength: 32, maxLength: 32 })
    .map((list) => BigInt(`0x${Buffer.from(list).toString("hex")}`) % n);
  const anyK = fc.oneof(
    edgyNumber(0n, n - 1n),
    digits,
    fc.bigInt({ min: n - 70n, max: n - 1n }),
    fc.bigInt({ min: n / 2n - 70n, max: n / 2n + 70n }),
  );

  test(
    "k·G and k·P for any k below n, for secrets and for public numbers",
    () => {
      fc.assert(
        fc.property(anyK, fc.oneof(fc.constantFrom(1n, n - 1n), fc.bigInt({ min: 1n, max: n - 1n })), (k, j) => {
          const q = times(j, G);
          probe.heap.set(toBytes32(k), number);
          probe.call("baseMultiply", x, number);
          expectPoint(x, times(k, G));
          setAffine(y, q);
          probe.call("pointMultiply", x, number, y);
          expectPoint(x, times(k, q));
          probe.call("pointZero", x);
          probe.call("combAddPublic", x, probe.call("baseComb"), number);
          expectPoint(x, times(k, G));
        }),
        cases(60, 10_000),
      );
    },
    timeoutMs,
  );

  test(
    "k·P + l·G for any k and l below n: of any point, and where the two double or cancel",
    () => {
      const anyJ = fc.oneof(fc.constantFrom(1n, 2n, 3n, n - 2n, n - 1n), fc.bigInt({ min: 1n, max: n - 1n }));
      fc.assert(
        fc.property(anyK, fc.option(anyK, { nil: null }), anyJ, (k, other, j) => {
          const q = times(j, G);
          const l = other ?? (n - ((k * j) % n)) % n; // none: the sum is infinity
          probe.heap.set(toBytes32(k), number);
          probe.heap.set(toBytes32(l), otherNumber);
          setAffine(y, q);
          probe.call("pointMultiplySum", x, number, y, otherNumber);
          expectPoint(x, times(k, q).add(times(l, G)));
          probe.call("pointZero", x);
          probe.call("combAddPublic", x, probe.call("baseComb"), otherNumber);
          probe.call("combAddPublic", x, probe.call("baseComb"), number);
          expectPoint(x, times(k, G).add(times(l, G)));
        }),
        cases(60, 10_000),
      );
    },
    timeoutMs,
  );

  test("n − 1 … n − 70 and the two sides of n/2: where a digit meets its own sum", () => {
    const q = times(5n, G);
    for (let less = 1n; less <= 70n; less++) {
      for (const k of [n - less, n / 2n - less, n / 2n + less]) {
        probe.heap.set(toBytes32(k), number);
        for (const [name, point, rest] of [
          ["pointMultiply", q, [y]],
          ["pointMultiplySum", q, [y, zero]],
          ["baseMultiply", G, []],
        ] as const) {
          setAffine(y, point);
          probe.call(name, x, number, ...rest);
          expectPoint(x, times(k, point));
        }
        setAffine(y, q);
        probe.call("pointMultiplySum", x, zero, y, number);
        expectPoint(x, times(k, G));
      }
    }
  });

  test(
    "wNAF: the digits are those of the number, odd, small and apart",
    () => {
      const place = probe.place(514);
      fc.assert(
        fc.property(edgyNumber(0n, 2n ** 256n - 1n), fc.constantFrom(2, 5, 8, 10), (k, width) => {
          probe.heap.set(toBytes32(k), number);
          probe.call("wnaf", place, number, width);
          const list = [...new Int16Array(probe.heap.buffer, place, 257)];
          expect(list.reduce((sum, digit, i) => sum + (BigInt(digit) << BigInt(i)), 0n)).toBe(k);
          const at = list.flatMap((digit, i) => (digit === 0 ? [] : [i]));
          expect(at.every((i) => (list[i] ?? 0) % 2 !== 0 && Math.abs(list[i] ?? 0) < 2 ** (width - 1))).toBe(true);
          expect(at.every((i, place) => place === 0 || i - (at[place - 1] ?? 0) >= width)).toBe(true);
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test("the table of the base point: entry (i, j) is (j + 1)·2⁶ⁱ·G, all 1376 of them", () => {
    const comb = probe.call("baseComb");
    let row = G;
    for (let i = 0; i < 43; i++) {
      let entry = row;
      for (let j = 0; j < 32; j++) {
        probe.call("pointFromAffine", x, comb + 80 * (32 * i + j));
        expectPoint(x, entry);
        entry = entry.add(row);
      }
      row = entry.subtract(row).double();
    }
  });

  test("the odd multiples of the base point: entry j is (2j + 1)·G, all 64 of them", () => {
    const odds = probe.call("baseOdds");
    const twice = G.double();
    let entry = G;
    for (let j = 0; j < 64; j++) {
      probe.call("pointFromAffine", x, odds + 80 * j);
      expectPoint(x, entry);
      entry = entry.add(twice);
    }
  });

  test("no point: off the curve, coordinates of p or more, other first bytes", () => {
    const good = encodePoint(G);
    for (let first = 0; first < 256; first++) {
      good[0] = first;
      probe.heap.set(good, bytes);
      expect(probe.call("affineFromBytes", y, bytes)).toBe(first === 4 ? -1 : 0);
    }
    good[0] = 4;
    for (const at of [1, 32, 33, 64]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      probe.heap.set(bad, bytes);
      expect(probe.call("affineFromBytes", y, bytes)).toBe(0);
    }
  });
});
