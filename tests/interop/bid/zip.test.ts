import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { filler, makePackage, openBytes, SEGMENT_LEN } from "../../support/bid.ts";

/** Other programs' ZIP readers list a package, find its checksums right, and take its entries out. */

const folder = resolve("build/interop/bid");
const file = join(folder, "bid.cbid");

const names = [
  "mimetype",
  "header.json",
  "commitment",
  "key-block.p7m",
  "payload",
  "trailer.json",
  "META-INF/signature.p7s",
] as const;

/** Length and CRC-32 of each entry, in order. */
let facts: readonly (readonly [name: string, len: number, crc: string])[];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const bytes = await makePackage([{ name: "图纸.dwg", bytes: filler(2 * SEGMENT_LEN) }]);
  writeFileSync(file, bytes);
  const { entries, payload } = await openBytes(bytes);
  const contents: Readonly<Record<(typeof names)[number], Uint8Array>> = {
    mimetype: Buffer.from("application/vnd.certbridge.bid+zip"),
    "header.json": entries.header,
    commitment: entries.commitment,
    "key-block.p7m": entries.keyBlock,
    payload: bytes.subarray(payload.at, payload.at + payload.len),
    "trailer.json": entries.trailer,
    "META-INF/signature.p7s": entries.signature,
  };
  facts = names.map((name) => {
    const crc = crc32(contents[name]).toString(16).padStart(8, "0");
    return [name, contents[name].length, crc] as const;
  });
});

test("Java reads it by its directory and from its front", () => {
  execFileSync("javac", ["-d", folder, join(import.meta.dirname, "List.java")]);
  const said = execFileSync("java", ["-cp", folder, "List", file], { encoding: "utf8" }).trim().split("\n");
  const expected = ["directory", "stream"].flatMap((way) =>
    facts.map(([name, len, crc]) => `${way} ${name} ${len} ${len} ${crc}`),
  );
  expect(said).toEqual(expected);
});

/** Programs that many systems have, and no set-up brings: where one is missing, Java has spoken for it. */
const isThere = (program: string) => spawnSync(program, ["--help"]).error === undefined;

test.runIf(isThere("unzip"))("unzip tests and takes out every entry", () => {
  const said = execFileSync("unzip", ["-t", file], { encoding: "utf8" });
  expect(said).toContain("No errors detected");
  for (const [name, len, crc] of facts) {
    const content = execFileSync("unzip", ["-p", file, name], { maxBuffer: 1 << 24 });
    expect([content.length, crc32(content).toString(16).padStart(8, "0")]).toEqual([len, crc]);
  }
});

test.runIf(isThere("python3"))("Python reads it", () => {
  const script =
    "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as z:\n assert z.testzip() is None\n" +
    " for i in z.infolist(): print(i.filename, i.file_size, '%08x' % i.CRC)";
  const said = execFileSync("python3", ["-c", script, file], { encoding: "utf8" }).trim().split("\n");
  expect(said).toEqual(facts.map(([name, len, crc]) => `${name} ${len} ${crc}`));
});

test("the system's file type can be told from the first bytes", () => {
  expect(readFileSync(file).subarray(30, 72).toString("latin1")).toBe("mimetypeapplication/vnd.certbridge.bid+zip");
});
