/** Canonical JSON as a hostile file or message has it: values changed and spelt rightly, texts changed, and bytes changed. */
import { canonicalJson, encodeCanonical } from "@certbridge/protocol/canonical";
import * as fc from "fast-check";
import { hostileTexts, hostileValues } from "./json.ts";

const utf8 = new TextEncoder();

/** What JSON cannot carry, and what is nested too deep to be written, is no value of a file. */
function spell(value: unknown): Uint8Array {
  try {
    return utf8.encode(canonicalJson(value) ?? "");
  } catch {
    return utf8.encode("[".repeat(500));
  }
}

/** In place of what stands between a colon and the next comma. */
const odd = fc.constantFrom(
  "null",
  "1e999",
  "-0",
  "1.0",
  "[]",
  "{}",
  '""',
  '"\\u0000"',
  "9007199254740993",
  "true",
  " ",
  ",",
);

type Edit = (bytes: Buffer) => Uint8Array;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, mask]): Edit => (bytes) => {
    const altered = Buffer.from(bytes);
    const place = at % altered.length;
    altered[place] = (altered[place] ?? 0) ^ mask;
    return altered;
  }),
  fc.tuple(fc.nat(), fc.nat()).map(
    ([a, b]): Edit =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, a % bytes.length), bytes.subarray(b % bytes.length)]),
  ),
  fc.tuple(fc.nat(), odd).map(([at, value]): Edit => (bytes) => {
    const place = at % bytes.length;
    const colon = bytes.lastIndexOf(":", place) + 1;
    const end = bytes.indexOf(",", place);
    return Buffer.concat([bytes.subarray(0, colon), Buffer.from(value), bytes.subarray(Math.max(colon, end))]);
  }),
);

/** A letter of a text, a digit of a number: the shape stays, so that such a value is often taken. */
const nudge: fc.Arbitrary<Edit> = fc
  .tuple(fc.nat(), fc.constantFrom(...Array.from("AZaz09-_. é标")))
  .map(([at, letter]): Edit => (bytes) => {
    const letters = Array.from(bytes.toString("utf8"));
    letters[at % letters.length] = letter;
    return Buffer.from(letters.join(""), "utf8");
  });

/** Bytes for a parser of canonical JSON with these values. */
export function hostileWords(samples: readonly object[]): fc.Arbitrary<Uint8Array> {
  const written = fc.constantFrom(...samples.map((sample) => Buffer.from(encodeCanonical(sample))));
  return fc.oneof(
    { weight: 4, arbitrary: hostileValues(samples).map(spell) },
    { weight: 3, arbitrary: fc.tuple(written, nudge).map(([bytes, change]) => change(bytes)) },
    { weight: 3, arbitrary: fc.tuple(written, edit).map(([bytes, change]) => change(bytes)) },
    { weight: 1, arbitrary: hostileTexts(samples).map((text) => utf8.encode(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => new Uint8Array(bytes)) },
  );
}
