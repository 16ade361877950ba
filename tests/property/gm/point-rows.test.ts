/** Points and all their multiplications against rows of points in BigInt: a million of each in the slow suite. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBytes32 } from "../../support/oracles/bigint.ts";
import { builds, Probe } from "../../support/oracles/probe.ts";
import { addRows, encodeAffine, numberRow, pointRow } from "../../support/oracles/rows.ts";
import type { Affine } from "../../support/oracles/rows.ts";
import { cases, edgyNumber, rowLen, timeoutMs } from "../../support/oracles/runs.ts";
import { G, n, times } from "../../support/oracles/sm2.ts";

const scalar = edgyNumber(0n, n - 1n);
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

test("a row is what noble's curve has, through infinity, a point met again, and a step of nothing", () => {
  for (const [start, step] of [
    [3n, 5n],
    [n - 3n, 1n],
    [0n, n - 1n],
    [8n, n - 2n],
    [7n, 0n],
    [2n, 2n],
  ] as const) {
    const row = pointRow(times(start, G), times(step, G), 9);
    const want = numberRow(start, step, 9).map((k) => times(k, G));
    expect(row).toEqual(want.map((point) => (point.is0() ? null : point.toAffine())));
  }
});

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [r, x, y, scratch] = [probe.place(160), probe.place(160), probe.place(80), probe.place(160)];
  const [bytes, number, zero] = [probe.place(80), probe.place(32), probe.put(new Uint8Array(32))];

  function setAffine(at: number, point: NonNullable<Affine>): void {
    probe.heap.set(encodeAffine(point), bytes);
    if (probe.call("affineFromBytes", at, bytes) !== -1) throw new Error("a point of the curve was refused");
  }

  /** A point with Z = 1, or as 2q − q with another. */
  function set(at: number, point: Affine, blur: boolean): void {
    if (point === null) return void probe.call("pointZero", at);
    setAffine(scratch, point);
    probe.call("pointFromAffine", at, scratch);
    if (!blur) return;
    probe.call("affineNegate", scratch, scratch, -1);
    probe.call("pointDouble", at, at);
    probe.call("pointAddAffine", at, at, scratch);
  }

  const get = (at: number): string => (probe.call("pointToBytes", bytes, at) === 0 ? "" : hex(probe.bytes(bytes, 65)));

  test(
    "sums and doubles",
    () => {
      fc.assert(
        fc.property(scalar, scalar, scalar, scalar, (start, step, otherStart, otherStep) => {
          const lefts = pointRow(times(start, G), times(step, G), rowLen);
          const rights = pointRow(times(otherStart, G), times(otherStep, G), rowLen);
          const [sums, doubles] = [addRows(lefts, rights), addRows(lefts, lefts)];
          const [got, want]: [string[], string[]] = [[], []];
          for (const [j, left] of lefts.entries()) {
            const right = rights[j] ?? null;
            set(x, left, j % 2 === 0);
            probe.call("pointDouble", r, x);
            got.push(get(r));
            want.push(hex(encodeAffine(doubles[j] ?? null)));
            if (right === null) continue;
            setAffine(y, right);
            probe.call("pointAddPublic", r, x, y);
            got.push(get(r));
            want.push(hex(encodeAffine(sums[j] ?? null)));
            // the formula for secrets, which equal, opposite and infinite points never reach
            if (left === null || left.x === right.x) continue;
            probe.call("pointAddAffine", r, x, y);
            got.push(get(r));
            want.push(hex(encodeAffine(sums[j] ?? null)));
          }
          expect(got).toEqual(want);
        }),
        cases(6, 1000),
      );
    },
    timeoutMs,
  );

  test(
    "k·G and k·P, for secrets and for public numbers, and both together",
    () => {
      const factor = fc.oneof(
        { weight: 9, arbitrary: fc.bigInt({ min: 1n, max: n - 1n }) },
        fc.constantFrom(1n, n - 1n),
      );
      fc.assert(
        fc.property(factor, scalar, scalar, (c, start, step) => {
          const q = times(c, G);
          const ks = numberRow(start, step, rowLen);
          const [ofG, ofQ] = [G, q].map((point) => pointRow(times(start, point), times(step, point), rowLen));
          const both = addRows(ofG ?? [], ofQ ?? []);
          setAffine(y, q.toAffine());
          const [got, want]: [string[], string[]] = [[], []];
          for (const [j, k] of ks.entries()) {
            probe.heap.set(toBytes32(k), number);
            probe.call("baseMultiply", x, number);
            got.push(get(x));
            probe.call("pointMultiply", x, number, y);
            got.push(get(x));
            probe.call("pointMultiplySum", x, number, y, zero);
            got.push(get(x));
            probe.call("combAddPublic", x, probe.call("baseComb"), number);
            got.push(get(x));
            probe.call("pointMultiplySum", x, number, y, number);
            got.push(get(x));
            const [g, s, sum] = [ofG?.[j] ?? null, ofQ?.[j] ?? null, both[j] ?? null];
            want.push(...[g, s, s, sum, sum].map((point) => hex(encodeAffine(point))));
          }
          expect(got).toEqual(want);
        }),
        cases(4, 1000),
      );
    },
    timeoutMs,
  );
});
