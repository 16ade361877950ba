import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  listingLanguages,
  readAnswers,
  readListing,
  readOwnAnswers,
  storeNames,
  stores,
} from "../../../tools/store-listing.ts";

/** What the stores are told: within their limits, in every language, and nothing that the packages do not bear out. */
const root = resolve(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const manifest = v.object({
  version: v.string(),
  permissions: v.array(v.string()),
  host_permissions: v.array(v.string()),
  optional_host_permissions: v.array(v.string()),
  content_security_policy: v.object({ extension_pages: v.string() }),
});
const manifestOf = (browser: string) =>
  v.parse(manifest, JSON.parse(read(`build/extension/${browser}-mv3/manifest.json`)));
const manifests = { chrome: manifestOf("chrome"), firefox: manifestOf("firefox") };

const words = v.record(v.string(), v.object({ message: v.string() }));

/** As stores count: a Han character is one. */
const lengthOf = (text: string) => Array.from(text).length;

describe.each(listingLanguages)("the listing in %s", (language) => {
  const { name, summary, description } = readListing(language);
  const locale = language.replace("-", "_");
  const messages = v.parse(words, JSON.parse(read(`extension/public/_locales/${locale}/messages.json`)));

  test("has the name and the summary of the manifest", () => {
    expect(name).toBe(messages["extension_name"]?.message);
    expect(summary).toBe(messages["extension_description"]?.message);
  });

  test.each(storeNames)("is within the limits of %s", (store) => {
    const { nameLen, summaryLen, descriptionLen } = stores[store];
    expect(lengthOf(name)).toBeLessThanOrEqual(nameLen);
    expect(lengthOf(summary)).toBeLessThanOrEqual(summaryLen);
    expect(lengthOf(description)).toBeGreaterThanOrEqual(descriptionLen.min);
    expect(lengthOf(description)).toBeLessThanOrEqual(descriptionLen.max);
  });

  test("says what does not work yet, as often as the others", () => {
    expect(description.match(/^- /gm)).toHaveLength(5);
    for (const system of ["Linux", "Windows", "macOS"]) expect(description).toContain(system);
  });
});

describe("the answers", () => {
  const { questions, permissions } = readAnswers();

  test.each(storeNames)("%s: every permission that is asked for has its reason, and no other has one", (store) => {
    const asked = manifests[stores[store].browser].permissions;
    for (const permission of asked) {
      const reason = permissions.get(permission) ?? "";
      expect(lengthOf(reason), permission).toBeGreaterThan(30);
      expect(lengthOf(reason), permission).toBeLessThanOrEqual(stores[store].answerLen);
    }
    const everywhere = new Set([...manifests.chrome.permissions, ...manifests.firefox.permissions, "host permissions"]);
    expect([...permissions.keys()].filter((permission) => !everywhere.has(permission))).toEqual([]);
  });

  test("the sites are told: those of the list, and others only after the person granted each", () => {
    const reason = permissions.get("host permissions") ?? "";
    expect(reason).toContain("list of platforms");
    expect(reason).toContain("only after the person granted it");
    expect(reason).toContain("http sites: only");
    for (const { host_permissions: named, optional_host_permissions: optional } of Object.values(manifests)) {
      expect(named.every((pattern) => /^https:\/\/[^*]+\/\*$/.test(pattern))).toBe(true);
      expect(optional).toEqual(["https://*/*", "http://*/*"]);
    }
  });

  test("single purpose, remote code and data are answered as the packages are", () => {
    expect(lengthOf(questions.get("single purpose") ?? "")).toBeGreaterThan(30);
    expect(questions.get("remote code")).toMatch(/^none\b/);
    for (const { content_security_policy: policy } of Object.values(manifests)) {
      expect(policy.extension_pages).toContain("script-src 'self' 'wasm-unsafe-eval'");
      expect(policy.extension_pages).toContain("default-src 'self'");
    }
    expect(questions.get("data collected")).toMatch(/^none\b/);
    expect(questions.get("data")).toContain("nothing is sent to us");
    expect(lengthOf(questions.get("data use certification") ?? "")).toBeGreaterThan(30);
  });

  test.each(storeNames)("%s: what it alone asks for is answered, cell by cell", (store) => {
    const own = readOwnAnswers(store);
    expect(own.size).toBeGreaterThan(4);
    for (const [question, answer] of own) expect(answer, question).not.toBe("");
  });
});

test.each(["chrome", "firefox"] as const)("the package for %s is named with its version", (browser) => {
  const { version } = manifests[browser];
  expect(read(`store-assets/${browser}.md`)).toContain(`certbridge-${version}-${browser}-store.zip`);
});
