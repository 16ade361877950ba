import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { operations } from "@certbridge/protocol/page";
import { describe, expect, test } from "vitest";
import { createDomains, domainNames, purposes } from "./domains.ts";

/** Invariant 1: no signature of one verb verifies in another domain. */
describe.each(domainNames)("a signature made for %s", (made) => {
  test.each(domainNames)("shown as %s", async (shown) => {
    const domains = createDomains({
      origin: "https://bid-b.demo.test",
      document: new TextEncoder().encode("投标函"),
    });
    expect(await domains[shown].judge(domains[made].sign())).toBe(made === shown ? "accepted" : "refused");
  });
});

const root = resolve(import.meta.dirname, "../../..");

const sourcesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(root, folder, name))
    .filter((path) => /\.tsx?$/.test(path) && !path.includes("node_modules"));

const everywhere = ["packages", "apps", "extension"].flatMap(sourcesIn);

/** How purposes are told apart: distinguishing ids and labels, formats of statements, content types. */
const isName = (text: string): boolean =>
  /^shared-certificate[/-]/.test(text) || /^[0-2](\.\d+){3,}$/.test(text) || /^\d{16}$/.test(text);

describe("the matrix is whole: what is new must be put into domains.ts", () => {
  const covered = new Set<string>(Object.values(purposes).flatMap(({ names }) => names));

  test("every label, format and content type that packages/protocol exports is a purpose's", async () => {
    const found = new Set<string>();
    for (const path of sourcesIn("packages/protocol/src")) {
      const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
      for (const value of Object.values(module)) if (typeof value === "string" && isName(value)) found.add(value);
    }
    expect([...found].sort()).toEqual([...covered].sort());
  });

  test("no label and no content type is written down anywhere else", () => {
    const written = everywhere.flatMap((path) => {
      const text = readFileSync(path, "utf8");
      return (
        text
          .match(/shared-certificate\/[a-z-]+\/v\d+|2\.25\.\d{20,}(?:\.\d+)?/g)
          ?.map((name) => [name, path] as const) ?? []
      );
    });
    expect(written.length).toBeGreaterThan(2);
    for (const [name, path] of written) {
      // No SM2 signature: an extension proves its requests with a P-256 key, a PIN and a file key are encrypted, a bid's keys are derived, a
      // ledger is hashed.
      const others = ["host-request", "pin", "file-key", "bid", "ledger"].map((one) => `shared-certificate/${one}/v1`);
      if (others.includes(name)) continue;
      const isCovered = [...covered].some((one) => one === name || one.startsWith(`${name}.`));
      expect(isCovered, `${name} in ${relative(root, path)}`).toBe(true);
    }
  });

  test("every verb that signs has its purpose", () => {
    // A rehearsal opens a key block, and signs nothing.
    const verbs = Object.values(operations).flatMap(({ name, consent }) =>
      consent === "key" && name !== "rehearse" ? [name] : [],
    );
    const served = Object.values(purposes).flatMap(({ verb }) => (verb === null ? [] : [verb]));
    expect(new Set(served)).toEqual(new Set(verbs));
  });

  test("and nobody else signs: each place that makes a signature is known", () => {
    const places = everywhere
      .filter((path) => !path.includes("/gm/src/"))
      .filter((path) => /\bsm2Sign(?:Digest)?\(|\bkey\.sign\(/.test(readFileSync(path, "utf8")))
      .map((path) => relative(root, path));
    expect(places.sort()).toEqual([
      "apps/host/src/identity.ts",
      "apps/host/src/stores/software/open-key.ts",
      "apps/host/src/verbs/login.ts",
      "apps/host/src/verbs/register.ts",
      "apps/host/src/verbs/sign.ts",
      "apps/host/src/verbs/signed-message.ts",
      "extension/background/host-client.ts",
      "packages/pki/src/cms/signed-data.ts",
      "packages/pki/src/x509/signed.ts",
    ]);
  });
});
