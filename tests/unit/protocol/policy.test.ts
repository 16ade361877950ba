import {
  type GoodValues,
  noPolicy,
  type Policy,
  policyEffects,
  type PolicyKey,
  policyKeys,
  readGoodValues,
  readPolicy,
} from "@certbridge/protocol/policy";
import { describe, expect, test } from "vitest";

const SM3 = "0a".repeat(32);

/** One of everything, in good order. */
const whole = {
  schemaVersion: 1,
  requiredKeys: [...policyKeys],
  extraPlatforms: [{ origin: "https://bid.example.cn", name: "集团招标平台" }],
  blockedOrigins: ["https://old.example.cn"],
  allowedCarriers: ["usb-key", "phone"],
  allowedAuthorities: [SM3],
  insecureOrigins: ["http://intranet:8080"],
  minimumExtensionVersion: "0.1.0",
  minimumHostVersion: "0.2",
};

const read = (change: object, good: GoodValues = {}): Policy =>
  readPolicy({ schemaVersion: 1, requiredKeys: [], ...change }, good).policy;

const problemsOf = (policy: Policy) =>
  policy.problems.filter(({ kind }) => kind !== "unguarded").map(({ place, kind }) => `${place} ${kind}`);

const settingOf = (change: object, key: PolicyKey, good?: GoodValues) => read(change, good).settings[key];

describe("a policy in good order", () => {
  test("is read whole, and nothing is wrong with it", () => {
    const { policy, good } = readPolicy(whole, {});
    const { schemaVersion: _version, requiredKeys: _required, ...values } = whole;
    expect(policy.problems).toEqual([]);
    expect(policy.unreadable).toBeNull();
    for (const key of policyKeys) expect(policy.settings[key]).toEqual({ source: "policy", value: values[key] });
    expect(good).toEqual(values);
    expect(readGoodValues(good)).toEqual(good);
  });

  test.each(policyKeys)("may leave %s out: then it is not set", (key) => {
    const { [key]: _gone, ...rest } = whole;
    const { policy, good } = readPolicy({ ...rest, requiredKeys: [] }, { [key]: whole[key] });
    expect(policy.settings[key]).toEqual({ source: "default" });
    expect(good[key]).toBeUndefined();
  });

  test("that only has its marker sets nothing, as no policy does", () => {
    expect(readPolicy({ schemaVersion: 1 }, {}).policy).toEqual(noPolicy);
  });
});

