/** The ZIP64 frame: one spelling, and nothing else is read. */
import { archiveLenOf, type ByteSource, openPackage, packageLenOf, payloadLenOf } from "@certbridge/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { codeOf, crc32, makePackage, memorySource, openBytes, SEALED_LEN, signTrailer } from "../../support/bid.ts";
import { bytesOf, forge, type Forgery, forgeEntries, SMALL } from "../../support/bid-forger.ts";
import { archiveOf, type Entry } from "../../support/oracles/bid.ts";

const entries = forgeEntries();
const genuine = bytesOf(entries);
const payloadLen = SEALED_LEN;
const { stretches } = archiveOf(entries);

/** Offsets of the archive that are no content. */
const frameBytes = stretches.flatMap(([at, bytes], place) =>
  place % 2 === 0 ? Array.from(bytes, (_, i) => at + i) : [],
);

const changed = (at: number, mask: number) => {
  const bytes = genuine.slice();
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  return bytes;
};

/** One entry given over to `change`. */
const withEntry =
  (name: string, change: (entry: Entry) => Entry): NonNullable<Forgery["entries"]> =>
  (all) =>
    all.map((entry) => (entry.name === name ? change(entry) : entry));

const nothing = new Uint8Array(0);
const without = (name: string) => bytesOf(entries.filter((entry) => entry.name !== name));
const withContent = (name: string, content: Uint8Array) =>
  forge({ entries: withEntry(name, (entry) => ({ ...entry, content })) });

describe("the frame", () => {
  test("that is written is the page's, byte for byte", async () => {
    const sign = () => contentOf("META-INF/signature.p7s");
    expect(Buffer.from(await makePackage(SMALL, { sign })).equals(genuine)).toBe(true);
  });

  test("with any byte changed is refused", { timeout: 60_000 }, async () => {
    expect(await codeOf(openBytes(genuine))).toBe("accepted");
    expect(frameBytes.length).toBeGreaterThan(800);
    const bytes = genuine.slice();
    const source = { ...memorySource(bytes), read: (at: number, len: number) => bytesAt(bytes, at, len) };
    for (const at of frameBytes) {
      const mask = 1 << (at % 8);
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      expect(await codeOf(openPackage({ gm, crc32, source })), String(at)).toBe("MALFORMED");
      bytes[at] = (bytes[at] ?? 0) ^ mask;
    }
  });

  test.each<[string, () => Uint8Array]>([
    ["nothing", () => nothing],
    ["a byte before it", () => Buffer.concat([Buffer.of(0), genuine])],
    ["a byte behind it", () => Buffer.concat([genuine, Buffer.of(0)])],
    ["a byte between entries", () => Buffer.concat([genuine.subarray(0, 200), Buffer.of(0), genuine.subarray(200)])],
    ["its last byte missing", () => genuine.subarray(0, -1)],
    ["its first byte missing", () => genuine.subarray(1)],
    ["half of it missing", () => genuine.subarray(0, genuine.length / 2)],
    ["a comment", () => commented()],
    ["an entry missing", () => without("commitment")],
    ["no trailer", () => without("trailer.json")],
    ["no signature", () => without("META-INF/signature.p7s")],
    ["an entry too many", () => bytesOf([...entries, { name: "x", content: nothing }])],
    [
      "an entry twice",
      () => bytesOf(entries.flatMap((entry) => (entry.name === "payload" ? [entry, entry] : [entry]))),
    ],
    ["another order", () => bytesOf(entries.toSpliced(1, 2, ...entries.slice(1, 3).toReversed()))],
    [
      "another name",
      () => forge({ entries: withEntry("header.json", (entry) => ({ ...entry, name: "Header.json" })) }),
    ],
    [
      "a name in a folder",
      () => forge({ entries: withEntry("payload", (entry) => ({ ...entry, name: "a/payload" })) }),
    ],
    ["another media type", () => withContent("mimetype", Buffer.from("application/vnd.certbridge.bad+zip"))],
    [
      "a media type with a line end",
      () => withContent("mimetype", Buffer.from("application/vnd.certbridge.bid+zip\n")),
    ],
    ["a commitment of 31 bytes", () => forge({ commitment: new Uint8Array(31) })],
    ["a commitment of 33 bytes", () => forge({ commitment: new Uint8Array(33) })],
    ["no header", () => withContent("header.json", nothing)],
    ["2,049 bytes of header", () => forge({ headerBytes: Buffer.alloc(2049, " ") })],
    ["no key block", () => forge({ keyBlock: nothing })],
    ["16,385 bytes of key block", () => forge({ keyBlock: new Uint8Array(16_385) })],
    ["513 bytes of trailer", () => forge({ trailerBytes: Buffer.alloc(513, " ") })],
    ["65,537 bytes of signature", () => forge({ sign: () => new Uint8Array(65_537) })],
    ["no payload", () => forge({ segments: [] })],
    ["a payload that is no whole segments", () => forge({ segments: [new Uint8Array(SEALED_LEN + 1)] })],
    ["a payload shorter than a segment", () => forge({ segments: [new Uint8Array(SEALED_LEN - 1)] })],
    [
      "another CRC-32 of a small entry",
      () => forge({ entries: withEntry("key-block.p7m", (e) => ({ ...e, crc: 1 })) }),
    ],
    [
      "another CRC-32 of the signature",
      () => forge({ entries: withEntry("META-INF/signature.p7s", (e) => ({ ...e, crc: 1 })) }),
    ],
    ["an entry that says to be longer than there is", () => changed(genuine.length - 400, 0xff)],
  ])("is refused with %s", async (_what, make) => {
    expect(await codeOf(openBytes(make()))).toBe("MALFORMED");
  });

  test("takes 16,384 bytes of key block and 65,536 of signature", async () => {
    const bytes = forge({ keyBlock: new Uint8Array(16_384), sign: () => new Uint8Array(65_536) });
    expect(await codeOf(openBytes(bytes))).toBe("accepted");
  });

  test("its length is known before a signature is made", () => {
    const lenOf = (name: string) => contentOf(name).length;
    const lens = { headerLen: lenOf("header.json"), keyBlockLen: lenOf("key-block.p7m"), payloadLen };
    expect(packageLenOf({ ...lens, signatureLen: lenOf("META-INF/signature.p7s") })).toBe(genuine.length);
  });

  test("a source that gives fewer or more bytes than it has is one that cannot be read", async () => {
    for (const more of [-1, 1]) {
      const read = (at: number, len: number) => bytesAt(genuine, at, len + more);
      expect(await codeOf(openPackage({ gm, crc32, source: { size: genuine.length, read } }))).toBe(
        "CONTENT_UNREADABLE",
      );
    }
  });
});

