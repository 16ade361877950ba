import { policyKeys, policySchema, readPolicy } from "@certbridge/protocol/policy";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type * as v from "valibot";
import { describe, expect, test } from "vitest";

/** Chromium checks types by a JSON schema that ships with the extension. It says what the grammar's schema says, in Chromium's words. */
const root = resolve(import.meta.dirname, "../../..");

interface JsonSchema {
  readonly type: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
}

const file = JSON.parse(readFileSync(join(root, "extension/public/policy-schema.json"), "utf8")) as JsonSchema;

/** A schema of the grammar as far as types go: what a value may be beyond its type is checked by the extension itself. */
type Shape = v.GenericSchema & {
  readonly wrapped?: Shape;
  readonly item?: Shape;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly pipe?: readonly { readonly type: string }[];
};

function typesOf(schema: Shape): JsonSchema {
  switch (schema.type) {
    case "optional":
      return typesOf(schema.wrapped as Shape);
    case "array":
      return { type: "array", items: typesOf(schema.item as Shape) };
    case "object": {
      const entries = Object.entries(schema.entries ?? {});
      return { type: "object", properties: Object.fromEntries(entries.map(([key, entry]) => [key, typesOf(entry)])) };
    }
    case "number":
      return { type: schema.pipe?.some(({ type }) => type === "integer") === true ? "integer" : "number" };
    // A word that is not known must reach the extension: refused here, it would take the whole key with it.
    case "picklist":
    case "string":
      return { type: "string" };
    default:
      throw new Error(`Chromium has no ${schema.type}`);
  }
}

/** Without what is said to people. */
function bare({ type, items, properties }: JsonSchema): JsonSchema {
  return {
    type,
    ...(items === undefined ? {} : { items: bare(items) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, bare(one)])) }),
  };
}

/** Words that Chromium's own reader of schemas takes; another one keeps the extension from being loaded. */
function wordsIn(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([word, value]) =>
    word === "properties" && typeof value === "object" && value !== null
      ? [word, ...Object.values(value).flatMap(wordsIn)]
      : [word, ...wordsIn(value)],
  );
}

describe("the schema that Chromium is given", () => {
  test("has the grammar's keys and types, and no other", () => {
    expect(bare(file)).toEqual(typesOf(policySchema));
  });

  test("uses no word beyond types: what is checked more sharply takes a key away without a trace", () => {
    expect([...new Set(wordsIn(file))].sort()).toEqual(["description", "items", "properties", "title", "type"]);
  });

  test("tells each key in words", () => {
    for (const [key, { title, description }] of Object.entries(file.properties ?? {})) {
      expect(title?.length, key).toBeGreaterThan(10);
      expect(description?.length, key).toBeGreaterThan(10);
    }
  });

  test("is named in Chromium's manifest and in no other", () => {
    const storageOf = (build: string) =>
      (JSON.parse(readFileSync(join(root, `build/extension/${build}/manifest.json`), "utf8")) as { storage?: unknown })
        .storage;
    expect(storageOf("chrome-mv3")).toEqual({ managed_schema: "policy-schema.json" });
    expect(storageOf("firefox-mv3")).toBeUndefined();
  });
});

describe("docs/admin/policy.md", () => {
  const page = readFileSync(join(root, "docs/admin/policy.md"), "utf8");

  test("speaks of every key", () => {
    for (const key of [...policyKeys, "schemaVersion", "requiredKeys"]) expect(page).toContain(`\`${key}\``);
  });

  /** The policies inside each example, wherever the browser wants them. */
  function policiesIn(example: unknown): readonly unknown[] {
    if (typeof example !== "object" || example === null) return [];
    if ("schemaVersion" in example) return [example];
    return Object.values(example).flatMap(policiesIn);
  }

  test("has only examples in which nothing is wrong", () => {
    const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json = ""]) => JSON.parse(json) as unknown);
    const policies = examples.flatMap(policiesIn);
    expect(policies.length).toBeGreaterThanOrEqual(2);
    for (const policy of policies) expect(readPolicy(policy, {}).policy.problems).toEqual([]);
  });
});
