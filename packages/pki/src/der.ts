import { limits } from "@certbridge/protocol/limits";
import { OperationError } from "@certbridge/protocol/errors";
import { encodeArcs, isOidDer, readArcs } from "./oid.ts";
import { GENERALIZED_TIME, readTime, UTC_TIME, writeGeneralizedTime, writeTime } from "./time.ts";

/**
 * DER (ITU-T X.690 clause 10), strictly: before the ASN.1 library reads foreign bytes, they are walked here. What passes has
 * definite, minimal lengths, minimal INTEGERs and OIDs, BOOLEANs of 00 or FF, times of one form, no constructed strings, no more
 * than 32 levels, no more elements than its kind of message has, and nothing after its end; so that one value has one encoding,
 * and a hostile one can make the library neither recurse nor hoard. The order within a SET OF is not checked: the field does not
 * keep it.
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

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const UTF8_STRING = 0x0c;
export const SEQUENCE = 0x30;
export const SET = 0x31;
const CONSTRUCTED = 0x20;
/** Universal class: tag bits 8 and 7 are zero. */
const CLASS = 0xc0;

/** The contents of a primitive, universal element, where X.690 clause 10 and 11 leave one form only. */
function isPrimitiveDer(tag: number, contents: Uint8Array): boolean {
  const { length } = contents;
  const [first = 0, second = 0] = contents;
  switch (tag) {
    case BOOLEAN:
      return length === 1 && (first === 0 || first === 0xff);
    case INTEGER:
      return length > 0 && !(length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)));
    case BIT_STRING:
      // Unused bits: at most seven, zero, and none where there is no bit at all.
      return length === 1
        ? first === 0
        : first < 8 && length > 0 && !((contents[length - 1] ?? 0) & ((1 << first) - 1));
    case NULL:
      return length === 0;
    case OBJECT_IDENTIFIER:
      return isOidDer(contents);
    case UTC_TIME:
    case GENERALIZED_TIME:
      return readTime(tag, contents) !== null;
    default:
      // End-of-contents belongs to indefinite lengths; SEQUENCE and SET are never primitive.
      return tag !== 0 && tag !== (SEQUENCE & ~CONSTRUCTED) && tag !== (SET & ~CONSTRUCTED);
  }
}

/** What is walked: for which message, and how many elements it may still have. */
interface Walk {
  readonly what: string;
  elementsLeft: number;
}

function walk(der: Uint8Array, at: number, end: number, depth: number, walked: Walk): number {
  const { what } = walked;
  if (depth > limits.derDepth || --walked.elementsLeft < 0) throw malformed(what);
  const { tag, headerLen, len } = readHeader(der, at, end, what);
  const from = at + headerLen;
  const until = from + len;
  if ((tag & CONSTRUCTED) !== 0) {
    // DER has no constructed strings: in the universal class SEQUENCE and SET alone are constructed.
    if ((tag & CLASS) === 0 && tag !== SEQUENCE && tag !== SET) throw malformed(what);
    for (let next = from; next < until;) next = walk(der, next, until, depth + 1, walked);
  } else if ((tag & CLASS) === 0 && !isPrimitiveDer(tag, der.subarray(from, until))) {
    throw malformed(what);
  }
  return until;
}

/**
 * Refuses what is no single DER element of at most `maxLen` bytes and `maxElements` elements, itself among them.
 *
 * @throws OperationError MALFORMED, naming `what`
 */
export function checkDer(
  der: Uint8Array,
  maxLen: number,
  what: string,
  maxElements: number = limits.derElements,
): void {
  if (der.length === 0 || der.length > maxLen) throw malformed(what);
  if (walk(der, 0, der.length, 1, { what, elementsLeft: maxElements }) !== der.length) throw malformed(what);
}

/**
 * The elements inside a constructed element, each with its header, without a copy. The element must have been checked.
 *
 * @throws OperationError MALFORMED where there are more than `maxParts`
 */
