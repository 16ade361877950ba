import { OperationError } from "@certbridge/protocol/errors";
import {
  type GoodValues,
  type Policy,
  policyEffects,
  type PolicyKey,
  policyKeys,
  policyNames,
  policyProblemKinds,
  readGoodValues,
  readPolicy,
} from "@certbridge/protocol/policy";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  addedPlatforms,
  admitsInsecure,
  admittedCarriers,
  mustNotRefuse,
  neededHostVersion,
  refusalOf,
  refusalOfKey,
} from "../../../extension/background/policy.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

/** The reader of policies, and the decisions made on what it read: whatever an administrator, an editor or a browser makes of one. */

const hosts = ["a.cn", "b.cn", "c.cn:8443", "xn--otu08i.cn", "[::1]"] as const;
const origins = hosts.flatMap((host) => [`https://${host}`, `http://${host}`]);
const digests = ["00", "0a", "ff"].map((byte) => byte.repeat(32));
const versions = ["0", "0.0.9", "0.1", "0.1.0", "0.1.1", "2", "10.0"] as const;
const carriers = ["usb-key", "phone", "software"] as const;

const origin = fc.constantFrom(...origins);
const secure = fc.constantFrom(...hosts.map((host) => `https://${host}`));
const insecure = fc.constantFrom(...hosts.map((host) => `http://${host}`));
const list = <T>(entry: fc.Arbitrary<T>) => fc.array(entry, { maxLength: 4 });

const good: { readonly [K in PolicyKey]: fc.Arbitrary<unknown> } = {
  extraPlatforms: list(fc.record({ origin: secure, name: fc.constantFrom("甲", "乙") })),
  blockedOrigins: list(origin),
  allowedCarriers: list(fc.constantFrom(...carriers)),
  allowedAuthorities: list(fc.constantFrom(...digests)),
  insecureOrigins: list(insecure),
  minimumExtensionVersion: fc.constantFrom(...versions),
  minimumHostVersion: fc.constantFrom(...versions),
};

/** What is no value of any key. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    "",
    "*",
    "https://",
    "https://*.a.cn",
    "javascript:1",
    "0a",
    "v1",
    [],
    {},
  ),
  fc.constantFrom<unknown>([[]], [null], [{}], [""], { origin: "https://a.cn" }, { length: 3 }, { __proto__: null }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
);

const keyName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<string>(...policyNames) },
  { weight: 1, arbitrary: fc.constantFrom("__proto__", "constructor", "toString", "", "0", "blockedorigins") },
  { weight: 1, arbitrary: fc.string() },
);

const anyValue = fc.oneof(junk, ...Object.values(good), fc.array(fc.oneof(junk, origin), { maxLength: 4 }));

const anything = fc.oneof(
  { weight: 8, arbitrary: fc.array(fc.tuple(keyName, anyValue), { maxLength: 9 }).map(fromPairs) },
  { weight: 1, arbitrary: fc.jsonValue() },
);

/** As JSON.parse makes it, so that `__proto__` is a key like any other. */
function fromPairs(pairs: readonly (readonly [string, unknown])[]): unknown {
  const members = new Map(pairs.map(([key, value]) => [key, JSON.stringify(value) ?? "null"]));
  return JSON.parse(`{${Array.from(members, ([key, json]) => `${JSON.stringify(key)}:${json}`).join()}}`);
}

const keysOfHosts = carriers.flatMap((carrier) =>
  [...digests, null].map((issuerKeySm3) => ({ carrier, issuerKeySm3 })),
);

