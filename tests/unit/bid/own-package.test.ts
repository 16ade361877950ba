/** A package that its bidder opens: what is proved before anybody is asked, and the one answer to what does not hold. */
import { encodeKeyBlockContent, type FilePiece, type OwnPackage, readOwnPackage } from "@certbridge/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { describe, expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import {
  bidder,
  codeOf,
  crc32,
  fileKeyOf,
  filler,
  headerOf,
  makePackage,
  memorySource,
  SEALED_LEN,
  SEGMENT_LEN,
  signTrailer,
  type TestFile,
} from "../../support/bid.ts";
import { forge, type Forgery, sealStream, SMALL, streamOf } from "../../support/bid-forger.ts";
import { legacyHeaderOf, makeLegacy, opener } from "../../support/legacy.ts";
import { makeForeign } from "../../support/legacy-foreign.ts";
import { seal } from "../../support/sealed-bid.ts";

const fileKey = fileKeyOf(1);
const header = encodeCanonical(headerOf());
const recipients = ["本锁", "备用锁"].map((name) => party(name, null, { keyUsage: ["keyEncipherment"] }));
const another = party("另一投标人", null, { keyUsage: ["digitalSignature"] });
const keyBlock = seal(
  gm,
  encodeKeyBlockContent(gm, fileKey, header),
  recipients.map(({ certificate }) => certificate.der),
);

const read = (bytes: Uint8Array): Promise<OwnPackage> => readOwnPackage({ gm, crc32, source: memorySource(bytes) });

function collect() {
  const pieces: FilePiece[] = [];
  const bytesOf = (name: string) =>
    Buffer.concat(pieces.filter((piece) => piece.name === name).map(({ bytes }) => bytes));
  return { sink: { write: (piece: FilePiece) => void pieces.push(piece) }, pieces, bytesOf };
}

describe("readOwnPackage", () => {
  test("says whose it is and what opens it; its file key opens it, whole", async () => {
    const files: readonly TestFile[] = [...SMALL, { name: "图纸.dwg", bytes: filler(2 * SEGMENT_LEN) }];
    const own = await read(await makePackage(files, { keyBlock }));
    expect(own.header).toEqual(headerOf());
    expect(own.headerBytes).toEqual(header);
    expect(own.keyBlock).toEqual(keyBlock);
    expect(own.signer.der).toEqual(bidder.certificate.der);
    expect(own.recipients).toEqual(recipients.map(({ certificate }) => certificate.serialNumber));
    const { sink, bytesOf } = collect();
    const done: number[] = [];
    const opened = await own.open(fileKey, sink, { onProgress: (len) => void done.push(len) });
    expect(opened.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
    for (const { name, bytes } of files) expect(bytesOf(name).equals(bytes), name).toBe(true);
    expect(done).toEqual([1, 3].map((segments) => segments * SEALED_LEN));
  });

  test("another key: nothing comes out, also where the tags are right under it", async () => {
    const other = fileKeyOf(2);
    const twofold = forge({ keyBlock, segments: sealStream(streamOf(SMALL), other, header) });
    const { sink, pieces } = collect();
    for (const bytes of [forge({ keyBlock }), twofold]) {
      expect(await codeOf((await read(bytes)).open(other, sink))).toBe("BID_NOT_OPENED");
    }
    expect(await codeOf((await read(twofold)).open(fileKey, sink))).toBe("BID_NOT_OPENED");
    expect(pieces).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["three bytes", Uint8Array.of(0x50, 0x4b, 3)],
    ["a key block", keyBlock],
    ["another archive", Uint8Array.of(0x50, 0x4b, 3, 4, ...new Uint8Array(2000))],
    ["no beginning that is known", filler(3_000_000)],
  ])("no package: %s", async (_what, bytes) => {
    expect(await codeOf(read(bytes))).toBe("MALFORMED");
  });

  test.each<[string, Forgery]>([
    ["another's signature", { sign: (trailer) => signTrailer(trailer, another) }],
    ["a key block that is no envelope", { keyBlock: Buffer.from("no key block") }],
    ["the key block of another bid, which was not signed with it", { trailer: { keyBlockSm3: "A".repeat(43) } }],
    ["a payload that was not signed", { trailer: { payloadSm3: "A".repeat(43) } }],
    ["a header that was not signed", { trailer: { headerSm3: "A".repeat(43) } }],
  ])("is refused with one code: %s", async (_what, forgery) => {
    expect(await codeOf(read(forge({ keyBlock, ...forgery })))).toBe("MALFORMED");
  });

  test("cut anywhere, or with a bit changed anywhere, it is refused before a key is needed", async () => {
    const whole = forge({ keyBlock });
    const step = Math.floor(whole.length / 24);
    for (let at = 0; at < whole.length; at += step) {
      expect(await codeOf(read(whole.subarray(0, at))), `cut at ${at}`).toBe("MALFORMED");
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await codeOf(read(changed)), `changed at ${at}`).toBe("MALFORMED");
    }
  });

  test("one in the legacy profile as well; what another program made is its own to open", async () => {
    const files: readonly TestFile[] = [...SMALL, { name: "图纸.dwg", bytes: filler(SEGMENT_LEN + 5) }];
    const bytes = await makeLegacy(files);
    const own = await read(bytes);
    expect(own.header).toEqual(legacyHeaderOf());
    expect(own.recipients).toEqual([opener.certificate.serialNumber]);
    const { sink, bytesOf } = collect();
    await own.open(fileKey, sink);
    for (const { name, bytes: content } of files) expect(bytesOf(name).equals(content), name).toBe(true);
    expect(await codeOf(own.open(fileKeyOf(2), collect().sink))).toBe("BID_NOT_OPENED");
    const changed = bytes.slice();
    changed[bytes.length - 200] = (changed[bytes.length - 200] ?? 0) ^ 1;
    expect(await codeOf(read(changed))).toBe("MALFORMED");
    expect(await codeOf(read(Uint8Array.from(makeForeign(filler(100)))))).toBe("VENDOR_DECRYPT_NEEDED");
  });
});
