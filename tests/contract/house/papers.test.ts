import { loadGm } from "@certbridge/gm/node";
import { parseCertificate, readUscc } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { errorCodes } from "@certbridge/protocol/errors";
import { hostAnswer, hostRequest, hostVerbNames, hostVerbs } from "@certbridge/protocol/host";
import { operations } from "@certbridge/protocol/page";
import { operationNames } from "@certbridge/protocol/page/names";
import { answer, notice, presence, probe, relayMessage } from "@certbridge/protocol/page/wire";
import { surfaceChange, surfaceMessage, surfaceVerbs } from "@certbridge/protocol/surface";
import { bidFilesTaken, workshopMessage, workshopProgress, workshopVerbs } from "@certbridge/protocol/workshop";
import { findAuthority, findPlatform, parseRegistry } from "@certbridge/trust";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

/** What the papers say is so: examples are parsed, links lead somewhere, tests that are named are there. */
const root = resolve(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Every fenced block of a page, with the words behind its fence. */
function blocksOf(page: string): readonly { readonly info: string; readonly text: string }[] {
  return [...page.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = "", text = ""]) => ({ info, text }));
}

const jsonOf = (page: string) =>
  blocksOf(page).flatMap(({ info, text }) => (info === "json" ? [JSON.parse(text) as unknown] : []));

const papers = [
  "README.md",
  "README.zh-CN.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...["docs", "store-assets"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
].sort();

/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (page: string) =>
  Array.from(page.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("every paper", () => {
  test.each(papers)("%s: its links lead somewhere", (path) => {
    for (const [, to = ""] of read(path).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (to.startsWith("https:")) continue;
      const [file = "", anchor = ""] = to.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      expect(existsSync(join(root, target)), `${path} → ${to}`).toBe(true);
      if (anchor !== "") expect(anchorsOf(read(target)), `${path} → ${to}`).toContain(anchor);
    }
  });
});

describe("operations", () => {
  const pages = {
    saveRegistration: "register",
    updateNotice: "update-notice",
    saveReceipt: "save-receipt",
  } as Readonly<Record<string, string>>;

  test.each(operationNames)("the verb %s has its page, which names its parameters", (name) => {
    const page = read(`docs/operations/${pages[name] ?? name}.md`);
    expect(page).toContain(`\`${name}\``);
    const { params } = operations[name];
    // A verb of two kinds is told apart by a parameter of one of them.
    const kinds = params.type === "lazy" ? [params.getter({}), params.getter({ package: null })] : [params];
    for (const parameter of kinds.flatMap(({ entries }) => Object.keys(entries))) {
      expect(page).toContain(`\`${parameter}\``);
    }
  });

  test.each([
    "login",
    "register",
    "sign",
    "status",
    "encrypt",
    "decrypt",
    "rehearse",
    "update-notice",
    "save-receipt",
    "jobs",
  ])("%s.md names errors that exist", (page) => {
    const named = Array.from(read(`docs/operations/${page}.md`).matchAll(/`([A-Z]+_?[A-Z_]+)`/g), ([, code]) => code);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((code) => !errorCodes.some((known) => known === code))).toEqual([]);
  });
});

describe("docs/protocol.md", () => {
  const page = read("docs/protocol.md");
  const examples = blocksOf(page).flatMap(({ info, text }) => {
    const [language, name = ""] = info.split(" ");
    return language === "json" ? [{ name, json: JSON.parse(text) as unknown }] : [];
  });
  const schemas = {
    relayMessage,
    answer,
    notice,
    presence,
    probe,
    surfaceMessage,
    surfaceChange,
    workshopMessage,
    workshopProgress,
    bidFilesTaken,
    hostRequest,
    hostAnswer,
  } as const satisfies Readonly<Record<string, v.GenericSchema>>;

  test.each(Object.entries(schemas))("has an example of each message, of the grammar: %s", (name, schema) => {
    const named = examples.filter((example) => example.name === name);
    expect(named).not.toEqual([]);
    for (const { json } of named) v.parse<v.GenericSchema>(schema, json);
    expect(examples.map((example) => example.name).filter((other) => !Object.hasOwn(schemas, other))).toEqual([]);
  });

  test("what its examples carry is of each verb's own grammar", () => {
    const of = <const S extends v.GenericSchema>(name: string, schema: S) =>
      examples.filter((example) => example.name === name).map(({ json }) => v.parse(schema, json));
    const requests = of("relayMessage", relayMessage).flatMap((message) =>
      message.kind === "request" ? [message] : [],
    );
    for (const { operation, params } of requests) v.parse<v.GenericSchema>(operations[operation].params, params);
    for (const { verb, params } of of("surfaceMessage", surfaceMessage)) {
      v.parse<v.GenericSchema>(surfaceVerbs[verb].params, params);
    }
    for (const { verb, params } of of("workshopMessage", workshopMessage)) {
      v.parse<v.GenericSchema>(workshopVerbs[verb].params, params);
    }
    for (const { params } of of("hostRequest", hostRequest)) v.parse(hostVerbs.status.params, params);
    for (const said of of("answer", answer)) if (said.ok) v.parse(operations.status.result, said.result);
    const [status] = of("hostAnswer", hostAnswer);
    const result = v.parse(hostVerbs.status.result, status?.ok === true ? status.result : null);
    expect(result.operations).toEqual(hostVerbNames);
  });

  test("names every verb of every hop, and only files that are there", () => {
    const verbs = [...operationNames, ...Object.keys(surfaceVerbs), ...Object.keys(workshopVerbs), ...hostVerbNames];
    for (const verb of verbs) expect(page, verb).toMatch(new RegExp(`[\`"]${verb}[\`"]`));
    const files = Array.from(page.matchAll(/`([\w/-]+\.ts)`/g), ([, file = ""]) => file);
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      const paths = [file, `packages/protocol/src/${file}`];
      expect(
        paths.some((path) => existsSync(join(root, path))),
        file,
      ).toBe(true);
    }
  });
});

