import * as v from "valibot";
import { carrier } from "../carrier.ts";
import { limits } from "../limits.ts";

/**
 * The administrator's policy (企业策略) as it is written, docs/admin/policy.md. Browsers hand it to the extension as managed
 * storage: Chromium after a check of types only (extension/public/policy-schema.json, held equal to this schema by a contract
 * test), Firefox as it is. So everything is checked here once more, entry by entry, in read.ts.
 */

/** The language that a policy is written in. Keys are added without changing it. */
export const POLICY_SCHEMA_VERSION = 1;

/** A web address's origin as browsers serialise it; null where it is none, or where its host is a pattern. */
function originOf(text: string): string | null {
  try {
    const { protocol, hostname, origin } = new URL(text);
    const isWeb = protocol === "https:" || protocol === "http:";
    // The URL standard lets `*` be part of a host: an entry that looks like a pattern and is none would forbid nothing.
    return isWeb && /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/.test(hostname) ? origin : null;
  } catch {
    return null;
  }
}

const address = v.pipe(v.string(), v.maxLength(limits.originLen));

/** What may ask is named exactly: scheme, host, a port where it is not the scheme's own; no path, no pattern. */
const exactly = (scheme: "https" | "http") =>
  v.pipe(
    address,
    v.check((text) => text.startsWith(`${scheme}://`) && originOf(text) === text, `an exact ${scheme} origin expected`),
  );

/** What is forbidden is taken wider than it is written: of an address with a path, the whole origin. */
const forbidden = v.pipe(
  address,
  v.check((text) => originOf(text) !== null, "a web address expected"),
  v.transform((text) => originOf(text) ?? text),
);

/** One to four numbers, as browsers write an extension's version. */
const version = v.pipe(v.string(), v.regex(/^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){0,3}$/));

/** SM3 of the issuing CA's public key (65 bytes), hexadecimal, as the registry names CAs. */
const issuerKeySm3 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-fA-F]{64}$/),
  v.transform((text) => text.toLowerCase()),
);

const keys = {
  /** Platforms beside the registry's. Each still waits for a person's click, since only a person can grant a site. */
  extraPlatforms: v.optional(
    v.array(
      v.object({
        origin: exactly("https"),
        name: v.pipe(v.string(), v.trim(), v.nonEmpty(), v.maxLength(limits.nameLen)),
      }),
    ),
  ),
  /** Origins that may never ask, whoever else named them. */
  blockedOrigins: v.optional(v.array(forbidden)),
  /** The only carriers whose certificates may be used. */
  allowedCarriers: v.optional(v.array(carrier)),
  /** The only CAs whose certificates may be used. */
  allowedAuthorities: v.optional(v.array(issuerKeySm3)),
  /** http origins that may ask although their connection is not secure. */
  insecureOrigins: v.optional(v.array(exactly("http"))),
  minimumExtensionVersion: v.optional(version),
  minimumHostVersion: v.optional(version),
};

/** Every key is optional. */
export const policySchema = v.object({
  /** The marker: a policy is there, and in which language. Tells an empty policy from none, and from a broken one. */
  schemaVersion: v.optional(v.pipe(v.number(), v.integer())),
  /**
   * Keys without which the policy is broken. Chromium takes a key away, without a word, when one value in it is of a wrong type;
   * only a policy that says which keys it has lets that be seen.
   */
  requiredKeys: v.optional(v.array(v.string())),
  ...keys,
});

export type PolicyKey = keyof typeof keys;

export const policyKeys = Object.keys(keys) as readonly PolicyKey[];

export function isPolicyKey(name: string): name is PolicyKey {
  return Object.hasOwn(keys, name);
}

/** A key's value, once it is read. */
export type PolicyValues = { readonly [K in PolicyKey]: NonNullable<v.InferOutput<(typeof keys)[K]>> };

/**
 * What a key does. One that forbids fails closed: where it is broken its last good value binds, else nothing is allowed that it
 * could have forbidden. One that allows and is broken allows nothing. docs/decisions/0007-policy-fails-closed.md
 */
export const policyEffects: { readonly [K in PolicyKey]: "allows" | "forbids" } = {
  extraPlatforms: "allows",
  blockedOrigins: "forbids",
  allowedCarriers: "forbids",
  allowedAuthorities: "forbids",
  insecureOrigins: "allows",
  minimumExtensionVersion: "forbids",
  minimumHostVersion: "forbids",
};

/** What a refusal can be due to: a key, or one of the two that say how to read the rest. */
export const policyNames = ["schemaVersion", "requiredKeys", ...policyKeys] as const;

export type PolicyName = (typeof policyNames)[number];
