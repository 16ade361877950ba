/**
 * What is inside the envelope: a stored ZIP64 with sizes and CRC-32s before each file, so that every common program lists it and none has to look
 * ahead. One spelling, as the frame of a bid package has. docs/formats/legacy-package.md, Content
 */
import { bidFileList } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import { join } from "../bytes-in-and-out.ts";
import { CENTRAL, ELSEWHERE, endRecords, FIRST_DAY, LOCAL, record, ZIP64 } from "../frame.ts";
import type { BidFiles } from "../stream.ts";

/** A file of the archive: what stands before its bytes. */
export interface ArchivedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** CRC-32, 0 to 2³² − 1. */
  readonly crc: number;
}

/** Everything but the files' bytes. */
export interface Archive {
  /** Before each file, in their order. */
  readonly locals: readonly Uint8Array<ArrayBuffer>[];
  /** Behind the last one: directory and end records. */
  readonly tail: Uint8Array<ArrayBuffer>;
  /** Bytes of the whole. */
  readonly len: number;
}

const utf8 = new TextEncoder();

/** Names are UTF-8, APPNOTE 4.4.4 bit 11. */
const UTF8_NAMES = 0x0800;

/** Bytes of a local header before the name, and of its ZIP64 field behind it. */
export const LOCAL_LEN = 30;
export const LOCAL_EXTRA_LEN = 20;

function common(name: Uint8Array, crc: number, extraLen: number): Uint8Array {
  return record(
    [2, ZIP64],
    [2, UTF8_NAMES],
    [2, 0], // stored
    [2, 0], // time
    [2, FIRST_DAY],
    [4, crc],
    [4, ELSEWHERE],
    [4, ELSEWHERE],
    [2, name.length],
    [2, extraLen],
  );
}

export function localHeader({ name, size, crc }: ArchivedFile): Uint8Array<ArrayBuffer> {
  const bytes = utf8.encode(name);
  const sizes = record([2, 1], [2, 16], [8, size], [8, size]);
  return join([record([4, LOCAL]), common(bytes, crc, sizes.length), bytes, sizes]);
}

function directoryEntry({ name, size, crc }: ArchivedFile, at: number): Uint8Array {
  const bytes = utf8.encode(name);
  const extra = record([2, 1], [2, 24], [8, size], [8, size], [8, at]);
  return join([
    record([4, CENTRAL], [2, ZIP64]),
    common(bytes, crc, extra.length),
    record([2, 0], [2, 0], [2, 0], [4, 0], [4, ELSEWHERE]),
    bytes,
    extra,
  ]);
}

/** @throws OperationError MALFORMED where a name or size is none for a bid, or there are none or too many; TOO_LARGE where they are together */
export function archiveOf(files: readonly ArchivedFile[]): Archive {
  const list = files.map(({ name, size }) => ({ name, size }));
  if (!v.is(bidFileList, { files: list })) throw new OperationError("MALFORMED", { what: "file list" });
  let at = 0;
  const entries: Uint8Array[] = [];
  const locals = files.map((file) => {
    const header = localHeader(file);
    entries.push(directoryEntry(file, at));
    at += header.length + file.size;
    return header;
  });
  const directory = join(entries);
  const tail = join([directory, endRecords(at, directory.length, files.length)]);
  const len = at + tail.length;
  if (len > limits.packageLen) throw new OperationError("TOO_LARGE", { limit: limits.packageLen });
  return { locals, tail, len };
}

/** Length of the archive of these files, known before a byte of them is. Errors as of {@link archiveOf}. */
export const archiveLenOf = (files: BidFiles): number => archiveOf(files.map((file) => ({ ...file, crc: 0 }))).len;