describe("one wrong entry", () => {
  test.each<[string, object, string, unknown]>([
    [
      "an origin with a path",
      { extraPlatforms: [{ origin: "https://a.cn/x", name: "A" }, ...whole.extraPlatforms] },
      "extraPlatforms.0.origin value",
      whole.extraPlatforms,
    ],
    [
      "a platform over http",
      { extraPlatforms: [...whole.extraPlatforms, { origin: "http://a.cn", name: "A" }] },
      "extraPlatforms.1.origin value",
      whole.extraPlatforms,
    ],
    [
      "a platform without a name",
      { extraPlatforms: [{ origin: "https://a.cn", name: "  " }, ...whole.extraPlatforms] },
      "extraPlatforms.0.name value",
      whole.extraPlatforms,
    ],
    [
      "a platform that is no object",
      { extraPlatforms: ["https://a.cn", ...whole.extraPlatforms] },
      "extraPlatforms.0 type",
      whole.extraPlatforms,
    ],
    ["a number among origins", { blockedOrigins: [7, "https://a.cn"] }, "blockedOrigins.0 type", ["https://a.cn"]],
    ["null among origins", { blockedOrigins: ["https://a.cn", null] }, "blockedOrigins.1 type", ["https://a.cn"]],
    ["a pattern", { blockedOrigins: ["https://*.a.cn", "https://a.cn"] }, "blockedOrigins.0 value", ["https://a.cn"]],
    ["a bare host", { blockedOrigins: ["a.cn", "https://a.cn"] }, "blockedOrigins.0 value", ["https://a.cn"]],
    ["an unknown carrier", { allowedCarriers: ["usb-key", "cloud"] }, "allowedCarriers.1 value", ["usb-key"]],
    ["a carrier that is no text", { allowedCarriers: ["phone", {}] }, "allowedCarriers.1 type", ["phone"]],
    ["a digest cut short", { allowedAuthorities: ["0a", SM3] }, "allowedAuthorities.0 value", [SM3]],
    [
      "a secure origin among insecure ones",
      { insecureOrigins: ["https://a.cn", "http://a.cn"] },
      "insecureOrigins.0 value",
      ["http://a.cn"],
    ],
    [
      "a default port spelt out",
      { insecureOrigins: ["http://a.cn:80", "http://a.cn"] },
      "insecureOrigins.0 value",
      ["http://a.cn"],
    ],
  ])("%s is told by its place, and the rest binds", (_what, change, problem, value) => {
    const [key] = Object.keys(change) as [PolicyKey];
    const policy = read(change);
    expect(problemsOf(policy)).toEqual([problem]);
    expect(policy.settings[key]).toEqual({ source: "policy", value });
  });

  test("what is forbidden is taken wider than it is written", () => {
    const written = ["HTTPS://Old.Example.CN:443/path?x#y", "http://a.cn/", "https://招标.cn"];
    expect(settingOf({ blockedOrigins: written }, "blockedOrigins")).toEqual({
      source: "policy",
      value: ["https://old.example.cn", "http://a.cn", "https://xn--otu08i.cn"],
    });
  });

  test("a digest is read without regard to case", () => {
    expect(settingOf({ allowedAuthorities: [SM3.toUpperCase()] }, "allowedAuthorities")).toMatchObject({
      value: [SM3],
    });
  });

  test.each(["1", "0.1.0", "10.20.30.40"])("%s is a version", (version) => {
    expect(settingOf({ minimumHostVersion: version }, "minimumHostVersion")).toEqual({
      source: "policy",
      value: version,
    });
  });

  test.each(["", "v1", "1.2.3.4.5", "1..2", "01.2", "1.2-beta", " 1", "1.9999999999"])("%s is none", (version) => {
    expect(settingOf({ minimumHostVersion: version }, "minimumHostVersion")).toEqual({ source: "broken" });
  });
});

/** A whole key gone wrong, in the ways that a file or an editor of policies makes. */
const wrecks: readonly (readonly [string, PolicyKey, unknown])[] = [
  ["text for a list", "blockedOrigins", "https://a.cn"],
  ["null", "blockedOrigins", null],
  ["an object for a list", "allowedCarriers", { "1": "usb-key" }],
  ["only wrong entries", "allowedCarriers", ["cloud", 7]],
  ["only wrong entries", "blockedOrigins", ["a.cn"]],
  ["a number for a list", "allowedAuthorities", 7],
  ["a number for a version", "minimumHostVersion", 1],
  ["a list for a version", "minimumExtensionVersion", ["1"]],
];

describe("a key that forbids and is broken as a whole", () => {
  test.each(wrecks)("%s in %s: its last good value binds", (_what, key, wreck) => {
    const good = { [key]: whole[key] } as GoodValues;
    const { policy, good: kept } = readPolicy({ schemaVersion: 1, [key]: wreck }, good);
    expect(policy.settings[key]).toEqual({ source: "last-good", value: whole[key] });
    expect(problemsOf({ ...policy })).not.toEqual([]);
    expect(kept).toEqual(good);
  });

  test.each(wrecks)("%s in %s: where there was none it stays broken, and says so", (_what, key, wreck) => {
    expect(settingOf({ [key]: wreck }, key)).toEqual({ source: "broken" });
  });

  test("ends when the policy leaves it out in good order", () => {
    const broken = readPolicy({ schemaVersion: 1, blockedOrigins: 7 }, { blockedOrigins: ["https://a.cn"] });
    const mended = readPolicy({ schemaVersion: 1 }, broken.good);
    expect(mended.policy.settings.blockedOrigins).toEqual({ source: "default" });
    expect(readPolicy({ schemaVersion: 1, blockedOrigins: 7 }, mended.good).policy.settings.blockedOrigins).toEqual({
      source: "broken",
    });
  });

  test("an empty list is a value: nothing blocked, nothing allowed", () => {
    for (const key of ["blockedOrigins", "allowedCarriers", "allowedAuthorities"] as const) {
      expect(settingOf({ [key]: [] }, key)).toEqual({ source: "policy", value: [] });
    }
  });
});

