/** Base64url, strictly: one byte string has one spelling, and every other text is refused. Node's own decoder is the oracle. */
import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import * as fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const anyBytes = fc.uint8Array({ maxLength: 80 });

/** Spellings with a letter put in, replaced or taken out; with padding, spaces, other alphabets, halves of characters. */
const texts = fc.oneof(
  fc
    .tuple(
      anyBytes.map((bytes) => Buffer.from(bytes).toString("base64url")),
      fc.nat(),
      fc.nat({ max: 2 }),
      fc.constantFrom("", "A", "B", "-", "_", "+", "/", "=", " ", "\n", "\0", "\x7f", "\x80", "Ａ", "\ud800", "🀄"),
    )
    .map(([text, place, take, put]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + put + text.slice(at + take);
    }),
  anyBytes.map((bytes) => Buffer.from(bytes).toString("base64")),
  fc.string({ maxLength: 12, unit: "binary" }),
);

function decoded(text: string): Uint8Array | null {
  try {
    return decodeBase64Url(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SyntaxError);
    return null;
  }
}

test(
  "what is written is read",
  () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(encodeBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
        expect(Buffer.from(decodeBase64Url(encodeBase64Url(bytes))).equals(bytes)).toBe(true);
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "what is read is how it is written, and nothing else is read",
  () => {
    const schema = base64Url(16, 64);
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = decoded(text);
        // Node skips what it does not know; written again, that shows.
        const isSpelling = Buffer.from(text, "base64url").toString("base64url") === text;
        expect(bytes !== null).toBe(isSpelling);
        if (bytes !== null) expect(encodeBase64Url(bytes)).toBe(text);
        expect(v.is(schema, text)).toBe(bytes !== null && bytes.length >= 16 && bytes.length <= 64);
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);
