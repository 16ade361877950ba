import { readFileSync } from "node:fs";
import { builtinRegistry, findAuthority, findPlatform, parseRegistry, type Registry } from "@certbridge/trust";
import { describe, expect, test } from "vitest";
import { openAuthority, registryOf } from "../../support/host.ts";

const platform = { id: "jiangnan", name: "江南公共资源交易平台", origins: ["https://a.test"], enabled: true };
const [authority] = registryOf(openAuthority()).authorities;
if (authority === undefined) throw new Error("the registry has an authority");
const registry: Registry = { platforms: [platform], authorities: [authority] };

describe("parseRegistry", () => {
  test("takes what it gives: the built-in one, the demonstration's, one with a CA", () => {
    const demo: unknown = JSON.parse(readFileSync("apps/demo/registry.json", "utf8"));
    expect(parseRegistry(demo).platforms.map(({ id }) => id)).toEqual(["demo-a", "demo-b"]);
    for (const one of [builtinRegistry, registry]) expect(parseRegistry(JSON.parse(JSON.stringify(one)))).toEqual(one);
  });

  test("takes each place where a CA may write the code", () => {
    const [rule] = authority.usccRules;
    for (const from of [
      { extension: "1.2.3" },
      { extension: "1.2.3", encoding: "octet-string" },
      { extension: "1.2.3", encoding: "bare" },
      { subjectAttribute: "2.5.4.97", prefix: "NTRCN-" },
    ]) {
      const changed = { ...registry, authorities: [{ ...authority, usccRules: [{ ...rule, from }] }] };
      expect(parseRegistry(changed)).toEqual(changed);
    }
  });

  test("takes who is asked for the time, and that nobody is", () => {
    const timeStampUrls = ["http://tsa.test:8080/tsa?x=1", "https://tsa.test"];
    const asking = { ...registry, timeStampUrls, networkChecks: false };
    expect(parseRegistry(asking)).toEqual(asking);
  });

  const withPlatform = (change: object) => ({ ...registry, platforms: [{ ...platform, ...change }] });
  const withAuthority = (change: object) => ({ ...registry, authorities: [{ ...authority, ...change }] });

  test.each([
    ["nothing", null],
    ["no authorities", { platforms: [] }],
    ["an unknown key", { ...registry, more: 1 }],
    ["a platform with an unknown key", withPlatform({ more: 1 })],
    ["a platform without an origin", withPlatform({ origins: [] })],
    ["an origin over http", withPlatform({ origins: ["http://a.test"] })],
    ["an origin with a path", withPlatform({ origins: ["https://a.test/"] })],
    ["an origin in upper case", withPlatform({ origins: ["https://A.test"] })],
    ["an origin with a wildcard", withPlatform({ origins: ["https://*.test"] })],
    ["an id in upper case", withPlatform({ id: "Jiangnan" })],
    ["an id of 65 characters", withPlatform({ id: "a".repeat(65) })],
    ["an empty name", withPlatform({ name: "" })],
    ["a name of 256 characters", withPlatform({ name: "名".repeat(256) })],
    ["a key that is no SM3", withAuthority({ issuerKeysSm3: ["ab"] })],
    ["a key in upper case", withAuthority({ issuerKeysSm3: ["A".repeat(64)] })],
    ["a time-stamping address of another scheme", { ...registry, timeStampUrls: ["ftp://tsa.test/"] }],
    ["one with a name and password", { ...registry, timeStampUrls: ["https://me:secret@tsa.test/"] }],
    ["one without a host", { ...registry, timeStampUrls: ["https:///stamp"] }],
    ["five of them", { ...registry, timeStampUrls: Array.from({ length: 5 }, () => "https://tsa.test/") }],
    ["a rule for a policy that is no OID", withAuthority({ usccRules: [{ ...authority.usccRules[0], policy: "1" }] })],
    [
      "a rule of an unknown encoding",
      withAuthority({
        usccRules: [{ ...authority.usccRules[0], from: { extension: "1.2.3", encoding: "base64" } }],
      }),
    ],
  ])("refuses %s", (_what, value) => {
    expect(() => parseRegistry(value)).toThrow(expect.objectContaining({ name: "ValiError" }));
  });

  test("refuses one origin of two platforms", () => {
    const platforms = [platform, { ...platform, id: "other" }];
    expect(() => parseRegistry({ ...registry, platforms })).toThrow(RangeError);
  });

  test("takes ids of 64 characters, and names of 255", () => {
    const longest = withPlatform({ id: "a".repeat(64), name: "名".repeat(255) });
    expect(parseRegistry(longest)).toEqual(longest);
  });
});

describe("looking up", () => {
  test("a platform is found by its very origin", () => {
    expect(findPlatform(registry, "https://a.test")).toEqual(platform);
    for (const other of ["https://a.test:8443", "https://b.a.test", "http://a.test", "https://a.test/", ""]) {
      expect(findPlatform(registry, other)).toBeNull();
    }
  });

  test("a platform that waits is not found", () => {
    const waiting = { ...registry, platforms: [{ ...platform, enabled: false }] };
    expect(findPlatform(waiting, "https://a.test")).toBeNull();
  });

  test("an authority is found by one of its keys", () => {
    const [key = ""] = authority.issuerKeysSm3;
    expect(findAuthority(registry, key)).toEqual(authority);
    expect(findAuthority(registry, key.toUpperCase())).toBeNull();
    expect(findAuthority(builtinRegistry, key)).toBeNull();
  });
});

test("what is built in has each id once, and no CA before a list of CAs is public", () => {
  const ids = builtinRegistry.platforms.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(builtinRegistry.authorities).toEqual([]);
});
