import { base64Url } from "@certbridge/protocol/bytes";
import * as v from "valibot";
import { expect, test } from "vitest";

test("a base64url string that is too long is not read: its length is its one fault, whatever stands in it", () => {
  const faults = (text: string) => v.safeParse(base64Url(1, 6), text).issues?.map(({ type }) => type);
  expect(faults("*".repeat(8))).toEqual(["check"]);
  expect(faults("*".repeat(9))).toEqual(["max_length"]);
  expect(faults("A".repeat(8))).toBeUndefined();
});
