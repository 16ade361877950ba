/** The payload: what is written, and one test for each rule of the format's page that breaks it. */
import {
  type BidFiles,
  createPayloadReader,
  createPayloadWriter,
  openSegment,
  payloadKeys,
  payloadLenOf,
} from "@certbridge/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { fileKeyOf, filler, headerOf, SEALED_LEN, SEGMENT_LEN } from "../../support/bid.ts";
import { sealStream, SMALL, type StreamChanges, streamOf } from "../../support/bid-forger.ts";

const fileKey = fileKeyOf(1);
const header = encodeCanonical(headerOf());
const keys = payloadKeys(gm, fileKey, header);
const listOf = (files: typeof SMALL): BidFiles => files.map(({ name, bytes }) => ({ name, size: bytes.length }));
const utf8 = (text: string) => new TextEncoder().encode(text);

function writerOf(files: BidFiles) {
  return createPayloadWriter({ gm, keys, files });
}

describe("a payload that is written", () => {
  test("is the page's stream, in segments", () => {
    const files = [...SMALL, { name: "图纸.dwg", bytes: filler(2 * SEGMENT_LEN) }];
    const writer = writerOf(listOf(files));
    const sealed = files.flatMap(({ bytes }, place) => [...writer.push(place, bytes)]);
    sealed.push(...writer.end());
    expect(writer.payloadLen).toBe(3 * SEALED_LEN);
    expect(payloadLenOf(listOf(files))).toBe(3 * SEALED_LEN);
    const opened = sealed.map((segment, index) => openSegment(gm, keys, index, index === 2, segment));
    expect(Buffer.concat(opened.map((plain) => plain ?? Buffer.alloc(0))).equals(streamOf(files))).toBe(true);
  });

  test("ends with its segment where there is no room for padding, and has one more where the hash has no room", () => {
    // Lengths around the file, whose size has seven digits.
    const before = streamLenOf("a", 1_000_000) - 1_000_000;
    for (const [size, segments] of [
      [SEGMENT_LEN - before, 1],
      [SEGMENT_LEN - before + 1, 2],
    ] as const) {
      const writer = writerOf([{ name: "a", size }]);
      const sealed = [...writer.push(0, new Uint8Array(size)), ...writer.end()];
      expect(sealed.length).toBe(segments);
    }
  });

  test("takes nothing after a failure, its end, or segments that were left", () => {
    const failed = writerOf([{ name: "a", size: 1 }]);
    expect(() => [...failed.push(0, new Uint8Array(2))]).toThrow(OperationError);
    expect(() => [...failed.push(0, new Uint8Array(1))]).toThrow("failed, ended");
    const ended = writerOf([{ name: "a", size: 0 }]);
    expect([...ended.end()].length).toBe(1);
    expect(() => [...ended.end()]).toThrow("failed, ended");
    const left = writerOf([{ name: "a", size: 3 * SEGMENT_LEN }]);
    for (const sealed of left.push(0, new Uint8Array(3 * SEGMENT_LEN))) {
      expect(sealed.length).toBe(SEALED_LEN);
      break;
    }
    expect(() => [...left.end()]).toThrow("failed, ended");
  });

  test.each<[string, string, (writer: ReturnType<typeof writerOf>) => unknown]>([
    ["a byte too many", "a", (writer) => [...writer.push(0, new Uint8Array(4))]],
    ["a byte too many, later", "a", (writer) => [...writer.push(0, new Uint8Array(3)), ...writer.push(0, utf8("x"))]],
    ["a byte too few before the next", "a", (writer) => [...writer.push(0, utf8("12")), ...writer.push(1, utf8("x"))]],
    ["a byte too few at the end", "b", (writer) => [...writer.push(0, utf8("123")), ...writer.end()]],
    ["no byte at all", "a", (writer) => [...writer.end()]],
  ])("fails with the name of the file that has %s", (_what, name, work) => {
    const writer = writerOf([
      { name: "a", size: 3 },
      { name: "b", size: 2 },
    ]);
    expect(() => work(writer)).toThrow(
      expect.objectContaining({ code: "CONTENT_UNREADABLE", details: { name } }) as Error,
    );
  });

  test.each([-1, 0, 1.5, 2, Number.NaN])("has no file %d, or no more", (file) => {
    const writer = writerOf([
      { name: "a", size: 0 },
      { name: "b", size: 2 },
    ]);
    expect([...writer.push(1, utf8("1"))]).toEqual([]);
    expect(() => [...writer.push(file, utf8("1"))]).toThrow(RangeError);
  });

  test.each<[string, BidFiles]>([
    ["no file", []],
    ["1,001 files", Array.from({ length: 1001 }, (_, i) => ({ name: `${i}`, size: 0 }))],
    ["a path", [{ name: "a/b", size: 0 }]],
    ["a path of Windows", [{ name: "a\\b", size: 0 }]],
    ["the folder itself", [{ name: ".", size: 0 }]],
    ["the folder above", [{ name: "..", size: 0 }]],
    ["a name twice", [1, 2].map((size) => ({ name: "a", size }))],
    ["no name", [{ name: "", size: 0 }]],
    ["256 bytes of name", [{ name: `${"标".repeat(85)}a`, size: 0 }]],
    ["a name in two spellings", [{ name: "e\u0301", size: 0 }]],
    ["half a character", [{ name: "\ud800", size: 0 }]],
    ["a control character", [{ name: "a\u0085", size: 0 }]],
    ["a bidirectional control", [{ name: "a\u202efdp.exe", size: 0 }]],
    ["half a byte", [{ name: "a", size: 0.5 }]],
    ["fewer than no bytes", [{ name: "a", size: -1 }]],
    ["more than 64 GiB", [{ name: "a", size: 64 * 1024 ** 3 + 1 }]],
  ])("is not made of %s", (_what, files) => {
    expect(() => writerOf(files)).toThrow(
      expect.objectContaining({ code: "MALFORMED", details: { what: "file list" } }) as Error,
    );
  });

  test.each([
    ["a name of 255 bytes", [{ name: "标".repeat(85), size: 0 }]],
    ["1,000 files", Array.from({ length: 1000 }, (_, i) => ({ name: `${i}`, size: 0 }))],
  ])("is made of %s", (_what, files) => {
    expect(writerOf(files).payloadLen).toBe(SEALED_LEN);
  });

  test("is at most as long as a package", () => {
    const most = Math.floor((64 * 1024 ** 3) / SEALED_LEN);
    const size = most * SEGMENT_LEN - streamLenOf("a", 68_719_000_000) + 68_719_000_000;
    expect(payloadLenOf([{ name: "a", size }])).toBe(most * SEALED_LEN);
    const beyond = new OperationError("TOO_LARGE", { limit: 64 * 1024 ** 3 });
    expect(() => payloadLenOf([{ name: "a", size: size + 1 }])).toThrow(beyond);
  });

  test("has an index of at most 524,288 bytes", () => {
    const files = Array.from({ length: 1000 }, (_, i) => ({ name: '"'.repeat(250) + String(i).padStart(5), size: 0 }));
    expect(() => writerOf(files)).toThrow(
      expect.objectContaining({ code: "TOO_LARGE", details: { limit: 524_288 } }) as Error,
    );
  });
});

