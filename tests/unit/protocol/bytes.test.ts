import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

/** Base64url without padding, one spelling for each byte string. RFC 4648 clauses 3.5, 5 and 10. */
const ascii = (text: string) => new TextEncoder().encode(text);

describe("base64url", () => {
  test.each([
    ["", ""],
    ["f", "Zg"],
    ["fo", "Zm8"],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg"],
    ["fooba", "Zm9vYmE"],
    ["foobar", "Zm9vYmFy"],
  ])("%j is %j, as RFC 4648 clause 10 has it", (plain, text) => {
    expect(encodeBase64Url(ascii(plain))).toBe(text);
    expect(decodeBase64Url(text)).toEqual(ascii(plain));
  });

  test("every byte in every place, as Node writes it, and back", () => {
    for (let shift = 0; shift < 3; shift++) {
      const bytes = Uint8Array.from({ length: 256 + shift }, (_, at) => at + 85 * shift);
      const text = encodeBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(decodeBase64Url(text)).toEqual(bytes);
    }
  });

  test.each([
    ["padding", "Zg=="],
    ["padding of one", "Zm8="],
    ["one letter", "Z"],
    ["five letters", "Zm9vY"],
    ["a letter of the other alphabet", "Zm9+"],
    ["the other one", "Zm9/"],
    ["a space", "Zm 9"],
    ["a line end", "Zm9v\nYg"],
    ["a line end behind it", "Zm8\n"],
    ["a letter beyond ASCII whose low byte is one", `Zm9${String.fromCharCode(0x141)}`],
    ["a letter beyond the plane", "Zm😀"],
    ["a zero byte", "Zm9\0"],
    ["unused bits that are set, of two letters", "Zh"],
    ["unused bits that are set, of three letters", "Zm9"],
  ])("%s is refused", (_what, text) => {
    expect(() => decodeBase64Url(text)).toThrow(SyntaxError);
  });

  test("no two texts of four letters or fewer give the same bytes", () => {
    const letters = "AQgw_-";
    const texts = [""];
    for (let from = 0, len = 0; len < 4; len++) {
      const until = texts.length;
      for (; from < until; from++) texts.push(...Array.from(letters, (letter) => (texts[from] ?? "") + letter));
    }
    const read = texts.flatMap((text) => {
      try {
        return [Buffer.from(decodeBase64Url(text)).toString("hex")];
      } catch {
        return [];
      }
    });
    expect(read.length).toBeGreaterThan(letters.length ** 4);
    expect(new Set(read).size).toBe(read.length);
  });
});

test.each([
  [32, 64],
  [16, 16],
  [1, 8192],
  [64, 64],
])("a field of %i to %i bytes takes those, and neither one less nor one more", (min, max) => {
  const takes = (len: number) => v.is(base64Url(min, max), encodeBase64Url(new Uint8Array(len).fill(0xa5)));
  expect([min - 1, min, max, max + 1].map(takes)).toEqual([false, true, true, false]);
});
