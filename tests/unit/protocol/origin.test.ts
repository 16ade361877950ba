import { isOrigin, origin, pageOrigin } from "@certbridge/protocol/origin";
import * as v from "valibot";
import { expect, test } from "vitest";

test.each([
  "https://bid-a.demo.test",
  "https://ggzyfw.beijing.gov.cn",
  "https://a.test:8443",
  "https://xn--fiqs8s.test",
  "https://a_b.test",
  "https://10.0.0.7",
  "https://[2001:db8::1]:8443",
])("takes %s", (text) => {
  expect(isOrigin(text)).toBe(true);
});

test.each([
  ["another scheme", "http://a.test"],
  ["a path", "https://a.test/"],
  ["a query", "https://a.test?x"],
  ["the default port", "https://a.test:443"],
  ["a port that is none", "https://a.test:65536"],
  ["upper case", "https://A.test"],
  ["letters beyond ASCII", "https://中国.test"],
  ["a user", "https://a@b.test"],
  ["a match pattern's wildcard", "https://*.test"],
  ["a character that a URL would let pass", "https://a!b.test"],
  ["white space", "https://a.test "],
  ["a line end", "https://a.test\n"],
  ["no host", "https://"],
  ["an opaque origin", "null"],
])("refuses %s", (_what, text) => {
  expect(isOrigin(text)).toBe(false);
});

test("the largest length, and one more", () => {
  const ofLength = (len: number) => `https://${"a".repeat(len - "https://".length)}`;
  expect([v.is(origin, ofLength(512)), v.is(origin, ofLength(513))]).toEqual([true, false]);
});

test("the page that asks may be an http one, for the policy to judge; nothing else may", () => {
  for (const text of ["http://intranet.test", "http://intranet.test:8080", "https://a.test"]) {
    expect([v.is(pageOrigin, text), isOrigin(text)]).toEqual([true, text.startsWith("https:")]);
  }
  for (const text of ["http://intranet.test/", "http://*.test", "ftp://a.test", "null"])
    expect(v.is(pageOrigin, text)).toBe(false);
});