const bytesAt = (bytes: Uint8Array, at: number, len: number) => Promise.resolve(bytes.slice(at, at + len));

const contentOf = (name: string): Uint8Array => {
  const content = entries.find((entry) => entry.name === name)?.content;
  if (typeof content !== "object") throw new Error(`no ${name}`);
  return content;
};

function commented(): Uint8Array {
  const bytes = Buffer.concat([genuine, Buffer.from("x")]);
  bytes[genuine.length - 2] = 1;
  return bytes;
}

/** An archive whose payload is a number: whatever is read of it is zeros, and nothing of it is kept. */
function sparse(len: number): { readonly source: ByteSource; readonly tail: Buffer; readonly asked: number[] } {
  const trailer = encodeCanonical({
    format: "shared-certificate-bid-trailer:1",
    headerSm3: encodeBase64Url(gm.sm3(contentOf("header.json"))),
    commitment: encodeBase64Url(contentOf("commitment")),
    keyBlockSm3: encodeBase64Url(gm.sm3(contentOf("key-block.p7m"))),
    payloadLen: len,
    payloadSm3: encodeBase64Url(new Uint8Array(32)),
  });
  const contents: Readonly<Record<string, Uint8Array | number>> = {
    payload: len,
    "trailer.json": trailer,
    "META-INF/signature.p7s": signTrailer(trailer),
  };
  const archive = archiveOf(entries.map((entry) => ({ ...entry, content: contents[entry.name] ?? entry.content })));
  const asked: number[] = [];
  const read = (from: number, len: number) => {
    const bytes = Buffer.alloc(len);
    asked.push(len);
    for (const [at, stretch] of archive.stretches) {
      const begin = Math.max(from, at);
      const end = Math.min(from + len, at + stretch.length);
      if (begin < end) stretch.copy(bytes, begin - from, begin - at, end - at);
    }
    return Promise.resolve(bytes);
  };
  return { source: { size: archive.len, read }, tail: archive.stretches.at(-1)?.[1] ?? Buffer.alloc(0), asked };
}

describe("packages beyond 4 GiB", () => {
  const GIB = 1024 ** 3;
  /** The most segments that fit into 64 GiB, with everything around them. */
  const most = Math.floor((64 * GIB - 5000) / SEALED_LEN);

  test.each([4093, 4095, 4096, 5000, most])("%i segments are read, in less than 100 KB", async (segments) => {
    const { source, asked } = sparse(segments * SEALED_LEN);
    const opened = await openPackage({ gm, crc32, source });
    expect(opened.payload).toMatchObject({ segments, len: segments * SEALED_LEN });
    expect(asked.reduce((sum, len) => sum + len, 0)).toBeLessThan(100_000);
  });

  test("one segment more than 64 GiB is refused", async () => {
    expect(await codeOf(openPackage({ gm, crc32, source: sparse((most + 1) * SEALED_LEN).source }))).toBe("MALFORMED");
  });

  test.each([2 ** 32, 2 ** 53, 2 ** 63])("a length that differs by %d is another", async (more) => {
    const { source, tail } = sparse(5000 * SEALED_LEN);
    const at = tail.indexOf("payload") + "payload".length + 4;
    tail.writeBigUInt64LE(BigInt.asUintN(64, tail.readBigUInt64LE(at) + BigInt(more)), at);
    expect(await codeOf(openPackage({ gm, crc32, source }))).toBe("MALFORMED");
  });
});

describe("what is let in before anybody types a PIN", () => {
  // As many files as there may be, with the longest names that their list has room for.
  const count = limits.packageFiles;
  const { packageContentLen: total } = limits;
  const files = Array.from({ length: count }, (_, at) => ({
    name: `${String(at).padStart(4, "0")}${"标".repeat(83)}`,
    size: at === 0 ? total - (count - 1) * 1024 : 1024,
  }));
  const rest = {
    headerLen: limits.bidHeaderLen,
    keyBlockLen: limits.keyBlockLen,
    signatureLen: limits.bidSignatureLen,
  };

  test("always fits into a package, with all that is around it", () => {
    const lens = { ...rest, payloadLen: payloadLenOf(files), hasLedgerHead: true };
    expect(packageLenOf(lens)).toBeLessThanOrEqual(limits.packageLen);
    // Two heads of chunks for each MiB, up to 16 bytes each; header, key block and signature.
    const around = 2 * 16 * 65_536 + Object.values(rest).reduce((sum, len) => sum + len, 0);
    expect(archiveLenOf(files) + around).toBeLessThanOrEqual(limits.packageLen);
  });
});
