/** What the pool is made of: its buffers, and the counters of its segments. */
import { expect, test } from "vitest";
import { counterAfter } from "../../../packages/gm/src/core/segments.ts";
import { createBuffers } from "../../../packages/gm/src/pool/buffers.ts";

test("buffers: no more than the limit, kept for the next, wiped where nobody holds them", () => {
  const buffers = createBuffers(2);
  const [a, b, c, d] = [buffers.take(true), buffers.take(false), buffers.take(false), buffers.take(true)];
  expect([a !== null, b !== null, c, d !== null, buffers.live()]).toEqual([true, true, null, true, 3]);
  for (const loan of [a, b, d]) {
    if (loan === null) continue;
    new Uint8Array(loan.buffer).fill(1, 0, 100);
    loan.used = 100;
    buffers.give(loan);
  }
  expect(buffers.live()).toBe(2);
  const holds = [a, b, d].map((loan) => new Uint8Array(loan?.buffer ?? new ArrayBuffer(1))[99]);
  expect(holds).toEqual([0, 1, 1]);
  buffers.clean();
  expect(
    [a, b, d].map((loan) => new Uint8Array(loan?.buffer ?? new ArrayBuffer(1)).some((byte) => byte !== 0)),
  ).toEqual([false, false, false]);
});

test("counters of a segment: 128 bits carry, and the last 32 of GCM do not", () => {
  const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  for (const start of [0n, 0xffffffffn, 0xffff0000n, (1n << 64n) - 5n, (1n << 128n) - 1n, 0x123456789abcdef0n << 60n]) {
    const bytes = Buffer.from(start.toString(16).padStart(32, "0"), "hex");
    for (const blocks of [0, 1, 65_536, 2 ** 32, 2 ** 40 + 65_536]) {
      expect(toNumber(counterAfter(bytes, blocks, true))).toBe((start + BigInt(blocks)) % (1n << 128n));
      const low = (start + BigInt(blocks)) % (1n << 32n);
      expect(toNumber(counterAfter(bytes, blocks, false))).toBe(((start >> 32n) << 32n) | low);
    }
  }
});
