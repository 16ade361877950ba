import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { expect, test } from "vitest";

/** The Firefox build as Mozilla's own linter judges it, the one behind `web-ext lint` and the store's upload. */
const root = resolve(import.meta.dirname, "../../..");
const message = v.object({ code: v.string(), file: v.string(), description: v.string() });
const report = v.object({ errors: v.array(message), notices: v.array(message), warnings: v.array(message) });

async function lint(folder: string): Promise<v.InferOutput<typeof report>> {
  const linter = createRequire(import.meta.url).resolve("addons-linter/bin/addons-linter");
  const args = [linter, join(root, folder), "--output", "json"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 });
  return v.parse(report, JSON.parse(stdout));
}

test("the Firefox build has no error, and no warning but those that are explained here", async () => {
  const { errors, notices, warnings } = await lint("build/extension/firefox-mv3");
  expect(errors).toEqual([]);
  expect(notices).toEqual([]);
  const told = warnings.map(({ code, file }) => `${code} ${file.replace(/-[\w-]{8}\.js$/, ".js")}`);
  expect(told.toSorted()).toEqual([
    // What data goes where is asked by the store of every new extension; Firefox before 140 (before 142 on Android, where there is
    // no native messaging and so no CertBridge) does not know the key and passes over it.
    "KEY_FIREFOX_ANDROID_UNSUPPORTED_BY_MIN_VERSION manifest.json",
    "KEY_FIREFOX_UNSUPPORTED_BY_MIN_VERSION manifest.json",
    // Preact's own `dangerouslySetInnerHTML`, which nobody here uses: the next test.
    "UNSAFE_VAR_ASSIGNMENT chunks/mount.js",
  ]);
  for (const { code, description } of warnings) {
    if (code.startsWith("KEY_")) expect(description).toContain("data_collection_permissions");
  }
}, 120_000);

test("no source of the extension makes markup of a string", () => {
  const sources = globSync("extension/**/*.{ts,tsx}", { cwd: root });
  expect(sources.length).toBeGreaterThan(80);
  for (const path of sources) {
    expect(readFileSync(join(root, path), "utf8"), path).not.toMatch(
      /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
    );
  }
});
