/**
 * A hostile encoder: whoever has a certificate and wants a package that is read in two ways, or half. Whatever is not changed is right
 * and signed, so that a package fails by the one rule that was broken.
 */
import { encodeKeyBlockContent } from "@certbridge/bid";
import type { BidHeader, BidTrailer } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { gm } from "./authority.ts";
import { fileKeyOf, headerOf, SEALED_LEN, SEGMENT_LEN, signTrailer, type TestFile } from "./bid.ts";
import { archiveOf, countOf, type Entry, keySchedule, nonceOf, sm3InPieces } from "./oracles/bid.ts";

const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");

/** Parts of a stream, each of which may be another than the files say. */
export interface StreamChanges {
  readonly count?: number;
  readonly index?: Uint8Array;
  readonly contents?: Uint8Array;
  readonly hashes?: Uint8Array;
  /** What is put behind the hashes, instead of zeros to the end of the segment. */
  readonly padding?: Uint8Array;
}

export function streamOf(files: readonly TestFile[], changes: StreamChanges = {}): Buffer {
  const list = { files: files.map(({ name, bytes }) => ({ name, size: bytes.length })) };
  const index = changes.index ?? encodeCanonical(list);
  const contents = changes.contents ?? Buffer.concat(files.map(({ bytes }) => bytes));
  const hashes = changes.hashes ?? Buffer.concat(files.map(({ bytes }) => sm3InPieces(bytes, SEGMENT_LEN)));
  const said = [countOf(changes.count ?? index.length), index, contents, hashes, changes.padding ?? Buffer.alloc(0)];
  const len = said.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat(said, Math.ceil(len / SEGMENT_LEN) * SEGMENT_LEN);
}

/** Each 1 MiB of a stream sealed, as the page has it or with other numbers and marks. */
export function sealStream(
  stream: Uint8Array,
  fileKey: Uint8Array,
  header: Uint8Array,
  placeOf: (index: number, segments: number) => { index: number; last: boolean } = (index, segments) => ({
    index,
    last: index === segments - 1,
  }),
): Uint8Array[] {
  const { key, prefix } = keySchedule(fileKey, header);
  const segments = stream.length / SEGMENT_LEN;
  return Array.from({ length: segments }, (_, i) => {
    const { index, last } = placeOf(i, segments);
    const plain = stream.subarray(i * SEGMENT_LEN, (i + 1) * SEGMENT_LEN);
    return gm.sm4GcmEncrypt(key, nonceOf(prefix, index, last), plain);
  });
}

export interface Forgery {
  readonly header?: Partial<BidHeader>;
  readonly headerBytes?: Uint8Array;
  readonly fileKey?: Uint8Array;
  readonly commitment?: Uint8Array;
  readonly keyBlock?: Uint8Array;
  readonly stream?: Uint8Array;
  readonly segments?: readonly Uint8Array[];
  readonly trailer?: Partial<Record<keyof BidTrailer | "more", unknown>>;
  readonly trailerBytes?: Uint8Array;
  readonly sign?: (trailer: Uint8Array) => Uint8Array;
  readonly entries?: (entries: readonly Entry[]) => readonly Entry[];
}

export const SMALL: readonly TestFile[] = [
  { name: "投标函.pdf", bytes: utf8("投标函正文") },
  { name: "empty.txt", bytes: new Uint8Array(0) },
  { name: "报价.xlsx", bytes: utf8("报价".repeat(1000)) },
];

/** The entries of a package, in order. */
export function forgeEntries(forgery: Forgery = {}): readonly Entry[] {
  const { fileKey = fileKeyOf(1), sign = signTrailer } = forgery;
  const header = forgery.headerBytes ?? encodeCanonical(headerOf(forgery.header));
  const commitment = forgery.commitment ?? keySchedule(fileKey, header).commitment;
  const segments = forgery.segments ?? sealStream(forgery.stream ?? streamOf(SMALL), fileKey, header);
  const payload = Buffer.concat(segments);
  const keyBlock =
    forgery.keyBlock ??
    (forgery.headerBytes === undefined ? encodeKeyBlockContent(gm, fileKey, header) : Buffer.from("no key block"));
  const trailer =
    forgery.trailerBytes ??
    encodeCanonical({
      format: "shared-certificate-bid-trailer:1",
      headerSm3: encodeBase64Url(gm.sm3(header)),
      commitment: encodeBase64Url(commitment),
      keyBlockSm3: encodeBase64Url(gm.sm3(keyBlock)),
      payloadLen: payload.length,
      payloadSm3: encodeBase64Url(sm3InPieces(payload, SEALED_LEN)),
      ...forgery.trailer,
    });
  const entries: readonly Entry[] = [
    { name: "mimetype", content: utf8("application/vnd.certbridge.bid+zip") },
    { name: "header.json", content: header },
    { name: "commitment", content: commitment },
    { name: "key-block.p7m", content: keyBlock },
    { name: "payload", content: payload },
    { name: "trailer.json", content: trailer },
    { name: "META-INF/signature.p7s", content: sign(trailer) },
  ];
  return forgery.entries?.(entries) ?? entries;
}

/** The bytes of an archive whose contents are all there. */
export const bytesOf = (entries: readonly Entry[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(archiveOf(entries).stretches.map(([, bytes]) => bytes)));

export const forge = (forgery: Forgery = {}): Uint8Array<ArrayBuffer> => bytesOf(forgeEntries(forgery));
