/** Points: the complete formulas in every case that others except, and both multiplications, against noble's curve. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { toBytes32 } from "../../support/oracles/bigint.ts";
import { Probe } from "../../support/oracles/probe.ts";
import { cases, edgyNumber, timeoutMs } from "../../support/oracles/runs.ts";
import { encodePoint, G, n, times } from "../../support/oracles/sm2.ts";
import type { CurvePoint } from "../../support/oracles/sm2.ts";

const probe = new Probe();
const [r, x, y] = [probe.place(112), probe.place(112), probe.place(112)];
const bytes = probe.place(80);

/** Puts a point, with a Z that is not 1 where `blur` says so. */
function set(at: number, point: CurvePoint, blur: boolean): void {
  if (point.is0()) return void probe.call("pointZero", at);
  probe.heap.set(encodePoint(point), bytes);
  expect(probe.call("pointFromBytes", at, bytes)).toBe(-1);
  if (!blur) return;
  // q + q − q: the same point with other coordinates
  probe.call("pointNegate", r, at);
  probe.call("pointDouble", at, at);
  probe.call("pointAdd", at, at, r);
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
  "sum, mixed sum, double and negative of any two points: equal, opposite, infinite",
  () => {
    fc.assert(
      fc.property(multiple, multiple, fc.boolean(), (i, j, blur) => {
        const [q, s] = [times(i, G), times(j, G)];
        set(x, q, blur);
        set(y, s, blur);
        probe.call("pointAdd", r, x, y);
        expectPoint(r, q.add(s));
        probe.call("pointDouble", r, x);
        expectPoint(r, q.double());
        probe.call("pointNegate", r, x);
        expectPoint(r, q.negate());
        if (s.is0()) return;
        set(y, s, false);
        probe.call("pointAddAffine", r, x, y);
        expectPoint(r, q.add(s));
      }),
      cases(200, 20_000),
    );
  },
  timeoutMs,
);

test(
  "k·G and k·P for any k of 32 bytes",
  () => {
    const digits = fc.array(fc.constantFrom(0x00, 0x1f, 0x20, 0x21, 0x55, 0x7f, 0x80, 0xff), {
      minLength: 32,
      maxLength: 32,
    });
    const anyK = fc.oneof(
      edgyNumber(0n, 2n ** 256n - 1n),
      digits.map((list) => BigInt(`0x${Buffer.from(list).toString("hex")}`)),
    );
    fc.assert(
      fc.property(anyK, fc.bigInt({ min: 1n, max: n - 1n }), (k, j) => {
        const q = times(j, G);
        const place = probe.place(0);
        probe.heap.set(toBytes32(k), place);
        probe.call("baseMultiply", x, place);
        expectPoint(x, times(k, G));
        set(y, q, false);
        probe.call("pointMultiply", x, place, y);
        expectPoint(x, times(k, q));
      }),
      cases(60, 10_000),
    );
  },
  timeoutMs,
);

test("the table of the base point: entry (i, j) is (j + 1)·2⁶ⁱ·G, all 1376 of them", () => {
  let row = G;
  for (let i = 0; i < 43; i++) {
    let entry = row;
    for (let j = 0; j < 32; j++) {
      probe.call("baseEntry", x, i, j);
      expectPoint(x, entry);
      entry = entry.add(row);
    }
    row = entry.subtract(row).double();
  }
});

test("no point: off the curve, coordinates of p or more, other first bytes", () => {
  const good = encodePoint(G);
  for (let first = 0; first < 256; first++) {
    good[0] = first;
    probe.heap.set(good, bytes);
    expect(probe.call("pointFromBytes", x, bytes)).toBe(first === 4 ? -1 : 0);
  }
  good[0] = 4;
  for (const at of [1, 32, 33, 64]) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 1;
    probe.heap.set(bad, bytes);
    expect(probe.call("pointFromBytes", x, bytes)).toBe(0);
  }
});