export function elementsOf(
  der: Uint8Array,
  what = "element",
  maxParts: number = limits.derParts,
): readonly Uint8Array[] {
  const { headerLen, len } = readHeader(der, 0, der.length, what);
  const elements: Uint8Array[] = [];
  const end = headerLen + len;
  for (let at = headerLen; at < end;) {
    const inner = readHeader(der, at, end, what);
    const next = at + inner.headerLen + inner.len;
    if (elements.length === maxParts) throw malformed(what);
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

/** The elements inside an element that must carry this tag. @throws OperationError MALFORMED, where there are too many as well */
export function partsOf(
  der: Uint8Array | undefined,
  tag: number,
  what: string,
  maxParts?: number,
): readonly Uint8Array[] {
  if (der?.[0] !== tag) throw malformed(what);
  return elementsOf(der, what, maxParts);
}

/** The contents of an element that must carry this tag. @throws OperationError MALFORMED */
export function contentsOf(der: Uint8Array | undefined, tag: number, what: string): Uint8Array {
  if (der?.[0] !== tag) throw malformed(what);
  return contentOf(der);
}

/** The whole bytes of a BIT STRING. @throws OperationError MALFORMED where it has unused bits */
export function bitsOf(der: Uint8Array | undefined, what: string): Uint8Array {
  const contents = contentsOf(der, BIT_STRING, what);
  if (contents[0] !== 0) throw malformed(what);
  return contents.subarray(1);
}

function headerOf(tag: number, len: number): Uint8Array<ArrayBuffer> {
  const lenBytes: number[] = [];
  for (let rest = len; rest > 0; rest = Math.floor(rest / 256)) lenBytes.unshift(rest % 256);
  return Uint8Array.from(len < 0x80 ? [tag, len] : [tag, 0x80 | lenBytes.length, ...lenBytes]);
}

/** An element of this tag around the contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(elementPieces(tag, contents));
}

/** As {@link element}, in pieces yet to be joined: nested around something large, it is then copied once. */
export function elementPieces(tag: number, contents: readonly Uint8Array[]): readonly Uint8Array[] {
  return [headerOf(tag, lenOf(contents)), ...contents];
}

const lenOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);

/** One byte string out of many. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lenOf(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** A SET OF: its elements in the order of their encodings, X.690 clause 11.6. */
export function setOf(tag: number, ...elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return element(tag, ...elements.toSorted(compareBytes));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export const bitString = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => element(BIT_STRING, Uint8Array.of(0), bytes);
export const octetString = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => element(OCTET_STRING, bytes);

/** An OBJECT IDENTIFIER from its dotted form. */
export const objectIdentifier = (dotted: string): Uint8Array<ArrayBuffer> =>
  element(OBJECT_IDENTIFIER, encodeArcs(dotted));

/** The dotted form. @throws OperationError MALFORMED */
export function oidOf(der: Uint8Array | undefined, what: string): string {
  return readArcs(contentsOf(der, OBJECT_IDENTIFIER, what));
}

/** UTCTime until 2049, GeneralizedTime from 2050, whole seconds, RFC 5280 clause 4.1.2.5. @throws RangeError beyond 1950 to 9999 */
export function encodeTime(time: Date): Uint8Array<ArrayBuffer> {
  const { tag, text } = writeTime(time);
  return element(tag, new TextEncoder().encode(text));
}

/** GeneralizedTime of any date, to the millisecond, RFC 3161 clause 2.4.2. @throws RangeError beyond 1950 to 9999 */
export function encodeGeneralizedTime(time: Date): Uint8Array<ArrayBuffer> {
  return element(GENERALIZED_TIME, new TextEncoder().encode(writeGeneralizedTime(time)));
}

/** The instant of a UTCTime or GeneralizedTime. @throws OperationError MALFORMED */
export function timeOf(der: Uint8Array | undefined, what: string): Date {
  const time = der === undefined ? null : readTime(der[0] ?? 0, contentOf(der));
  if (time === null) throw malformed(what);
  return time;
}

/** INTEGER of an unsigned big-endian number. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  return (digits[0] ?? 0) >= 0x80 ? element(INTEGER, Uint8Array.of(0), digits) : element(INTEGER, digits);
}

/** The digits of an INTEGER that is not negative, without its sign byte. @throws OperationError MALFORMED */
export function unsignedOf(integer: Uint8Array | undefined, what: string): Uint8Array {
  const digits = contentsOf(integer, INTEGER, what);
  if ((digits[0] ?? 0x80) >= 0x80) throw malformed(what);
  return digits.length > 1 && digits[0] === 0 ? digits.subarray(1) : digits;
}

/**
 * The number of an INTEGER in `len` bytes, big-endian.
 *
 * @throws OperationError MALFORMED where it is negative or longer
 */
export function fixedLen(integer: Uint8Array, len: number, what: string): Uint8Array<ArrayBuffer> {
  const digits = unsignedOf(integer, what);
  if (digits.length > len) throw malformed(what);
  const out = new Uint8Array(len);
  out.set(digits, len - digits.length);
  return out;
}

/** Whether two byte strings are the same. It stops at the first difference: for public values, never for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Hexadecimal, lower case, two digits a byte. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