/** Without padding, of one file. */
const streamLenOf = (name: string, size: number) => 4 + encodeCanonical({ files: [{ name, size }] }).length + size + 32;

/** Reads the segments, and answers how it ended. */
function read(segments: readonly Uint8Array[], count = segments.length): string {
  const reader = createPayloadReader({ gm, keys, segments: count });
  try {
    for (const segment of segments) reader.take(segment);
    reader.end();
    return "whole";
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

const sealedStream = (stream: Uint8Array) => sealStream(stream, fileKey, header);
const indexOf = (files: unknown, more: object = {}) => encodeCanonical({ files, ...more });
const large = [{ name: "a", bytes: filler(2 * SEGMENT_LEN + 5) }, ...SMALL];

describe("a payload that is read", () => {
  test("gives the files' bytes in order, each piece an array of its own", () => {
    const reader = createPayloadReader({ gm, keys, segments: 3 });
    const pieces = sealedStream(streamOf(large)).flatMap((segment) => [...reader.take(segment)]);
    expect(reader.end()).toEqual(listOf(large));
    expect(new Set(pieces.map(({ bytes }) => bytes.buffer)).size).toBe(pieces.length);
    for (const [file, { name, bytes }] of large.entries()) {
      const own = pieces.filter((piece) => piece.file === file && piece.name === name);
      expect(Buffer.concat(own.map((piece) => piece.bytes)).equals(bytes)).toBe(true);
      expect(own.map(({ offset }) => offset)).toEqual(
        own.map((_, i) => own.slice(0, i).reduce((sum, piece) => sum + piece.bytes.length, 0)),
      );
    }
  });

  test.each<[string, StreamChanges]>([
    ["one file too many in the index", { index: indexOf([...listOf(SMALL), { name: "x", size: 1 }]) }],
    ["no file", { index: indexOf([]) }],
    ["1,001 files", { index: indexOf(Array.from({ length: 1001 }, (_, i) => ({ name: `${i}`, size: 0 }))) }],
    ["a path", { index: indexOf(listOf(SMALL).with(0, { name: "../a", size: 15 })) }],
    ["a name twice", { index: indexOf(listOf(SMALL).with(1, { name: "投标函.pdf", size: 0 })) }],
    ["a name in two spellings", { index: indexOf(listOf(SMALL).with(1, { name: "e\u0301", size: 0 })) }],
    ["a size below zero", { index: indexOf(listOf(SMALL).with(1, { name: "e", size: -1 })) }],
    ["a size that is no number", { index: utf8('{"files":[{"name":"a","size":1e999}]}') }],
    ["a size of 2⁵³", { index: utf8('{"files":[{"name":"a","size":9007199254740992}]}') }],
    ["sizes whose sum is too large", { index: indexOf(SMALL.map(({ name }) => ({ name, size: 1024 ** 3 }))) }],
    ["another key in the index", { index: indexOf(listOf(SMALL), { more: 1 }) }],
    ["another key in a file", { index: indexOf(listOf(SMALL).map((file) => ({ ...file, type: "" }))) }],
    ["white space in the index", { index: utf8(JSON.stringify({ files: listOf(SMALL) }, null, 1)) }],
    ["another order of keys", { index: utf8('{"files":[{"size":0,"name":"a"}]}') }],
    ["an index that is no UTF-8", { index: Buffer.concat([indexOf(listOf(SMALL)), Buffer.of(0xff)]) }],
    ["a length of the index that is too small", { count: indexOf(listOf(SMALL)).length - 1 }],
    ["a length of the index that is too large", { count: indexOf(listOf(SMALL)).length + 1 }],
    ["a length of the index beyond the segment", { count: 0xffffffff }],
    ["an index of no bytes", { count: 0, index: new Uint8Array(0) }],
    ["a hash that is another", { hashes: filler(96) }],
    ["the hashes of two files changed for each other", { hashes: swapped() }],
    ["no hashes", { hashes: new Uint8Array(0) }],
    ["content that is another", { contents: filler(6015) }],
    ["padding that is not zero", { padding: Uint8Array.of(0, 0, 1) }],
    ["a whole segment of padding", { padding: new Uint8Array(SEGMENT_LEN) }],
  ])("is refused with %s", (_what, changes) => {
    expect(read(sealedStream(streamOf(SMALL)))).toBe("whole");
    expect(read(sealedStream(streamOf(SMALL, changes)))).toBe("BID_NOT_OPENED");
  });

  test("is refused with one bit in the last byte of the padding", () => {
    const stream = streamOf(SMALL);
    stream[SEGMENT_LEN - 1] = 1;
    expect(read(sealedStream(stream))).toBe("BID_NOT_OPENED");
  });

  test("is refused with an index over 524,288 bytes", () => {
    const files = Array.from({ length: 1000 }, (_, i) => ({ name: '"'.repeat(250) + String(i).padStart(5), size: 0 }));
    const index = indexOf(files);
    expect(index.length).toBeGreaterThan(524_288);
    const hashes = Buffer.alloc(32_000, gm.sm3(new Uint8Array(0)));
    expect(read(sealedStream(streamOf([], { index, hashes })))).toBe("BID_NOT_OPENED");
  });

  test("is refused with segments that are missing, swapped, twice, or marked otherwise", () => {
    const genuine = sealedStream(streamOf(large));
    const [first = new Uint8Array(0), second = first, third = first] = genuine;
    expect(read([first, second, third])).toBe("whole");
    for (const wrong of [
      [],
      [first],
      [first, second],
      [second, third],
      [first, third],
      [second, first, third],
      [first, third, second],
      [first, first, second, third],
      [first, second, second, third],
      [first, second, third, third],
    ]) {
      expect(read(wrong, wrong.length)).toBe("BID_NOT_OPENED");
      expect(read(wrong, 3)).toBe("BID_NOT_OPENED");
    }
    const marks: readonly ((index: number, segments: number) => { index: number; last: boolean })[] = [
      (index) => ({ index, last: false }),
      (index) => ({ index, last: true }),
      (index, segments) => ({ index, last: index === segments - 2 }),
      (index, segments) => ({ index: index + 1, last: index === segments - 1 }),
    ];
    for (const mark of marks) {
      expect(read(sealStream(streamOf(large), fileKey, header, mark))).toBe("BID_NOT_OPENED");
    }
  });

  test("hands out nothing of a segment whose tag is wrong, and nothing after it", () => {
    const segments = sealedStream(streamOf(large));
    const reader = createPayloadReader({ gm, keys, segments: 3 });
    const [first = new Uint8Array(0), second = first] = segments;
    expect(reader.take(first).length).toBe(1);
    const altered = second.slice();
    altered[0] = (altered[0] ?? 0) ^ 1;
    expect(() => reader.take(altered)).toThrow(new OperationError("BID_NOT_OPENED"));
    expect(() => reader.take(second)).toThrow(new OperationError("BID_NOT_OPENED"));
    expect(() => reader.end()).toThrow(new OperationError("BID_NOT_OPENED"));
  });

  test("hands out nothing of the last segment where hashes or padding are wrong", () => {
    const reader = createPayloadReader({ gm, keys, segments: 1 });
    const [only = new Uint8Array(0)] = sealedStream(streamOf(SMALL, { hashes: filler(96) }));
    expect(() => reader.take(only)).toThrow(new OperationError("BID_NOT_OPENED"));
  });

  test("gives no reason: the answers are the same", () => {
    const answers = [{ count: 0 }, { hashes: filler(96) }, { padding: Uint8Array.of(1) }].map((changes) => {
      const reader = createPayloadReader({ gm, keys, segments: 1 });
      try {
        for (const segment of sealedStream(streamOf(SMALL, changes))) reader.take(segment);
      } catch (error) {
        if (error instanceof OperationError) return [error.message, error.details, error.cause];
      }
      return null;
    });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

function swapped(): Uint8Array {
  const hashes = SMALL.map(({ bytes }) => gm.sm3(bytes.length === 0 ? bytes : gm.sm3(bytes)));
  return Buffer.concat(hashes.toReversed());
}
