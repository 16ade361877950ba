import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

/** What the stores are told is what the packages are. */
const root = resolve(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

const words = v.record(v.string(), v.object({ message: v.string() }));
const manifest = v.object({ version: v.string(), permissions: v.array(v.string()) });

/** The shortest description that Edge takes, and the longest summary that Chrome takes. */
const DESCRIPTION_MIN = 250;
const SUMMARY_MAX = 132;

describe.each([
  ["zh_CN", "zh-CN"],
  ["zh_TW", "zh-TW"],
  ["en", "en"],
])("the listing in %s", (locale, file) => {
  const messages = v.parse(words, JSON.parse(read(`extension/public/_locales/${locale}/messages.json`)));
  const [title = "", summary = "", ...description] = read(`store-assets/${file}.md`).trimEnd().split("\n\n");

  test("has the manifest's name and summary, and lengths that the stores take", () => {
    expect(title).toBe(`# ${messages["extension_name"]?.message ?? ""}`);
    expect(summary).toBe(messages["extension_description"]?.message);
    expect(summary.length).toBeLessThanOrEqual(SUMMARY_MAX);
    expect(description.join("\n\n").length).toBeGreaterThanOrEqual(DESCRIPTION_MIN);
  });
});

describe.each(["chrome", "firefox"])("the package for %s", (browser) => {
  const { version, permissions } = v.parse(manifest, JSON.parse(read(`build/extension/${browser}-mv3/manifest.json`)));

  test("asks for no permission without a reason", () => {
    for (const permission of permissions) expect(read("store-assets/README.md")).toContain(`\n| \`${permission}\` | `);
  });

  test("is named with its version", () => {
    expect(read(`store-assets/${browser}.md`)).toContain(`certbridge-${version}-${browser}-store.zip`);
  });
});
