import { limits } from "@certbridge/protocol/limits";
import { OperationError } from "@certbridge/protocol/errors";

/**
 * DER (ITU-T X.690 clause 10), strictly: before the ASN.1 library reads foreign bytes, they are walked here. What passes has
 * definite, minimal lengths, minimal INTEGERs, BOOLEANs of 00 or FF, no more than 32 levels, and nothing after its end; so that
 * one value has one encoding, and a hostile one cannot make the library recurse.
 */

/** The failure of every parser of this package. */
export function malformed(what: string, cause?: unknown): OperationError<"MALFORMED"> {
  return new OperationError("MALFORMED", { what }, cause === undefined ? {} : { cause });
}

interface Header {
  readonly tag: number;
  readonly headerLen: number;
  readonly len: number;
}

/** Tag and length at `at`; the whole element must end by `end`. Tags above 30 do not occur in our messages. */
function readHeader(der: Uint8Array, at: number, end: number, what: string): Header {
  const tag = der[at];
  const first = der[at + 1];
  if (tag === undefined || first === undefined || at + 2 > end || (tag & 0x1f) === 0x1f) throw malformed(what);
  if (first < 0x80) {
    if (at + 2 + first > end) throw malformed(what);
    return { tag, headerLen: 2, len: first };
  }
  const lenLen = first & 0x7f;
  if (lenLen === 0 || lenLen > 4 || at + 2 + lenLen > end) throw malformed(what);
  let len = 0;
  for (let i = 0; i < lenLen; i++) len = len * 256 + (der[at + 2 + i] ?? 0);
  if (len < 0x80 || len < 256 ** (lenLen - 1) || at + 2 + lenLen + len > end) throw malformed(what);
  return { tag, headerLen: 2 + lenLen, len };
}

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const CONSTRUCTED = 0x20;

function walk(der: Uint8Array, at: number, end: number, depth: number, what: string): number {
  if (depth > limits.derDepth) throw malformed(what);
  const { tag, headerLen, len } = readHeader(der, at, end, what);
  const from = at + headerLen;
  const until = from + len;
  if ((tag & CONSTRUCTED) !== 0) {
    for (let next = from; next < until;) next = walk(der, next, until, depth + 1, what);
  } else if (tag === BOOLEAN) {
    if (len !== 1 || (der[from] !== 0 && der[from] !== 0xff)) throw malformed(what);
  } else if (tag === INTEGER) {
    const [first = 0, second = 0] = der.subarray(from, until);
    const padded = len > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (len === 0 || padded) throw malformed(what);
  }
  return until;
}

/**
 * Refuses what is no single DER element of at most `maxLen` bytes.
 *
 * @throws OperationError MALFORMED, naming `what`
 */
export function checkDer(der: Uint8Array, maxLen: number, what: string): void {
  if (der.length > maxLen || walk(der, 0, der.length, 1, what) !== der.length) throw malformed(what);
}

/** The elements inside a constructed element, each with its header, without a copy. The element must have been checked. */
export function elementsOf(der: Uint8Array): readonly Uint8Array[] {
  const { headerLen, len } = readHeader(der, 0, der.length, "element");
  const elements: Uint8Array[] = [];
  const end = headerLen + len;
  for (let at = headerLen; at < end;) {
    const inner = readHeader(der, at, end, "element");
    const next = at + inner.headerLen + inner.len;
    elements.push(der.subarray(at, next));
    at = next;
  }
  return elements;
}

/** The contents of an element. */
export function contentOf(der: Uint8Array): Uint8Array {
  const { headerLen, len } = readHeader(der, 0, der.length, "element");
  return der.subarray(headerLen, headerLen + len);
}

/** An element of this tag around the contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const len = contents.reduce((sum, part) => sum + part.length, 0);
  const lenBytes: number[] = [];
  for (let rest = len; rest > 0; rest = Math.floor(rest / 256)) lenBytes.unshift(rest % 256);
  const header = len < 0x80 ? [tag, len] : [tag, 0x80 | lenBytes.length, ...lenBytes];
  const whole = new Uint8Array(header.length + len);
  whole.set(header);
  let at = header.length;
  for (const part of contents) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OCTET_STRING = 0x04;
export const BIT_STRING = 0x03;

/** INTEGER of an unsigned big-endian number. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  return (digits[0] ?? 0) >= 0x80 ? element(INTEGER, Uint8Array.of(0), digits) : element(INTEGER, digits);
}

/**
 * The number of an INTEGER in `len` bytes, big-endian.
 *
 * @throws OperationError MALFORMED where it is negative or longer
 */
export function fixedLen(integer: Uint8Array, len: number, what: string): Uint8Array<ArrayBuffer> {
  const digits = contentOf(integer);
  const unsigned = digits[0] === 0 ? digits.subarray(1) : digits;
  if (integer[0] !== INTEGER || (digits[0] ?? 0x80) >= 0x80 || unsigned.length > len) throw malformed(what);
  const out = new Uint8Array(len);
  out.set(unsigned, len - unsigned.length);
  return out;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** A copy in a buffer of its own, as the ASN.1 library takes and gives them. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
