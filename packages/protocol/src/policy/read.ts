import * as v from "valibot";
import {
  isPolicyKey,
  POLICY_SCHEMA_VERSION,
  policyEffects,
  type PolicyKey,
  policyKeys,
  type PolicyName,
  policySchema,
  type PolicyValues,
} from "./schema.ts";

/** What is wrong at one place. The last five are advice: what is written binds as it stands. */
export const policyProblemKinds = [
  /** Another type than the schema's: text where a list belongs, a number where text belongs. */
  "type",
  /** The right type, and no value that is known. */
  "value",
  /** Named in requiredKeys, and not there: misspelt, or taken away by the browser for a wrong type. */
  "missing",
  /** Another schemaVersion than this program's. */
  "version",
  /** No key of this name is known. */
  "unknown",
  /** schemaVersion is not there. */
  "unmarked",
  /** A key that forbids is not named in requiredKeys, so that its loss would not be seen. */
  "unguarded",
  /** Written twice; the first one counts. */
  "duplicate",
  /** Allowed by one key and blocked by another; blocked counts. */
  "contradiction",
] as const;

export type PolicyProblemKind = (typeof policyProblemKinds)[number];

export interface PolicyProblem {
  /** A key, or a place in it: `blockedOrigins.2`, `extraPlatforms.0.name`. Empty for the policy as a whole. */
  readonly place: string;
  readonly kind: PolicyProblemKind;
  /** What stands there: the text, shortened, or its type. */
  readonly found: string;
}

/** How a key is set, and since when. */
export type PolicySetting<T> =
  /** The policy does not set it. */
  | { readonly source: "default" }
  /** As the policy says; or as it last said in good order, since what it says now is broken. */
  | { readonly source: "policy" | "last-good"; readonly value: T }
  /** Broken, and never seen in good order. */
  | { readonly source: "broken" };

export interface Policy {
  readonly settings: { readonly [K in PolicyKey]: PolicySetting<PolicyValues[K]> };
  /** What makes the whole policy unreadable: everything is refused in its name. Null where nothing does. */
  readonly unreadable: Exclude<PolicyName, PolicyKey> | null;
  readonly problems: readonly PolicyProblem[];
}

/** Values that were in good order, by key. */
export type GoodValues = { readonly [K in PolicyKey]?: PolicyValues[K] };

const DEFAULT = { source: "default" } as const;

const FOUND_LEN = 80;

