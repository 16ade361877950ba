import { describe, expect, test } from "vitest";
import { openReading, slicesOf } from "../../../extension/workshop/slices.ts";
import { readAhead } from "../../../extension/workshop/package/read-ahead.ts";
import { filler } from "../../support/oracles/filler.ts";

/** Files read in order, by streams that fill memory and in browsers that have none: the same bytes, however long the file is. */

const MIB = 1024 * 1024;

/** As a file's stream is in Chromium before it could do more: it brings its own memory. */
function withoutByteStreams(blob: Blob): Blob {
  const slice = blob.slice.bind(blob);
  blob.slice = (from, to) => withoutByteStreams(slice(from, to));
  blob.stream = () => new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (stream) => stream.close() });
  return blob;
}

/** One that the browser refuses to go on with: whoever reads it finds it changed. */
function changedAfter(blob: Blob, reads: number): Blob {
  let left = reads;
  const slice = blob.slice.bind(blob);
  blob.slice = (from, to) => {
    const part = slice(from, to);
    if (left-- > 0) return part;
    part.arrayBuffer = () => Promise.reject(new DOMException("changed", "NotReadableError"));
    part.stream = () =>
      new ReadableStream({ type: "bytes", pull: (stream) => stream.error(new DOMException("changed")) });
    return part;
  };
  return blob;
}

async function joined(slices: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const slice of slices) all.push(slice);
  return Buffer.concat(all);
}

describe.each([
  ["by streams", (blob: Blob) => blob],
  ["without them", withoutByteStreams],
])("%s", (_, asBrowser) => {
  test.each([0, 1, 99, 100, 101, 250, 1000])("a file of %d bytes comes whole, in slices of a hundred", async (len) => {
    const bytes = filler(len, len);
    const slices: Uint8Array[] = [];
    for await (const slice of slicesOf(asBrowser(new Blob([bytes])), "a", 100)) slices.push(slice);
    expect(Buffer.concat(slices).equals(bytes)).toBe(true);
    expect(slices.map(({ length }) => length)).toEqual([
      ...Array.from({ length: Math.floor(len / 100) }, () => 100),
      ...(len % 100 > 0 ? [len % 100] : []),
    ]);
  });

  test("so does one that is longer than a stream", async () => {
    const bytes = filler(66 * MIB, 4);
    const slices = slicesOf(asBrowser(new Blob([bytes])), "a", 4 * MIB - 7);
    expect((await joined(slices)).equals(bytes)).toBe(true);
  }, 60_000);

  test("any place may be asked for, in any order", async () => {
    const bytes = filler(1000, 5);
    const { read, close } = openReading(asBrowser(new Blob([bytes])), "a");
    for (const [from, len] of [
      [900, 100],
      [0, 10],
      [10, 10],
      [20, 500],
      [20, 500],
      [520, 480],
      [999, 1],
      [0, 1000],
    ] as const) {
      expect(Buffer.from(await read(from, len)).equals(bytes.subarray(from, from + len))).toBe(true);
    }
    close();
  });

  test("what is read ahead is what is asked for, or is not used", async () => {
    const bytes = filler(1000, 6);
    const source = readAhead(asBrowser(new Blob([bytes])), "a");
    for (const [from, len] of [
      [0, 300],
      [300, 300],
      [600, 300],
      [900, 100],
      [100, 50],
      [150, 10],
      [0, 1],
    ] as const) {
      expect(Buffer.from(await source.read(from, len)).equals(bytes.subarray(from, from + len))).toBe(true);
    }
    source.close();
  });

  test("one that has fewer bytes than it says is told by its name", async () => {
    const { read } = openReading(asBrowser(new Blob([filler(100, 7)])), "标书.pdf");
    const unreadable = { code: "CONTENT_UNREADABLE", details: { name: "标书.pdf" } };
    await expect(read(50, 51)).rejects.toMatchObject(unreadable);
    await expect(read(101, 10)).rejects.toMatchObject(unreadable);
  });
});

test("memory that is given is what the bytes come in, once a stream is read", async () => {
  const bytes = filler(1000, 8);
  const given: ArrayBuffer[] = [];
  const take = () => {
    const memory = new ArrayBuffer(128);
    given.push(memory);
    return memory;
  };
  const slices: Uint8Array[] = [];
  for await (const slice of slicesOf(new Blob([bytes]), "a", 100, take)) slices.push(slice);
  expect(Buffer.concat(slices).equals(bytes)).toBe(true);
  expect(slices.slice(1).every(({ buffer }) => buffer.byteLength === 128)).toBe(true);
  expect(given.slice(1).every(({ detached }) => detached)).toBe(true);
});

test.each([0, 1, 2])("a file that changes after %d beginnings to read is told by its name", async (reads) => {
  const changed = changedAfter(new Blob([filler(300, 9)]), reads);
  await expect(joined(slicesOf(changed, "报价.xlsx", 100))).rejects.toMatchObject({
    code: "CONTENT_UNREADABLE",
    details: { name: "报价.xlsx" },
  });
});
