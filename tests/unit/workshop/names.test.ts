import { bidFileName } from "@certbridge/protocol/bid";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { fitNames } from "../../../extension/workshop/package/names.ts";

const one = (name: string) => fitNames([name])[0];

describe("names of picked files", () => {
  test("stay as they are where a package takes them", () => {
    const names = ["投标函.pdf", "a", ".hidden", "no extension", "二〇二六.tar.gz"];
    expect(fitNames(names)).toEqual(names);
  });

  test.each([
    ["../../etc/passwd", ".._.._etc_passwd"],
    ["C:\\标书\\a.pdf", "C:_标书_a.pdf"],
    ["a\u0000b\nc", "a_b_c"],
    ["\u202efdp.exe", "_fdp.exe"],
    ["e\u0301.pdf", "\u00e9.pdf"],
    ["\ud800.pdf", "\ufffd.pdf"],
    [".", "file"],
    ["..", "file"],
    ["", "file"],
  ])("%j becomes %j", (name, fitted) => {
    expect(one(name)).toBe(fitted);
  });

  test("are cut between characters, and keep what they end with", () => {
    const long = `${"标".repeat(200)}.pdf`;
    expect(one(long)).toBe(`${"标".repeat(83)}.pdf`);
    expect(one("𠮷".repeat(100))).toBe("𠮷".repeat(63));
    // What only looks like an extension is cut like the rest.
    expect(one(`a.${"b".repeat(300)}`)).toBe(`a.${"b".repeat(253)}`);
  });

  test("are told apart where they are the same, also after they were changed", () => {
    expect(fitNames(["a.pdf", "a.pdf", "a (2).pdf", "a.pdf"])).toEqual([
      "a.pdf",
      "a (2).pdf",
      "a (2) (2).pdf",
      "a (3).pdf",
    ]);
    expect(fitNames(["a/b", "a\\b", "", "."])).toEqual(["a_b", "a_b (2)", "file", "file (2)"]);
    const long = "标".repeat(100);
    expect(fitNames([long, long])).toEqual(["标".repeat(85), `${"标".repeat(83)} (2)`]);
  });

  test("are all taken by a package", () => {
    const names = Array.from({ length: 1000 }, (_, at) => String.fromCodePoint(at * 65) + "x".repeat(at % 300));
    const fitted = fitNames(names);
    for (const name of fitted) expect(v.is(bidFileName, name)).toBe(true);
    expect(new Set(fitted).size).toBe(1000);
  });
});
