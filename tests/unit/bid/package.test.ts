/** A package as a whole: what header, trailer and signature must be, and what each of them is held against. */
import {
  beginPackage,
  commitmentOf,
  createPayloadWriter,
  type OpenedPackage,
  payloadKeys,
  type PackageWriter,
  readFiles,
  verifyPackage,
  verifyPayload,
  writePackage,
} from "@certbridge/bid";
import { element, parseSignature, ProofError, signData } from "@certbridge/pki";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER, GM_DATA, RELEASED_KEY } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { gm, NOW, party } from "../../support/authority.ts";
import {
  bidder,
  codeOf,
  crc32,
  fileKeyOf,
  filesOf,
  filler,
  headerOf,
  makePackage,
  memorySink,
  memorySource,
  openBytes,
  readWhole,
  sameFiles,
  SEALED_LEN,
  SEGMENT_LEN,
  signTrailer,
  sourceOf,
  type TestFile,
} from "../../support/bid.ts";
import { forge, type Forgery, sealStream, SMALL, streamOf } from "../../support/bid-forger.ts";

const another = party("另一投标人", null, { keyUsage: ["digitalSignature"] });
const fileKey = fileKeyOf(1);
const header = encodeCanonical(headerOf());

describe("a package", () => {
  test("is read as it was written, by whoever has the key", async () => {
    const files: readonly TestFile[] = [...SMALL, { name: "图纸.dwg", bytes: filler(3 * SEGMENT_LEN) }];
    const bytes = await makePackage(files);
    expect(sameFiles(await readWhole(bytes), files)).toBe(true);
    const opened = await openBytes(bytes);
    expect(opened.header).toEqual(headerOf());
    expect(opened.payload.segments).toBe(4);
    const { signer, certificates, signedAt } = verifyPackage(gm, opened);
    expect(signer.der).toEqual(bidder.certificate.der);
    expect(certificates.map(({ der }) => der)).toEqual([bidder.certificate.der]);
    expect(signedAt).toEqual(NOW);
  });

  test("opens with no other key", async () => {
    const opened = await openBytes(forge());
    expect(await codeOf(filesOf(opened, fileKeyOf(2)))).toBe("BID_NOT_OPENED");
    expect(await codeOf(filesOf(opened, new Uint8Array(31)))).toBe("BID_NOT_OPENED");
  });

  test("under two keys opens with the one that is committed to, before a segment is looked at", async () => {
    // A payload that has right tags under the other key: without the commitment it would have two plaintexts.
    const other = fileKeyOf(2);
    const opened = await openBytes(forge({ segments: sealStream(streamOf(SMALL), other, header) }));
    let reads = 0;
    const source = { ...opened.source, read: () => Promise.reject(new Error(`read ${++reads}`)) };
    expect(await codeOf(filesOf({ ...opened, source }, other))).toBe("BID_NOT_OPENED");
    expect(reads).toBe(0);
    expect(await codeOf(filesOf(opened, fileKey))).toBe("BID_NOT_OPENED");
  });

  test.each<[string, Forgery]>([
    ["no JSON", { headerBytes: Buffer.from("{") }],
    ["another order of keys", { headerBytes: Buffer.from(JSON.stringify(headerOf())) }],
    ["white space", { headerBytes: Buffer.concat([header, Buffer.from("\n")]) }],
    ["a byte order mark", { headerBytes: Buffer.concat([Buffer.from("\ufeff"), header]) }],
    ["no UTF-8", { headerBytes: Buffer.concat([header.subarray(0, -2), Buffer.of(0xc3, 0x22, 0x7d)]) }],
    [
      "what need not be escaped escaped",
      { headerBytes: Buffer.from(Buffer.from(header).toString().replace("标", "\\u6807")) },
    ],
    ["a key twice", { headerBytes: Buffer.from(Buffer.from(header).toString().replace("{", '{"format":"x",')) }],
    ["a key too many", { headerBytes: encodeCanonical({ ...headerOf(), price: 1 }) }],
    ["a key too few", { headerBytes: encodeCanonical({ ...headerOf(), lot: undefined }) }],
    ["another format", { headerBytes: encodeCanonical({ ...headerOf(), format: "shared-certificate-bid:2" }) }],
    ["a package id of 15 bytes", { headerBytes: encodeCanonical({ ...headerOf(), packageId: "A".repeat(20) }) }],
    ["no platform id", { headerBytes: encodeCanonical({ ...headerOf(), platformId: "" }) }],
    ["no instant", { headerBytes: encodeCanonical({ ...headerOf(), openingTime: "2026-02-30T00:00:00Z" }) }],
    ["a lot of no letters", { headerBytes: encodeCanonical({ ...headerOf(), lot: "" }) }],
    ["256 bytes of name", { headerBytes: encodeCanonical({ ...headerOf(), projectName: `${"标".repeat(85)}a` }) }],
    ["a line end in a name", { headerBytes: encodeCanonical({ ...headerOf(), projectName: "a\nb" }) }],
    [
      "a turn of the direction of writing",
      { headerBytes: encodeCanonical({ ...headerOf(), projectCode: "a\u2067b" }) },
    ],
    ["a name in two spellings", { headerBytes: encodeCanonical({ ...headerOf(), lot: "e\u0301" }) }],
    ["a hash of 31 bytes", { headerBytes: encodeCanonical({ ...headerOf(), signingCertificateSm3: "A".repeat(42) }) }],
  ])("with a header that has %s is refused", async (_what, forgery) => {
    expect(await codeOf(openBytes(forge(forgery)))).toBe("MALFORMED");
  });

  test.each<[string, Forgery]>([
    ["another format", { trailer: { format: "shared-certificate-bid-trailer:2" } }],
    ["a key too many", { trailer: { more: 1 } }],
    ["a key too few", { trailer: { payloadSm3: undefined } }],
    ["another header's hash", { trailer: { headerSm3: "A".repeat(43) } }],
    ["another commitment", { trailer: { commitment: "A".repeat(43) } }],
    ["another key block's hash", { trailer: { keyBlockSm3: "A".repeat(43) } }],
    ["another length", { trailer: { payloadLen: 2 * SEALED_LEN } }],
    ["a length that is no whole segments", { trailer: { payloadLen: SEALED_LEN + 1 } }],
    ["a hash of 31 bytes", { trailer: { payloadSm3: "A".repeat(42) } }],
    ["white space", { trailerBytes: Buffer.from("{ }") }],
  ])("with a trailer that has %s is refused", async (_what, forgery) => {
    expect(await codeOf(openBytes(forge(forgery)))).toBe("MALFORMED");
  });

  test.each<[string, string, (trailer: Uint8Array) => Uint8Array]>([
    ["no SignedData", "MALFORMED", () => Buffer.from("signed")],
    ["the trailer inside", "MALFORMED", (trailer) => signTrailer(trailer, bidder, BID_TRAILER, false)],
    ["a document's content type", "SIGNATURE_INVALID", (trailer) => signTrailer(trailer, bidder, GM_DATA)],
    ["a released key's content type", "SIGNATURE_INVALID", (trailer) => signTrailer(trailer, bidder, RELEASED_KEY)],
    ["another's certificate", "SIGNATURE_INVALID", (trailer) => signTrailer(trailer, another)],
    [
      "another's key",
      "SIGNATURE_INVALID",
      (trailer) => signTrailer(trailer, { ...bidder, privateKey: another.privateKey }),
    ],
    ["other content", "CONTENT_MISMATCH", () => signTrailer(encodeCanonical({}))],
    ["another version", "MALFORMED", (trailer) => respelt(signTrailer(trailer), VERSION, () => [Buffer.of(2, 1, 3)])],
    [
      "r and s without their DER",
      "MALFORMED",
      (trailer) =>
        respelt(signTrailer(trailer), SIGNATURE, (signature) => [element(4, parseSignature(signature.subarray(2)))]),
    ],
    [
      "attributes that nobody signed",
      "MALFORMED",
      (trailer) =>
        respelt(signTrailer(trailer), SIGNER, (signer) => [
          element(
            0x30,
            ...partsOf(signer),
            element(0xa1, element(0x30, Buffer.of(6, 1, 0x2a), element(0x31, element(4)))),
          ),
        ]),
    ],
    [
      "something among its certificates that is none",
      "MALFORMED",
      (trailer) =>
        respelt(signTrailer(trailer), CERTIFICATES, (held) => [element(0xa0, ...partsOf(held), element(0x30))]),
    ],
    [
      "a certificate twice",
      "MALFORMED",
      (trailer) =>
        respelt(signTrailer(trailer), CERTIFICATES, (held) => [element(0xa0, ...partsOf(held), ...partsOf(held))]),
    ],
  ])("with a signature that has %s is refused", async (_what, code, sign) => {
    const opened = await openBytes(forge({ sign }));
    expect(codeOfProof(opened)).toBe(code);
    expect(await codeOf(makePackage(SMALL, { sign }))).toBe(code);
  });

  test("may bring certificates above the signer's, which nobody has vouched for", async () => {
    const withChain = (trailer: Uint8Array) =>
      signData(gm, {
        contentType: BID_TRAILER,
        content: trailer,
        detached: true,
        signedAt: NOW,
        certificate: bidder.certificate,
        chain: [another.certificate],
        privateKey: bidder.privateKey,
      });
    const { certificates } = verifyPackage(gm, await openBytes(await makePackage(SMALL, { sign: withChain })));
    expect(certificates.length).toBe(2);
  });

  test("with another payload than was signed, or another CRC-32 of it, is refused when it is handed in", async () => {
    const verify = async (forgery: Forgery) =>
      codeOf(verifyPayload({ gm, crc32, opened: await openBytes(forge(forgery)) }));
    expect(await verify({})).toBe("accepted");
    expect(await verify({ trailer: { payloadSm3: "A".repeat(43) } })).toBe("CONTENT_MISMATCH");
    const crc = (entries: Parameters<NonNullable<Forgery["entries"]>>[0]) =>
      entries.map((entry) => (entry.name === "payload" ? { ...entry, crc: 1 } : entry));
    expect(await verify({ entries: crc })).toBe("MALFORMED");
  });

  test("another's key block or trailer does not fit", async () => {
    const theirs = await openBytes(
      await makePackage(SMALL, { fileKey: fileKeyOf(9), header: headerOf({ lot: "二" }) }),
    );
    const swap = (name: string, content: Uint8Array) =>
      forge({ entries: (all) => all.map((entry) => (entry.name === name ? { ...entry, content } : entry)) });
    for (const [name, content] of [
      ["header.json", theirs.entries.header],
      ["commitment", theirs.entries.commitment],
      ["key-block.p7m", theirs.entries.keyBlock],
      ["trailer.json", theirs.entries.trailer],
    ] as const) {
      expect(await codeOf(openBytes(swap(name, content))), name).toBe("MALFORMED");
    }
    expect(await codeOf(readWhole(swap("META-INF/signature.p7s", theirs.entries.signature)))).toBe("CONTENT_MISMATCH");
  });

  test("tells how far a job is, and ends it where it is told to", async () => {
    const opened = await openBytes(await makePackage([{ name: "a", bytes: new Uint8Array(5 * SEGMENT_LEN) }]));
    const jobs = [
      (options: object) => verifyPayload({ gm, crc32, opened, ...options }),
      (options: object) => readFiles({ gm, opened, fileKey, sink: { write: () => undefined }, ...options }),
      (options: object) => write([{ name: "a", bytes: new Uint8Array(5 * SEGMENT_LEN) }], options),
    ];
    for (const job of jobs) {
      const told: number[] = [];
      await job({ onProgress: (done: number, whole: number) => told.push(done / whole) });
      expect(told.at(-1)).toBe(1);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      const reason = new Error("given up");
      await expect(job({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const abort = new AbortController();
      await expect(job({ signal: abort.signal, onProgress: () => abort.abort(reason) })).rejects.toBe(reason);
    }
  });
});

/** The elements of an element, each with its header. */
function partsOf(der: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const next = (at: number): [from: number, to: number] => {
    const first = der[at + 1] ?? 0;
    const lenLen = first < 0x80 ? 0 : first & 0x7f;
    const from = at + 2 + lenLen;
    const len = lenLen === 0 ? first : Number.parseInt(Buffer.from(der.subarray(at + 2, from)).toString("hex"), 16);
    return [from, from + len];
  };
  const [begin, end] = next(0);
  for (let at = begin; at < end; at = next(at)[1]) parts.push(der.subarray(at, next(at)[1]));
  return parts;
}

/** A change of what no signature covers: the element that the path leads to, given over to `change`. */
function respelt(der: Uint8Array, path: readonly number[], change: (element: Uint8Array) => readonly Uint8Array[]) {
  const rebuild = (node: Uint8Array, [step, ...left]: readonly number[]): readonly Uint8Array[] => {
    if (step === undefined) return change(node);
    const parts = partsOf(node);
    const inner = parts.flatMap((part, place) => (place === step % parts.length ? rebuild(part, left) : [part]));
    return [element(node[0] ?? 0, ...inner)];
  };
  return Buffer.concat(rebuild(der, path));
}

/** Places of a SignedData of ours. */
const VERSION = [1, 0, 0];
const CERTIFICATES = [1, 0, 3];
const SIGNER = [1, 0, 4, 0];
const SIGNATURE = [...SIGNER, 5];

function codeOfProof(opened: OpenedPackage): string {
  try {
    verifyPackage(gm, opened);
    return "accepted";
  } catch (error) {
    if (error instanceof ProofError || error instanceof OperationError) return error.code;
    throw error;
  }
}

const write = (files: readonly TestFile[], options: object = {}) =>
  writePackage({
    gm,
    crc32,
    header: headerOf(),
    fileKey,
    keyBlock: Buffer.from("key block"),
    files: files.map((file) => sourceOf(file)),
    sink: memorySink(),
    sign: (trailer) => signTrailer(trailer),
    ...options,
  });

describe("writing", () => {
  test("in two halves, with nothing but segments between them, makes the same package", async () => {
    const keys = payloadKeys(gm, fileKey, header);
    const commitment = commitmentOf(gm, fileKey, header);
    const [{ name, bytes }] = [{ name: "图纸.dwg", bytes: filler(5 * SEGMENT_LEN) }];
    const payload = createPayloadWriter({ gm, keys, files: [{ name, size: bytes.length }] });
    const sink = memorySink();
    const keyBlock = Buffer.from("key block");
    const { payloadLen } = payload;
    const whole = await beginPackage({ gm, crc32, header, commitment, keyBlock, payloadLen, sink });
    for (const sealed of [...payload.push(0, bytes), ...payload.end()]) {
      await whole.add(structuredClone(sealed, { transfer: [sealed.buffer] }));
    }
    const signature = signTrailer(whole.endPayload());
    expect(await whole.finish(signature)).toBe(sink.whole().length);
    const inOne = await makePackage([{ name, bytes }], { keyBlock, sign: () => signature });
    expect(Buffer.compare(sink.whole(), inOne)).toBe(0);
  });

  test.each<[string, (writer: PackageWriter) => Promise<unknown>, string]>([
    ["a segment of another length", (writer) => writer.add(new Uint8Array(SEALED_LEN - 1)), "expected"],
    ["an end before its segments", async (writer) => writer.endPayload(), "segments to come"],
    ["a signature before the end", (writer) => writer.finish(new Uint8Array(1)), "not ended"],
    [
      "a segment too many",
      async (writer) => {
        await writer.add(new Uint8Array(SEALED_LEN));
        await writer.add(new Uint8Array(SEALED_LEN));
      },
      "all its segments",
    ],
    [
      "two ends",
      async (writer) => {
        await writer.add(new Uint8Array(SEALED_LEN));
        const signature = signTrailer(writer.endPayload());
        await writer.finish(signature);
        await writer.finish(signature);
      },
      "finished",
    ],
  ])("%s is the caller's fault", async (_what, work, message) => {
    const commitment = new Uint8Array(32);
    const parts = { header, commitment, keyBlock: Buffer.of(0), payloadLen: SEALED_LEN };
    const writer = await beginPackage({ gm, crc32, sink: memorySink(), ...parts });
    await expect(work(writer)).rejects.toThrow(message);
  });

  test.each<[string, object, string | typeof RangeError]>([
    ["a header that is none", { header: Buffer.from("{}") }, "MALFORMED"],
    ["a commitment of 31 bytes", { commitment: new Uint8Array(31) }, RangeError],
    ["no key block", { keyBlock: new Uint8Array(0) }, RangeError],
    ["16,385 bytes of key block", { keyBlock: new Uint8Array(16_385) }, "TOO_LARGE"],
    ["no payload", { payloadLen: 0 }, RangeError],
    ["half a segment", { payloadLen: SEALED_LEN / 2 }, RangeError],
    ["more than 64 GiB", { payloadLen: 65_535 * SEALED_LEN }, "TOO_LARGE"],
  ])("does not begin with %s", async (_what, parts, failure) => {
    const begun = beginPackage({
      gm,
      crc32,
      sink: memorySink(),
      header,
      commitment: new Uint8Array(32),
      keyBlock: Buffer.of(0),
      payloadLen: SEALED_LEN,
      ...parts,
    });
    if (typeof failure === "string") expect(await codeOf(begun)).toBe(failure);
    else await expect(begun).rejects.toThrow(failure);
  });

  test("names the file whose source fails, ends early, or goes on", async () => {
    const [good] = SMALL.map((file) => sourceOf(file));
    if (good === undefined) throw new Error("no file");
    const failing = (chunks: () => Iterable<Uint8Array>) =>
      write([], { files: [good, { name: "b", size: 3, chunks }] });
    for (const chunks of [
      () => [new Uint8Array(2)],
      () => [new Uint8Array(4)],
      () => {
        throw new Error("gone");
      },
    ]) {
      await expect(failing(chunks)).rejects.toMatchObject({ code: "CONTENT_UNREADABLE", details: { name: "b" } });
    }
    expect(await codeOf(failing(() => [new Uint8Array(1), new Uint8Array(0), new Uint8Array(2)]))).toBe("accepted");
  });

  test("leaves what signer and sink throw as it is, and is no package then", async () => {
    const fault = new Error("disk full");
    const sink = memorySink();
    const sign = () => Promise.reject(fault);
    await expect(write(SMALL, { sign, sink })).rejects.toBe(fault);
    expect(await codeOf(openBytes(sink.whole()))).toBe("MALFORMED");
    const full = { write: () => Promise.reject(fault) };
    await expect(write(SMALL, { sink: full })).rejects.toBe(fault);
  });

  test("reads a source that changed as what it is now: another package", async () => {
    const opened = await openBytes(forge());
    const short = { ...memorySource(new Uint8Array(0)), size: opened.source.size };
    expect(await codeOf(verifyPayload({ gm, crc32, opened: { ...opened, source: short } }))).toBe("CONTENT_UNREADABLE");
    expect(await codeOf(filesOf({ ...opened, source: short }, fileKey))).toBe("CONTENT_UNREADABLE");
  });
});
