import { instant } from "@certbridge/protocol/instant";
import * as v from "valibot";
import { expect, test } from "vitest";

test.each(["2026-11-23T09:31:07Z", "2026-11-23T09:31:07.250Z", "2024-02-29T00:00:00.123456789Z"])(
  "takes %s",
  (text) => {
    expect(v.is(instant, text)).toBe(true);
  },
);

test.each([
  ["a month 13", "2026-13-01T00:00:00Z"],
  ["a day 32", "2026-01-32T00:00:00Z"],
  ["30 February", "2026-02-30T00:00:00Z"],
  ["29 February of another year", "2026-02-29T00:00:00Z"],
  ["an hour 24", "2026-01-01T24:00:00Z"],
  ["an hour 25", "2026-01-01T25:00:00Z"],
  ["another zone", "2026-11-23T09:31:07+08:00"],
  ["no zone", "2026-11-23T09:31:07"],
  ["no seconds", "2026-11-23T09:31Z"],
  ["a fraction of no digit", "2026-11-23T09:31:07.Z"],
  ["a fraction of ten digits", "2026-11-23T09:31:07.1234567890Z"],
  ["something behind it", "2026-11-23T09:31:07Z\n"],
  ["a number", 1_795_000_000_000],
])("refuses %s", (_what, value) => {
  expect(v.is(instant, value)).toBe(false);
});