/** Everything that the policy refuses, as words. */
function refusals(policy: Policy): ReadonlySet<string> {
  const refused = new Set<string>();
  for (const each of origins) {
    if (refusalOf(policy, each, "0.1.0") !== null) refused.add(each);
    if (each.startsWith("http:") && !admitsInsecure(policy, each)) refused.add(`insecure ${each}`);
  }
  for (const key of keysOfHosts) {
    if (refusalOfKey(policy, key) !== null) refused.add(`${key.carrier} ${key.issuerKeySm3}`);
  }
  for (const carrier of carriers) if (!admittedCarriers(policy, carriers).includes(carrier)) refused.add(carrier);
  // A host that is refused for its version, and one that is never asked, are refused alike.
  const isUnreachable = origins.every((each) => refused.has(each));
  for (const version of versions) {
    if (isUnreachable || neededHostVersion(policy, version) !== null) refused.add(`host ${version}`);
  }
  return refused;
}

test(
  "whatever comes is read to its end, and what is refused is refused by a code",
  () => {
    fc.assert(
      fc.property(anything, anything, (managed, kept) => {
        const { policy, good: next } = readPolicy(managed, readGoodValues(kept));
        expect(readGoodValues(JSON.parse(JSON.stringify(next)))).toEqual(next);
        for (const { kind, found, place } of policy.problems) {
          expect(policyProblemKinds).toContain(kind);
          expect(found.length).toBeLessThanOrEqual(80);
          expect(typeof place).toBe("string");
        }
        for (const { origin: added } of addedPlatforms(policy)) expect(origins.concat(added)).toContain(added);
        for (const each of origins) {
          try {
            mustNotRefuse(policy, each, "0.1.0");
          } catch (error) {
            expect(OperationError.is(error, "BLOCKED_BY_POLICY") && policyNames).toContain(
              (error as OperationError<"BLOCKED_BY_POLICY">).details?.policy,
            );
          }
        }
        refusals(policy);
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

const goodDocument = fc
  .record(good, { requiredKeys: [] })
  .map((values) => ({ ...values, schemaVersion: 1, requiredKeys: Object.keys(values) }));

/** One way to spoil a policy: at a key, either the whole value, one entry of its list, or by leaving it out. */
const damage = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("whole", "entry", "gone"),
  entry: fc.nat(),
  junk: junk.filter((value) => value !== undefined),
});

test(
  "a policy that was in good order and is spoilt at one place refuses no less than before, but for the very entry that is spoilt",
  () => {
    fc.assert(
      fc.property(goodDocument, damage, (before, { at, how, entry, junk: wreck }) => {
        const forbidding = policyKeys.filter((key) => policyEffects[key] === "forbids" && key in before);
        const key = forbidding[at % Math.max(1, forbidding.length)];
        fc.pre(key !== undefined);
        const first = readPolicy(before, {});
        const written: Record<string, unknown> = { ...before };
        const value = (before as Record<string, unknown>)[key];
        let spared: unknown;
        if (how === "gone") delete written[key];
        else if (how === "entry" && Array.isArray(value) && value.length > 0) {
          const place = entry % value.length;
          spared = value[place];
          written[key] = value.with(place, wreck);
        } else {
          // A list that is empty, or a valid value by chance, is another policy and no spoilt one.
          fc.pre(isWreck(key, wreck));
          written[key] = wreck;
        }
        const second = readPolicy(
          JSON.parse(JSON.stringify(written)),
          JSON.parse(JSON.stringify(first.good)) as GoodValues,
        );
        const after = refusals(second.policy);
        for (const refused of refusals(first.policy)) {
          if (key === "blockedOrigins" && refused === spared) continue;
          expect(after, `${refused} after ${JSON.stringify(written)}`).toContain(refused);
        }
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

/** Whether nothing of it is of the key: judged by hand, not by the reader. */
function isWreck(key: PolicyKey, wreck: unknown): boolean {
  if (key === "minimumExtensionVersion" || key === "minimumHostVersion") {
    return typeof wreck !== "string" || !/^[\d.]+$/.test(wreck);
  }
  if (!Array.isArray(wreck)) return true;
  return (
    wreck.length > 0 &&
    wreck.every((one) => typeof one !== "string" || !/^(https?:|[a-z-]{5,8}$|[0-9a-f]{64}$)/i.test(one))
  );
}
