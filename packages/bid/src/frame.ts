/**
 * The ZIP64 frame of a bid package, written: all its records from the lengths and CRC-32s of the entries, so that there is one
 * spelling. docs/formats/bid-package.md, The file; the records are those of PKWARE's APPNOTE 6.3, clauses 4.3.7, 4.3.12, 4.3.14 to 16.
 */
import { join } from "./bytes-in-and-out.ts";

const utf8 = new TextEncoder();

/** ASCII of the first entry, and the media type of the whole. */
export const MEDIA_TYPE = "application/vnd.certbridge.bid+zip";

/** The entries, in their order. */
export const ENTRIES = [
  "mimetype",
  "header.json",
  "commitment",
  "key-block.p7m",
  "payload",
  "trailer.json",
  "META-INF/signature.p7s",
] as const;

export type EntryName = (typeof ENTRIES)[number];

/** What the frame says of an entry. */
export interface EntryFacts {
  /** Bytes; of the payload up to 2³⁶, of the others below 2³². */
  readonly len: number;
  /** CRC-32, 0 to 2³² − 1. */
  readonly crc: number;
}

/** One thing for each entry. */
export type ByEntry<T> = Readonly<Record<EntryName, T>>;

/** Made in the order of the entries. */
export function byEntry<T>(make: (name: EntryName) => T): ByEntry<T> {
  return {
    mimetype: make("mimetype"),
    "header.json": make("header.json"),
    commitment: make("commitment"),
    "key-block.p7m": make("key-block.p7m"),
    payload: make("payload"),
    "trailer.json": make("trailer.json"),
    "META-INF/signature.p7s": make("META-INF/signature.p7s"),
  };
}

/** An entry's local header, and where it and the content behind it lie. */
interface LocalHeader {
  readonly at: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentAt: number;
}

/** Every byte of the package that is not content. */
export interface Frame {
  readonly locals: ByEntry<LocalHeader>;
  /** Directory and end records. */
  readonly tail: { readonly at: number; readonly bytes: Uint8Array<ArrayBuffer> };
  /** Of the whole package. */
  readonly len: number;
}

/** Signatures of the records, as they read little-endian. */
export const LOCAL = 0x04034b50;
export const CENTRAL = 0x02014b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const END = 0x06054b50;

/** Versions needed: for what is stored, and for ZIP64. */
const PLAIN = 20;
export const ZIP64 = 45;

/** 1 January 1980, the first day that ZIP knows. */
export const FIRST_DAY = 0x0021;

/** "Look into the ZIP64 record", in a field of four bytes. */
export const ELSEWHERE = 0xffffffff;

/** One field after the other, little-endian: [bytes, value]. */
export function record(...fields: readonly (readonly [2 | 4 | 8, number])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [len]) => sum + len, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [len, value] of fields) {
    if (len === 2) view.setUint16(at, value, true);
    else if (len === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += len;
  }
  return bytes;
}

/** From "version needed" to "length of the extra field", which local header and directory have in common. */
function common(name: EntryName, { len, crc }: EntryFacts, version: number, extraLen: number): Uint8Array {
  const size = name === "payload" ? ELSEWHERE : len;
  return record(
    [2, version],
    [2, 0], // flags
    [2, 0], // stored
    [2, 0], // time
    [2, FIRST_DAY],
    [4, crc],
    [4, size],
    [4, size],
    [2, utf8.encode(name).length],
    [2, extraLen],
  );
}

const versionOf = (name: EntryName): number => (name === "payload" ? ZIP64 : PLAIN);

/** ZIP64 extended information, APPNOTE 4.5.3: both sizes of the payload. */
const sizesOf = (name: EntryName, { len }: EntryFacts): Uint8Array =>
  name === "payload" ? record([2, 1], [2, 16], [8, len], [8, len]) : record();

function localHeader(name: EntryName, facts: EntryFacts): Uint8Array<ArrayBuffer> {
  const extra = sizesOf(name, facts);
  return join([record([4, LOCAL]), common(name, facts, versionOf(name), extra.length), utf8.encode(name), extra]);
}

/** Behind the payload an offset may need eight bytes, and always has them. */
const isBehind = (name: EntryName): boolean => ENTRIES.indexOf(name) > ENTRIES.indexOf("payload");

function directoryEntry(name: EntryName, facts: EntryFacts, at: number): Uint8Array {
  const extra = isBehind(name) ? record([2, 1], [2, 8], [8, at]) : sizesOf(name, facts);
  return join([
    record([4, CENTRAL], [2, ZIP64]),
    common(name, facts, isBehind(name) ? ZIP64 : versionOf(name), extra.length),
    // Length of the comment, disk, attributes inside and outside.
    record([2, 0], [2, 0], [2, 0], [4, 0], [4, isBehind(name) ? ELSEWHERE : at]),
    utf8.encode(name),
    extra,
  ]);
}

/** ZIP64 end of central directory, its locator, end of central directory, for a directory of `count` entries. */
export function endRecords(at: number, len: number, count: number): Uint8Array {
  return join([
    record([4, END64], [8, 44], [2, ZIP64], [2, ZIP64], [4, 0], [4, 0], [8, count], [8, count], [8, len], [8, at]),
    record([4, LOCATOR64], [4, 0], [8, at + len], [4, 1]),
    record([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, len], [4, ELSEWHERE], [2, 0]),
  ]);
}

/** The frame around entries of these lengths and CRC-32s. */
export function frameOf(facts: ByEntry<EntryFacts>): Frame {
  let at = 0;
  const locals = byEntry((name): LocalHeader => {
    const bytes = localHeader(name, facts[name]);
    const local = { at, bytes, contentAt: at + bytes.length };
    at = local.contentAt + facts[name].len;
    return local;
  });
  const directory = join(ENTRIES.map((name) => directoryEntry(name, facts[name], locals[name].at)));
  const bytes = join([directory, endRecords(at, directory.length, ENTRIES.length)]);
  return { locals, tail: { at, bytes }, len: at + bytes.length };
}
