import { CHROMIUM_EXTENSION_ID, CHROMIUM_PUBLIC_KEY, FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const store = join(root, "build/extension/chrome-mv3");
const demo = join(root, "build/extension-demo/chrome-mv3");

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

interface Manifest {
  readonly key: string;
  readonly permissions: readonly string[];
  readonly host_permissions: readonly string[];
  readonly optional_host_permissions: readonly string[];
  readonly content_scripts: readonly { readonly matches: readonly string[] }[];
  readonly content_security_policy: { readonly extension_pages: string };
  readonly web_accessible_resources?: unknown;
  readonly externally_connectable?: unknown;
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;

/** The bundler names chunks by their content: the same file under another hash is the same file. */
const plain = (text: string) => text.replaceAll(/-[\w-]{8}\.(js|css|wasm)/g, ".$1");

describe("the store's build", () => {
  test("holds no demonstration origin, no test key, no loopback name", () => {
    for (const name of filesIn(store)) {
      const text = readFileSync(join(store, name), "latin1");
      for (const word of [
        "demo.test",
        "demo-a",
        "demo-b",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "PRIVATE KEY",
        "246810",
      ]) {
        // The person may not add a loopback site: the options page knows the word to refuse it.
        const refusing = word === "localhost" && name.startsWith("chunks/options");
        if (!refusing) expect(text.includes(word), `${word} in ${name}`).toBe(false);
      }
    }
  });

  test("differs from the demonstration's by registry and matches only", () => {
    expect(filesIn(demo).map(plain)).toEqual(filesIn(store).map(plain));
    const differing = filesIn(store).filter((name) => {
      const content = plain(readFileSync(join(store, name), "utf8"));
      // Two chunks may have one name but for their hashes: one of them is the twin.
      const twins = filesIn(demo).filter((other) => plain(other) === plain(name));
      return !twins.some((twin) => plain(readFileSync(join(demo, twin), "utf8")) === content);
    });
    expect(differing).toEqual(["background.js", "manifest.json"]);

    const [a, b] = [manifestOf(store), manifestOf(demo)];
    const added = ["https://bid-a.demo.test/*", "https://bid-b.demo.test/*"];
    expect(b.host_permissions).toEqual([...a.host_permissions, ...added]);
    const withoutMatches = (manifest: Manifest) => ({
      ...manifest,
      host_permissions: [],
      content_security_policy: manifest.content_security_policy.extension_pages.replace(/connect-src [^;]*/, ""),
      content_scripts: manifest.content_scripts.map((script) => ({ ...script, matches: [] })),
    });
    expect(withoutMatches(b)).toEqual(withoutMatches(a));

    const registryOf = (folder: string) =>
      readFileSync(join(folder, "background.js"), "utf8").replaceAll(/,?\{id:`[^}]*\}/g, "");
    expect(plain(registryOf(demo))).toBe(plain(registryOf(store)));
  });

  test("asks for these permissions and opens no other door", () => {
    const manifest = manifestOf(store);
    expect(manifest.permissions).toEqual([
      "storage",
      "scripting",
      "nativeMessaging",
      "activeTab",
      "alarms",
      "notifications",
      "offscreen",
    ]);
    // http for the origins that an administrator names: each is asked for by itself, in a person's click.
    expect(manifest.optional_host_permissions).toEqual(["https://*/*", "http://*/*"]);
    expect(manifest.web_accessible_resources).toEqual([
      { resources: ["frame.html"], matches: ["https://*/*"], use_dynamic_url: true },
    ]);
    expect(manifest.externally_connectable).toBeUndefined();
  });

  test.each([store, demo, join(root, "build/extension/firefox-mv3")])(
    "%s asks nobody but the listed platforms",
    (folder) => {
      const { content_security_policy: policy, host_permissions: listed } = manifestOf(folder);
      const [, allowed = ""] = /connect-src ([^;]*)/.exec(policy.extension_pages) ?? [];
      expect(allowed.split(" ")).toEqual(["'self'", ...listed.map((pattern) => pattern.replace(/\/\*$/, ""))]);
    },
  );

  test("calls nothing that is younger than the oldest browsers which it names", () => {
    // Chromium 111 and Firefox 128: these came with Chromium 117 to 126.
    const younger = [
      "withResolvers",
      "canParse",
      "Object.groupBy",
      "Map.groupBy",
      "fromAsync",
      "Promise.try",
      "URL.parse(",
    ];
    for (const name of filesIn(store).filter((file) => file.endsWith(".js"))) {
      const text = readFileSync(join(store, name), "utf8");
      for (const word of younger) expect(text.includes(word), `${word} in ${name}`).toBe(false);
    }
  });

  test("brings the cryptographic core in both of its builds, for each engine to choose", () => {
    for (const folder of [store, join(root, "build/extension/firefox-mv3")]) {
      const cores = filesIn(folder).filter((name) => name.endsWith(".wasm"));
      for (const core of ["gm.simd.wasm", "gm.relaxed.wasm"]) {
        const shipped = cores
          .filter((name) => plain(name).endsWith(core))
          .map((name) => readFileSync(join(folder, name)));
        expect(shipped.length, core).toBeGreaterThan(0);
        for (const bytes of shipped) expect(bytes.equals(readFileSync(join(root, "build/wasm", core)))).toBe(true);
      }
    }
  });

  test("is small where every page loads it", () => {
    expect(statSync(join(store, "page-api.js")).size).toBeLessThanOrEqual(3000);
    expect(statSync(join(store, "relay.js")).size).toBeLessThanOrEqual(15_000);
  });
});

describe("Firefox's build", () => {
  const firefox = join(root, "build/extension/firefox-mv3");

  test("asks for no more than Chromium's, and opens no door", () => {
    const manifest = manifestOf(firefox);
    expect(manifest.permissions).toEqual(manifestOf(store).permissions.filter((name) => name !== "offscreen"));
    expect(manifest.host_permissions).toEqual(manifestOf(store).host_permissions);
    expect(manifest.optional_host_permissions).toEqual(manifestOf(store).optional_host_permissions);
    expect(manifest.web_accessible_resources).toBeUndefined();
    expect(manifest.externally_connectable).toBeUndefined();
  });

  test("has the workshop in its background, where Chromium's has it in pages of its own", () => {
    const pagesOf = (folder: string) => filesIn(folder).filter((name) => name.endsWith(".html"));
    expect(pagesOf(store).filter((name) => !pagesOf(firefox).includes(name))).toEqual(["frame.html", "offscreen.html"]);
    /** Scripts that a script brings, at once or late, and those that they bring. */
    const broughtBy = (folder: string, name: string): readonly string[] => {
      const text = readFileSync(join(folder, name), "utf8");
      const brought = [...text.matchAll(/(?:from|import\()\s*["`](\.\/[^"`]+\.js)["`]/g)].map(([, path = ""]) => path);
      return [name, ...brought.flatMap((path) => broughtBy(folder, join(dirname(name), path)))];
    };
    const reads = (folder: string) =>
      broughtBy(folder, "background.js").some((name) =>
        readFileSync(join(folder, name), "utf8").includes("hash.worker"),
      );
    expect(reads(firefox)).toBe(true);
    expect(reads(store)).toBe(false);
  });
});

describe("ids", () => {
  test("the Chromium id is that of the manifest's key", () => {
    const digest = createHash("sha256").update(Buffer.from(CHROMIUM_PUBLIC_KEY, "base64")).digest("hex");
    const id = Array.from(digest.slice(0, 32), (digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)]).join("");
    expect(id).toBe(CHROMIUM_EXTENSION_ID);
    expect(manifestOf(store).key).toBe(CHROMIUM_PUBLIC_KEY);
  });

  test("the Firefox id is that of the manifest", () => {
    const text = readFileSync(join(root, "build/extension/firefox-mv3/manifest.json"), "utf8");
    expect(text).toContain(FIREFOX_EXTENSION_ID);
  });
});
