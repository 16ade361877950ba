import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** A theme changes colours and nothing else: what axe says of a screen's structure in one theme holds in the other. */

const folder = "extension/surfaces";
const sheets = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".css"))
  .map((file) => [file, readFileSync(join(folder, file), "utf8").replaceAll(/\/\*.*?\*\//gs, "")] as const);

/** Each block that asks for the theme, with its braces matched. */
function themedBlocks(css: string): readonly string[] {
  return Array.from(css.matchAll(/@media[^{]*prefers-color-scheme[^{]*\{/g), ({ index, 0: head }) => {
    let depth = 1;
    let at = index + head.length;
    for (; depth > 0 && at < css.length; at++) depth += css[at] === "{" ? 1 : css[at] === "}" ? -1 : 0;
    return css.slice(index + head.length, at - 1);
  });
}

const declarationsIn = (block: string): readonly string[] =>
  Array.from(block.matchAll(/([\w-]+)\s*:\s*[^;{}]+;/g), ({ 1: name = "" }) => name);

test("one sheet asks for the theme, and sets variables for it", () => {
  const blocks = sheets.flatMap(([file, css]) => themedBlocks(css).map((block) => ({ file, block })));
  expect(blocks.map(({ file }) => file)).toEqual(["parts/tokens.css"]);
  const names = blocks.flatMap(({ block }) => declarationsIn(block));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !name.startsWith("--"))).toEqual([]);
});

test("those variables are colours: nothing that lays out takes them", () => {
  const names = sheets.flatMap(([, css]) => themedBlocks(css).flatMap(declarationsIn));
  const used = sheets.flatMap(([, css]) =>
    Array.from(css.matchAll(/([\w-]+)\s*:\s*([^;{}]+);/g)).flatMap(([, property = "", value = ""]) =>
      names.some((name) => value.includes(`var(${name})`)) ? [property] : [],
    ),
  );
  const colours =
    /^(--[\w-]+|color|background(-color|-image)?|(border|outline)(-[\w-]+)?|box-shadow|accent-color|caret-color|fill|stroke|text-decoration(-color)?)$/;
  expect(used.filter((property) => !colours.test(property))).toEqual([]);
});
