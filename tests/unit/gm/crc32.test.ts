/** CRC-32 beside zlib's; and the polynomial with five terms by which it drops words is a multiple of the standard's. */
import { loadGm } from "@certbridge/gm/node";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { filler } from "../../support/oracles/filler.ts";

const gm = await loadGm();

/** Words that are left, in bytes; and what of the module's window is theirs. */
const LEFT_LEN = 300 * 16;
const PART_LEN = 256 * 1024 - LEFT_LEN;

test("the check value of the standard's catalogue", () => {
  expect(gm.crc32(new TextEncoder().encode("123456789"), 0)).toBe(0xcbf43926);
});

describe.each([0, 16, LEFT_LEN, LEFT_LEN + 145 * 16, LEFT_LEN * 2, PART_LEN, 2 * PART_LEN, 1024 * 1024])(
  "around %d bytes",
  (around) => {
    test.each([-17, -16, -1, 0, 1, 15, 16, 47, 64])("%d more", (more) => {
      const bytes = filler(Math.max(0, around + more), more + 100);
      expect(gm.crc32(bytes, 0)).toBe(crc32(bytes));
      expect(gm.crc32(bytes, 0xdeadbeef)).toBe(crc32(bytes, 0xdeadbeef));
    });
  },
);

test("goes on from any value, over parts of any length, and leaves the bytes as they are", () => {
  const bytes = filler(700_000, 9);
  const before = bytes.slice();
  let value = 0;
  for (let from = 0, len = 1; from < bytes.length; from += len, len = (len * 7 + 3) % 90_001) {
    value = gm.crc32(bytes.subarray(from, from + len), value);
  }
  expect(value).toBe(crc32(bytes));
  expect(bytes).toEqual(before);
});

test("y³⁰⁰ + y¹⁵⁵ + y¹¹⁷ + y⁸⁹ + 1 is zero modulo the polynomial", () => {
  const powers = [1];
  for (let power = 1; power <= 300; power++) {
    const last = powers[power - 1] ?? 0;
    powers.push(((last << 1) ^ (last >>> 31 === 1 ? 0x04c11db7 : 0)) >>> 0);
  }
  expect([300, 155, 117, 89, 0].reduce((sum, power) => (sum ^ (powers[power] ?? 0)) >>> 0, 0)).toBe(0);
});

test("wrong shapes are refused in plain words", () => {
  expect(() => gm.crc32("text" as never, 0)).toThrow(TypeError);
  expect(() => gm.crc32(new Uint8Array(1), -1)).toThrow('"soFar" expected a whole number from 0 to 4294967295, got -1');
  expect(() => gm.crc32(new Uint8Array(1), 2 ** 32)).toThrow(RangeError);
});
