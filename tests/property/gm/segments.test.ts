/** GHASH put together from segments is GHASH of the whole, wherever it is cut. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builds, Probe } from "../../support/oracles/probe.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

describe.each(builds)("the %s build", (build) => {
  const probe = new Probe(build);
  const [hash, part, power, data] = [probe.place(32), probe.place(32), probe.place(16), probe.place(20_000)];

  /** The hash of `bytes` under H, from Y = 0. */
  function ghashAt(place: number, h: Uint8Array, bytes: Uint8Array): Buffer {
    probe.heap.set(h, place);
    probe.heap.fill(0, place + 16, place + 32);
    probe.heap.set(bytes, data);
    probe.call("ghashUpdate", place, data, bytes.length);
    return probe.bytes(place + 16, 16);
  }

  const block = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const segment = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 250 })).map((n) => 16 * n);

  test(
    "any segments",
    () => {
      fc.assert(
        fc.property(
          block,
          fc.array(segment, { minLength: 1, maxLength: 4 }),
          fc.nat(15),
          fc.nat(),
          (h, lens, short, seed) => {
            const total = lens.reduce((sum, len) => sum + len) - short;
            const whole = Uint8Array.from({ length: total }, (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 24);
            const want = ghashAt(hash, h, whole);
            probe.heap.fill(0, hash + 16, hash + 32);
            let at = 0;
            for (const len of lens) {
              ghashAt(part, h, whole.subarray(at, at + len));
              probe.call("ghashPower", power, hash, len / 16);
              probe.call("ghashJoin", hash, power, part + 16);
              at += len;
            }
            expect(probe.bytes(hash + 16, 16).equals(want)).toBe(true);
          },
        ),
        cases(200, 1_000_000),
      );
    },
    timeoutMs,
  );

  test("the powers that every key has: none, one, and two", () => {
    const h = Uint8Array.from({ length: 16 }, (_, i) => 17 * i + 1);
    const square = ghashAt(hash, h, h);
    const powers = [0, 1, 2].map((n) => {
      probe.call("ghashPower", power, hash, n);
      return probe.bytes(power, 16).toString("hex");
    });
    expect(powers).toEqual(["80".padEnd(32, "0"), Buffer.from(h).toString("hex"), square.toString("hex")]);
  });
});