describe("docs/formats/registry.md", () => {
  const page = read("docs/formats/registry.md");
  const [example] = jsonOf(page);

  function keysOf(json: unknown): readonly string[] {
    if (typeof json !== "object" || json === null) return [];
    const below = Object.values(json).flatMap(keysOf);
    return Array.isArray(json) ? below : [...Object.keys(json), ...below];
  }

  test("its example is a registry, and every key in it is explained", () => {
    const registry = parseRegistry(example);
    expect(findPlatform(registry, "https://bid-a.demo.test")?.id).toBe("example-a");
    expect(findPlatform(registry, "https://bid-b.demo.test")).toBeNull();
    for (const key of new Set(keysOf(example))) expect(page, key).toMatch(new RegExp(`\`${key}\`|"${key}": [A-Z]`));
  });

  test("one more key, or an origin that stands twice, makes it none", () => {
    const { platforms, authorities } = parseRegistry(example);
    expect(() => parseRegistry({ platforms, authorities, version: 1 })).toThrow(v.ValiError);
    expect(() => parseRegistry({ platforms: [...platforms, ...platforms], authorities })).toThrow(RangeError);
  });

  test("its rule tells the code of the login token's certificate", async () => {
    const gm = await loadGm();
    const [token] = jsonOf(read("docs/formats/login-token.md"));
    const { certificate } = v.parse(v.object({ certificate: v.string() }), token);
    const der = /^```base64url\n(.+?)\n```$/ms.exec(read("docs/formats/login-token.md"))?.[1] ?? "";
    const { publicKey } = parseCertificate(decodeBase64Url(der));
    const known = findAuthority(parseRegistry(example), Buffer.from(gm.sm3(publicKey)).toString("hex"));
    expect(readUscc(gm, parseCertificate(decodeBase64Url(certificate)), publicKey, known?.usccRules ?? [])).toBe(
      "91320100MA1DEM0017",
    );
  });
});

describe("docs/threat-model.md", () => {
  /** Rows of the tables whose last column is the test: its cell names places under tests/, or says that there is none. */
  const rows = read("docs/threat-model.md")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| ---") && !line.endsWith("| test |"));

  test("has a table row for each attack, and each row says its test", () => {
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows) {
      const cell = row.split(" | ").at(-1)?.replace(/ \|$/, "") ?? "";
      const places = Array.from(cell.matchAll(/`([^`]+)`/g), ([, place = ""]) => place);
      if (places.length === 0) expect(cell, row).toMatch(/^none: /);
      for (const place of places) expect(existsSync(join(root, "tests", place)), `${place} in: ${row}`).toBe(true);
    }
  });
});

test("every error code says what it means, who raises it and what to do", () => {
  const source = read("packages/protocol/src/errors.ts");
  for (const code of errorCodes) {
    expect(source, code).toMatch(new RegExp(`/\\*\\*[^/]*·[^/]*·[^/]*\\*/\\n  ${code}:`));
  }
});

describe("both READMEs", () => {
  const both = ["README.md", "README.zh-CN.md"] as const;

  test.each(both)("%s shows the two commands first", (file) => {
    const [first] = blocksOf(read(file));
    expect(first?.text).toContain("npm start");
    expect(first?.text).toContain("npm test");
  });

  test("say the same: sections, code, rooms, links", () => {
    const [en, zh] = both.map(read).map((page) => ({
      sections: page.match(/^## /gm)?.length,
      code: blocksOf(page).map(({ text }) => text.replaceAll(/(?:^|\s)(?:#|\/\/).*$/gm, "")),
      rooms: Array.from(page.matchAll(/^\| `([^`]+)` \|/gm), ([, room]) => room),
      links: Array.from(page.matchAll(/\]\(([^)]+)\)/g), ([, to = ""]) => to)
        .filter((to) => !to.startsWith("README"))
        .sort(),
    }));
    expect(zh).toEqual(en);
    expect(en?.rooms.length).toBeGreaterThan(14);
  });

  test("import what the packages export", async () => {
    const imports = blocksOf(read("README.md")).flatMap(({ text }) =>
      Array.from(text.matchAll(/import \{ (.+) \} from "(@certbridge\/\w+)"/g), ([, names = "", from = ""]) => ({
        from,
        names: names.split(", "),
      })),
    );
    expect(imports.map(({ from }) => from)).toEqual(["@certbridge/sdk", "@certbridge/verify"]);
    for (const { from, names } of imports) {
      const exported = (await import(from)) as Readonly<Record<string, unknown>>;
      for (const name of names) expect(exported[name], name).toBeTypeOf("function");
    }
  });

  test.each(both)("%s names every room there is", (file) => {
    const page = read(file);
    const folders = [".", "packages", "apps"].flatMap((parent) =>
      readdirSync(join(root, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !/^\.|^(node_modules|build|packages|apps)$/.test(entry.name))
        .map(({ name }) => (parent === "." ? `${name}/` : `${parent}/${name}`)),
    );
    for (const room of folders) expect(page, room).toContain(`\`${room}\``);
  });
});
