import { describe, expect, test } from "vitest";
import { ellipsise, safeName, visibleText } from "../../../extension/surfaces/parts/text.ts";

describe("names of someone else's making", () => {
  test.each([
    ["a right-to-left override", "合同\u202Efdp.exe", "合同fdp.exe"],
    ["isolates and marks", "\u2066a\u2067b\u2068c\u2069d\u200Ee\u200Ff\u061Cg", "abcdefg"],
    ["zero-width characters", "a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf", "abcdef"],
    ["controls", "a\u0000b\u0007c\u001Bd\u007Fe\u009Ff", "abcdef"],
    ["line ends, folded into spaces", "a\r\nb\u2028c\td", "a b c d"],
    ["tags and invisible letters", "a\u{E0041}b\u3164c\u115Fd", "abcd"],
    ["half a surrogate pair", "a\uD800b", "ab"],
    ["spaces around", "  标书 .pdf  ", "标书 .pdf"],
    ["nothing visible", "\u200B\u202E\u2069", ""],
    ["a plain name, unchanged", "商务标（最终版）-v2.zip", "商务标（最终版）-v2.zip"],
  ])("%s", (_, name, shown) => {
    expect(visibleText(name)).toBe(shown);
  });

  test("a long name loses its middle, never its ending", () => {
    const name = `${"标".repeat(200)}.exe`;
    const shown = ellipsise(name, 30);
    expect(Array.from(shown)).toHaveLength(30);
    expect(shown.startsWith("标")).toBe(true);
    expect(shown.endsWith(".exe")).toBe(true);
    expect(shown).toContain("…");
  });

  test("at the limit nothing is lost, one beyond something is", () => {
    expect(ellipsise("x".repeat(30), 30)).toBe("x".repeat(30));
    expect(ellipsise("x".repeat(31), 30)).toHaveLength(30);
  });

  test("piled-up accents are cut, and letters are counted as people count them", () => {
    expect(safeName(`a${"\u0301".repeat(50)}b`)).toBe(`a${"\u0301".repeat(4)}b`);
    expect(ellipsise("e\u0301".repeat(10), 10)).toBe("e\u0301".repeat(10));
  });
});
