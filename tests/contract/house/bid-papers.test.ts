import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  bidNotice,
  bidReceipt,
  carriedBid,
  openBidsFile,
  openingOrder,
  openingReceipt,
  releasedKey,
} from "@certbridge/protocol/bid";
import { limits } from "@certbridge/protocol/limits";
import * as contentTypes from "@certbridge/protocol/content-types";
import { describe, expect, test } from "vitest";

/** What the papers say of bids is so: codes, keys, content types. */
const root = resolve(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("docs/bids-on-a-server.md has a row for each code of packages, openings, time stamps and released keys", () => {
  const rows = Array.from(read("docs/bids-on-a-server.md").matchAll(/^\| `([A-Z_]+)` \|/gm), ([, code = ""]) => code);
  const declared = Array.from(
    read("packages/verify/src/errors.ts").matchAll(/^ {2}\| "((?:PACKAGE|OPENING|TIME_STAMP|RELEASED_KEY)_[A-Z_]+)"/gm),
    ([, code = ""]) => code,
  );
  expect(declared.length).toBeGreaterThan(15);
  expect(new Set(rows)).toEqual(new Set(declared));
  expect(rows).toHaveLength(declared.length);
});

describe("docs/formats/notice-and-order.md", () => {
  const page = read("docs/formats/notice-and-order.md");
  const chapterOf = (title: string) =>
    new RegExp(`^## ${title}\n(.*?)(?=^## |$(?![\\s\\S]))`, "ms").exec(page)?.[1] ?? "";

  test.each([
    ["Notice", bidNotice],
    ["Receipt", bidReceipt],
    ["Order", openingOrder],
    ["Released key", releasedKey],
    ["Opening receipt", openingReceipt],
  ] as const)("%s: names every key that there is, and no other", (title, schema) => {
    const cells = Array.from(chapterOf(title).matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm), ([, cell = ""]) => cell);
    const named = cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, name = ""]) => name));
    expect(named.toSorted()).toEqual(Object.keys(schema.entries).toSorted());
  });

  test("has the content types that there are", () => {
    const { NOTICE, BID_RECEIPT, ORDER, RELEASED_KEY, OPENING_RECEIPT } = contentTypes;
    for (const type of [NOTICE, BID_RECEIPT, ORDER, RELEASED_KEY, OPENING_RECEIPT])
      expect(page).toContain(`\`${type}\``);
  });
});

describe("docs/formats/open-bids.md", () => {
  const page = read("docs/formats/open-bids.md");

  test.each([
    ["The file", openBidsFile],
    ["A bid", carriedBid],
  ] as const)("%s: names every key that there is, and no other, with its length", (title, schema) => {
    const [, chapter = ""] = page.split(`## ${title}\n`);
    const rows = Array.from((chapter.split("\n## ")[0] ?? "").matchAll(/^\| `(\w+)` \|/gm), ([, name = ""]) => name);
    expect(rows.toSorted()).toEqual(Object.keys(schema.entries).toSorted());
  });

  test("has the limits that there are", () => {
    const { openBidsFileLen, openBidsInFile, bidHeaderLen, bidTrailerLen, keyBlockLen, bidSignatureLen } = limits;
    const lengths = [openBidsFileLen, bidHeaderLen, bidTrailerLen, keyBlockLen, bidSignatureLen];
    for (const len of lengths) expect(page).toContain(`at most ${len.toLocaleString("en")} bytes`);
    expect(page).toContain(`1 to ${openBidsInFile} bids`);
  });
});
