import { isErrorCode } from "@certbridge/protocol/errors";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readCorpus, TRIED_BY } from "../../hostile/corpus.ts";

const root = resolve(import.meta.dirname, "../../..");
const corpus = readCorpus();

/** The rows of docs/threat-model.md that are about one hostile page each: attack, defence, test. */
const rows = readFileSync(join(root, "docs/threat-model.md"), "utf8")
  .split("\n")
  .filter((line) => line.includes("`hostile/pages/"));

describe("the corpus of hostile pages", () => {
  test("stands in docs/threat-model.md, row by row", () => {
    const expected = corpus.map(
      ({ id, tries, defence }) => `| ${tries} | ${defence} | \`${TRIED_BY}\` \`hostile/pages/${id}.html\` |`,
    );
    expect(rows).toEqual(expected);
  });

  test.each(corpus)("$id says what it tries and what must come of it", ({ tries, defence, outcome, code, says }) => {
    for (const words of [tries, defence]) {
      expect(words).toMatch(/\S/);
      expect(words, "a cell of a table").not.toMatch(/[|\n]/);
    }
    // What is refused is refused by a code of the protocol, which the page itself reports where its words are known beforehand.
    expect(outcome === "refused").toBe(code !== undefined);
    if (code === undefined) return;
    expect(isErrorCode(code)).toBe(true);
    if (says !== null) expect(JSON.stringify(says)).toContain(code);
  });
});
