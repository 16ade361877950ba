import { type Policy, policyKeys, readPolicy } from "@certbridge/protocol/policy";
import { describe, expect, test } from "vitest";
import {
  addedPlatforms,
  admitsInsecure,
  admittedCarriers,
  isOlder,
  limitsKeys,
  neededHostVersion,
  refusalOf,
  refusalOfAll,
  refusalOfKey,
} from "../../../extension/background/policy.ts";

const SITE = "https://bid.example.cn";
const SM3 = "0a".repeat(32);
const key = { carrier: "software", issuerKeySm3: SM3 } as const;

const by = (written: object): Policy => readPolicy({ schemaVersion: 1, ...written }, {}).policy;
const refusal = (written: object, origin = SITE) => refusalOf(by(written), origin, "0.2.0");
const keyRefusal = (written: object, of: Parameters<typeof refusalOfKey>[1] = key) => refusalOfKey(by(written), of);

test("no policy refuses nothing and adds nothing", () => {
  const none = by({});
  expect(refusalOf(none, SITE, "0")).toBeNull();
  expect(refusalOfKey(none, { carrier: "usb-key" })).toBeNull();
  expect(limitsKeys(none)).toBe(false);
  expect(admittedCarriers(none, ["usb-key", "software"])).toEqual(["usb-key", "software"]);
  expect(neededHostVersion(none, "0")).toBeNull();
  expect(addedPlatforms(none)).toEqual([]);
  expect(admitsInsecure(none, "http://a.cn")).toBe(false);
});

describe("an origin is refused", () => {
  test("where it is blocked, exactly", () => {
    const written = { blockedOrigins: [SITE] };
    expect(refusal(written)).toBe("blockedOrigins");
    expect(refusal(written, "https://bid.example.cn:8443")).toBeNull();
    expect(refusal(written, "https://other.example.cn")).toBeNull();
  });

  test.each([
    [{ schemaVersion: 2 }, "schemaVersion"],
    [{ requiredKeys: ["blockedOrigin"] }, "requiredKeys"],
    [{ blockedOrigins: "https://a.cn" }, "blockedOrigins"],
    [{ minimumExtensionVersion: "0.2.1" }, "minimumExtensionVersion"],
    [{ minimumExtensionVersion: 1 }, "minimumExtensionVersion"],
    [{ minimumHostVersion: 1 }, "minimumHostVersion"],
  ])("with every other one by %j", (written, name) => {
    expect(refusal(written)).toBe(name);
    expect(refusalOfAll(by(written), "0.2.0")).toBe(name);
  });

  test("by no broken key that only allows", () => {
    expect(refusal({ extraPlatforms: 7, insecureOrigins: 7 })).toBeNull();
  });
});

describe("a key is refused", () => {
  test.each([
    ["another carrier", { allowedCarriers: ["usb-key"] }, "allowedCarriers"],
    ["no carrier at all", { allowedCarriers: [] }, "allowedCarriers"],
    ["broken carriers", { allowedCarriers: "software" }, "allowedCarriers"],
    ["another CA", { allowedAuthorities: ["0b".repeat(32)] }, "allowedAuthorities"],
    ["no CA at all", { allowedAuthorities: [] }, "allowedAuthorities"],
    ["broken CAs", { allowedAuthorities: [SM3.slice(1)] }, "allowedAuthorities"],
  ])("%s", (_what, written, name) => {
    expect(keyRefusal(written)).toBe(name);
    expect(limitsKeys(by(written))).toBe(true);
  });

  test("where its CA is not known: a host that does not say it included", () => {
    const written = { allowedAuthorities: [SM3] };
    expect(keyRefusal(written)).toBeNull();
    expect(keyRefusal(written, { ...key, issuerKeySm3: null })).toBe("allowedAuthorities");
    expect(keyRefusal(written, { carrier: "software" })).toBe("allowedAuthorities");
  });

  test("and its carrier is not told as supported", () => {
    expect(admittedCarriers(by({ allowedCarriers: ["phone"] }), ["phone", "software"])).toEqual(["phone"]);
    expect(admittedCarriers(by({ allowedCarriers: 7 }), ["phone", "software"])).toEqual([]);
  });
});

test("an http origin is admitted by its exact name, and by insecureOrigins alone", () => {
  const policy = by({ insecureOrigins: ["http://intranet:8080"], extraPlatforms: [{ origin: SITE, name: "平台" }] });
  expect(admitsInsecure(policy, "http://intranet:8080")).toBe(true);
  for (const origin of ["http://intranet", "https://intranet:8080", "http://intranet:80800", SITE]) {
    expect(admitsInsecure(policy, origin)).toBe(false);
  }
  expect(addedPlatforms(policy)).toEqual([
    { origin: SITE, name: "平台" },
    { origin: "http://intranet:8080", name: null },
  ]);
});

test("of a platform that is named twice the first name counts", () => {
  const twice = ["甲", "乙"].map((name) => ({ origin: SITE, name }));
  expect(addedPlatforms(by({ extraPlatforms: twice }))).toEqual([{ origin: SITE, name: "甲" }]);
});

test.each([
  ["0.1.9", "0.2", true],
  ["0.2", "0.2.0", false],
  ["0.2.0", "0.2", false],
  ["0.10.0", "0.9.1", false],
  ["1", "0.9.9.9", false],
  ["0.2.0", "0.2.0.1", true],
  ["0.2.0-rc1", "0.2.0", false],
  ["dev", "0", true],
  ["", "0", true],
])("%s comes before %s: %s", (version, than, older) => {
  expect(isOlder(version, than)).toBe(older);
  expect(neededHostVersion(by({ minimumHostVersion: than }), version)).toBe(older ? than : null);
});

test("every key has a say: none is read and then forgotten", () => {
  const spoilt = (name: string) => by({ [name]: 7 });
  for (const name of policyKeys) {
    const policy = spoilt(name);
    const says =
      refusalOfAll(policy, "0.2.0") !== null ||
      refusalOfKey(policy, key) !== null ||
      addedPlatforms(by({ [name]: name === "insecureOrigins" ? ["http://a.cn"] : [{ origin: SITE, name: "平台" }] }))
        .length > 0;
    expect(says, name).toBe(true);
  }
});