function foundIn(value: unknown): string {
  if (typeof value === "string") return value.slice(0, FOUND_LEN);
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

type Complain = (place: string, kind: PolicyProblemKind, value: unknown) => void;

/** One value by its schema; undefined where it is none, after a complaint. */
function readOne(schema: v.GenericSchema, value: unknown, place: string, complain: Complain): unknown {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  const unknownWord = issue.type === "picklist" && typeof issue.input === "string";
  const kind = issue.kind === "schema" && !unknownWord ? "type" : "value";
  complain(path === null ? place : `${place}.${path}`, kind, issue.input);
  return undefined;
}

/** A key's value with what is wrong in it left out; undefined where nothing is left of what was written. */
function readKey(key: PolicyKey, written: unknown, complain: Complain): unknown {
  const schema = policySchema.entries[key].wrapped;
  if (schema.type !== "array") return readOne(schema, written, key, complain);
  if (!Array.isArray(written)) {
    complain(key, "type", written);
    return undefined;
  }
  const entries = Array.from(written as readonly unknown[], (entry, index) =>
    readOne(schema.item, entry, `${key}.${index}`, complain),
  ).filter((entry) => entry !== undefined);
  return written.length > 0 && entries.length === 0 ? undefined : entries;
}

/** The guard: which keys must be there. Null where it is wrong itself, so that any could be meant. */
function readRequired(written: unknown, complain: Complain): readonly PolicyKey[] | null {
  if (written === undefined) return [];
  if (!Array.isArray(written)) {
    complain("requiredKeys", "type", written);
    return null;
  }
  const names = Array.from(written as readonly unknown[], (name, index) => {
    if (typeof name === "string" && isPolicyKey(name)) return name;
    complain(`requiredKeys.${index}`, typeof name === "string" ? "value" : "type", name);
    return null;
  });
  return names.includes(null) ? null : names.filter((name) => name !== null);
}

/** True where the policy is written in a language that this program knows, or does not say in which. */
function isKnownVersion(written: unknown, complain: Complain): boolean {
  if (written === undefined) {
    complain("schemaVersion", "unmarked", written);
    return true;
  }
  if (written === POLICY_SCHEMA_VERSION) return true;
  complain("schemaVersion", typeof written === "number" ? "version" : "type", written);
  return false;
}

function settingOf(key: PolicyKey, value: unknown, good: GoodValues): PolicySetting<unknown> {
  if (value !== undefined) return { source: "policy", value };
  if (policyEffects[key] === "allows" || good[key] === undefined) return { source: "broken" };
  return { source: "last-good", value: good[key] };
}

/** What stands twice, or on both sides. */
function compare({ settings }: Pick<Policy, "settings">, complain: Complain): void {
  const { extraPlatforms, blockedOrigins, insecureOrigins } = settings;
  const blocked = new Set("value" in blockedOrigins ? blockedOrigins.value : []);
  const extra = "value" in extraPlatforms ? extraPlatforms.value : [];
  const named = [
    ["extraPlatforms", extra.map(({ origin }) => origin)],
    ["insecureOrigins", "value" in insecureOrigins ? insecureOrigins.value : []],
  ] as const;
  for (const [key, origins] of named) {
    const seen = new Set<string>();
    for (const origin of origins) {
      if (seen.has(origin)) complain(key, "duplicate", origin);
      else if (blocked.has(origin)) complain(key, "contradiction", origin);
      seen.add(origin);
    }
  }
}

/**
 * Reads what the browser hands over as the administrator's policy, whatever it is: what is in good order binds, what is wrong is
 * told by its place, and a key that forbids never ends by being broken.
 *
 * @param good values of the last reading, by key
 * @returns the policy, and the good values to keep for the next reading
 */
export function readPolicy(managed: unknown, good: GoodValues): { readonly policy: Policy; readonly good: GoodValues } {
  const problems: PolicyProblem[] = [];
  const complain: Complain = (place, kind, value) => problems.push({ place, kind, found: foundIn(value) });

  const isObject = typeof managed === "object" && managed !== null && !Array.isArray(managed);
  if (!isObject) complain("", "type", managed);
  const written = new Map<string, unknown>(isObject ? Object.entries(managed) : []);
  const isKnown = isKnownVersion(written.get("schemaVersion"), complain);
  const required = readRequired(written.get("requiredKeys"), complain);

  const settings: Partial<Record<PolicyKey, PolicySetting<unknown>>> = {};
  const kept: Partial<Record<PolicyKey, unknown>> = {};
  for (const key of policyKeys) {
    const isThere = written.has(key);
    if (!isThere && !isObject) {
      settings[key] = settingOf(key, undefined, good);
    } else if (!isThere && required?.includes(key) === true) {
      complain(key, "missing", undefined);
      settings[key] = settingOf(key, undefined, good);
    } else {
      settings[key] = isThere ? settingOf(key, readKey(key, written.get(key), complain), good) : DEFAULT;
    }
    const setting = settings[key];
    if ("value" in setting) kept[key] = setting.value;
    const isGuarded = policyEffects[key] === "allows" || required?.includes(key) !== false;
    if (setting.source === "policy" && !isGuarded) complain(key, "unguarded", written.get(key));
  }
  for (const name of written.keys()) {
    if (!isPolicyKey(name) && !Object.hasOwn(policySchema.entries, name)) complain(name, "unknown", name);
  }
  const read = { settings: settings as Policy["settings"] };
  compare(read, complain);
  const unreadable = isKnown ? (required === null ? "requiredKeys" : null) : "schemaVersion";
  return { policy: { ...read, unreadable, problems }, good: kept as GoodValues };
}

/** Good values that were kept somewhere, read as strictly as a policy is. */
export function readGoodValues(kept: unknown): GoodValues {
  return readPolicy(kept, {}).good;
}

/** Where no administrator says anything. */
export const noPolicy: Policy = readPolicy({ schemaVersion: POLICY_SCHEMA_VERSION }, {}).policy;