describe("a key that allows and is broken", () => {
  test.each(policyKeys.filter((key) => policyEffects[key] === "allows"))(
    "%s allows nothing, whatever it did",
    (key) => {
      const good = { [key]: whole[key] } as GoodValues;
      const { policy, good: kept } = readPolicy({ schemaVersion: 1, [key]: 7 }, good);
      expect(policy.settings[key]).toEqual({ source: "broken" });
      expect(kept[key]).toBeUndefined();
    },
  );
});

describe("the guard", () => {
  test("a key that it names and that is not there is broken, not left out", () => {
    const change = { requiredKeys: ["blockedOrigins", "extraPlatforms"] };
    expect(problemsOf(read(change))).toEqual(["extraPlatforms missing", "blockedOrigins missing"]);
    expect(settingOf(change, "blockedOrigins")).toEqual({ source: "broken" });
    expect(settingOf(change, "blockedOrigins", { blockedOrigins: ["https://a.cn"] })).toMatchObject({
      source: "last-good",
    });
  });

  test.each([["blockedOrigin"], [7], ["blockedOrigins", null]])(
    "that names %s makes the policy unreadable",
    (...names) => {
      const policy = read({ requiredKeys: names });
      expect(policy.unreadable).toBe("requiredKeys");
    },
  );

  test("that is no list makes it unreadable as well", () => {
    expect(read({ requiredKeys: "blockedOrigins" }).unreadable).toBe("requiredKeys");
  });

  test("is missed where a key that forbids does without it", () => {
    const { problems } = read({ blockedOrigins: [], extraPlatforms: [] });
    expect(problems).toEqual([{ place: "blockedOrigins", kind: "unguarded", found: "array" }]);
  });
});

describe("the marker", () => {
  test.each([2, 0, 1.5, "1", null, true])(
    "%s is no language that is known: the policy is unreadable",
    (schemaVersion) => {
      expect(read({ schemaVersion }).unreadable).toBe("schemaVersion");
    },
  );

  test("that is missing is advice: what is there binds", () => {
    const { policy } = readPolicy({ blockedOrigins: ["https://a.cn"] }, {});
    expect(policy.unreadable).toBeNull();
    expect(problemsOf(policy)).toEqual(["schemaVersion unmarked"]);
    expect(policy.settings.blockedOrigins).toMatchObject({ value: ["https://a.cn"] });
  });
});

test("a key that is not known is told; so is what stands twice or on both sides", () => {
  const twice = { origin: "https://a.cn", name: "A" };
  const policy = read({
    blockedOrigin: [],
    constructor: 1,
    extraPlatforms: [twice, { ...twice, name: "B" }],
    insecureOrigins: ["http://b.cn"],
    blockedOrigins: ["http://b.cn"],
  });
  expect(problemsOf(policy)).toEqual([
    "blockedOrigin unknown",
    "constructor unknown",
    "extraPlatforms duplicate",
    "insecureOrigins contradiction",
  ]);
});

test.each([null, undefined, 7, "x", [], [whole]])(
  "what is no policy at all (%s) ends nothing that forbids",
  (managed) => {
    const { policy } = readPolicy(managed, { blockedOrigins: ["https://a.cn"] });
    expect(policy.settings.blockedOrigins).toMatchObject({ source: "last-good" });
    expect(policy.settings.allowedCarriers).toEqual({ source: "broken" });
    expect(policy.settings.extraPlatforms).toEqual({ source: "broken" });
  },
);
