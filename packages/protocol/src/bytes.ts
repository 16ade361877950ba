import * as v from "valibot";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const NO_LETTER = 0xff;

/** The value of each ASCII character. */
const VALUES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = ALPHABET.indexOf(String.fromCharCode(code));
  return value < 0 ? NO_LETTER : value;
});

/** Bytes → base64url without padding (RFC 4648 clause 5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    const letters = Math.min(4, bytes.length - at + 1);
    for (let i = 0; i < letters; i++) text += ALPHABET[(group >> (18 - 6 * i)) & 63];
  }
  return text;
}

/**
 * Base64url without padding → bytes, strictly: no padding, no other alphabet, no white space, and the unused low bits of
 * the last letter zero, so that one byte string has exactly one spelling.
 *
 * @throws SyntaxError where the text is not of that form
 */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 === 1) throw new SyntaxError("base64url: impossible length");
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let heldBits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? NO_LETTER;
    if (value === NO_LETTER) throw new SyntaxError("base64url: a letter outside the alphabet");
    held = ((held << 6) | value) & 0xfff;
    heldBits += 6;
    if (heldBits >= 8) {
      heldBits -= 8;
      bytes[at++] = (held >> heldBits) & 0xff;
    }
  }
  if ((held & ((1 << heldBits) - 1)) !== 0) throw new SyntaxError("base64url: unused bits are not zero");
  return bytes;
}

function isBase64Url(text: string): boolean {
  try {
    decodeBase64Url(text);
    return true;
  } catch {
    return false;
  }
}

/** A base64url string whose decoded length lies between the two, in bytes. */
export function base64Url(minLen: number, maxLen: number) {
  return v.pipe(
    v.string(),
    v.minLength(Math.ceil((minLen * 4) / 3)),
    v.maxLength(Math.ceil((maxLen * 4) / 3)),
    v.check(isBase64Url, "base64url without padding expected"),
  );
}
