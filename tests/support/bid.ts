/** Bid packages for tests: a bidder, files, memory in place of disks. The cryptography is real, only the key block's envelope is not there. */
import {
  type BidSource,
  type ByteSink,
  type ByteSource,
  type Crc32,
  encodeKeyBlockContent,
  type FilePiece,
  type OpenedPackage,
  openPackage,
  readFiles,
  verifyPackage,
  verifyPayload,
  writePackage,
} from "@certbridge/bid";
import { ProofError, signData } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { crc32 as zlibCrc32 } from "node:zlib";
import { gm, NOW, type Party, party } from "./authority.ts";

export const crc32: Crc32 = (bytes, soFar) => zlibCrc32(bytes, soFar);

/** Plaintext and ciphertext of a segment, from the format's page. */
export const SEGMENT_LEN = 1_048_576;
export const SEALED_LEN = 1_048_592;

export const bidder: Party = party("投标人", null, { keyUsage: ["digitalSignature", "nonRepudiation"] });

/** A header that is as it should be, but for what is given. */
export function headerOf(changes: Partial<BidHeader> = {}): BidHeader {
  return {
    format: "shared-certificate-bid:1",
    packageId: "AAECAwQFBgcICQoLDA0ODw",
    platformId: "demo-a",
    projectCode: "JS2026-0117",
    projectName: "江宁区东山街道小学新建工程",
    lot: "标段一",
    openingTime: "2026-12-15T01:30:00Z",
    signingCertificateSm3: encodeBase64Url(gm.sm3(bidder.certificate.der)),
    ...changes,
  };
}

export const fileKeyOf = (seed: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: 32 }, (_, i) => seed + i);

/** Bytes that are the same each time, and other ones at each place. */
export function filler(len: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(len);
  let state = (seed * 2654435761) >>> 0;
  for (let at = 0; at < len; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export interface TestFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** As a source gives it, in chunks of this many bytes. */
export const sourceOf = ({ name, bytes }: TestFile, chunkLen = 300_001): BidSource => ({
  name,
  size: bytes.length,
  *chunks() {
    for (let at = 0; at < bytes.length; at += chunkLen) yield bytes.slice(at, at + chunkLen);
  },
});

/** A sink in memory that grows; `whole` is what it has. */
export function memorySink(): ByteSink & { whole(): Uint8Array<ArrayBuffer> } {
  let held = new Uint8Array(1 << 16);
  let len = 0;
  return {
    write(at, bytes) {
      len = Math.max(len, at + bytes.length);
      if (len > held.length) {
        const larger = new Uint8Array(Math.max(len, 2 * held.length));
        larger.set(held);
        held = larger;
      }
      held.set(bytes, at);
    },
    whole: () => held.slice(0, len),
  };
}

export const memorySource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read: (at, len) => Promise.resolve(bytes.slice(at, at + len)),
});

export const signTrailer = (trailer: Uint8Array, by: Party = bidder, contentType = BID_TRAILER, detached = true) =>
  signData(gm, {
    contentType,
    content: trailer,
    detached,
    signedAt: NOW,
    certificate: by.certificate,
    privateKey: by.privateKey,
  });

/** What a package is made with; change one thing for another. */
export interface Making {
  readonly header?: BidHeader;
  readonly fileKey?: Uint8Array;
  readonly keyBlock?: Uint8Array;
  readonly chunkLen?: number;
  readonly sign?: (trailer: Uint8Array) => Uint8Array;
}

/** A package as the program makes it, but with the key block's content bare in place of its envelope. */
export async function makePackage(files: readonly TestFile[], making: Making = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { header = headerOf(), fileKey = fileKeyOf(1), sign = signTrailer } = making;
  const sink = memorySink();
  await writePackage({
    gm,
    crc32,
    header,
    fileKey,
    keyBlock: making.keyBlock ?? encodeKeyBlockContent(gm, fileKey, encodeCanonical(header)),
    files: files.map((file) => sourceOf(file, making.chunkLen)),
    sink,
    sign: (trailer) => sign(trailer),
  });
  return sink.whole();
}

export const openBytes = (bytes: Uint8Array): Promise<OpenedPackage> =>
  openPackage({ gm, crc32, source: memorySource(bytes) });

/** All files of a package by this key, whole. */
export async function filesOf(opened: OpenedPackage, fileKey: Uint8Array): Promise<TestFile[]> {
  const pieces: FilePiece[] = [];
  const files = await readFiles({ gm, opened, fileKey, sink: { write: (piece) => void pieces.push(piece) } });
  return files.map(({ name, size }, file) => {
    const own = pieces.filter((piece) => piece.file === file);
    const bytes = new Uint8Array(Buffer.concat(own.map((piece) => piece.bytes)));
    let at = 0;
    for (const piece of own) {
      if (piece.offset !== at || piece.name !== name) throw new Error("a piece at the wrong place");
      at += piece.bytes.length;
    }
    if (at !== size) throw new Error("pieces are missing");
    return { name, bytes };
  });
}

/** Every step of a reader, as the format's page has them. */
export async function readWhole(bytes: Uint8Array, fileKey: Uint8Array = fileKeyOf(1)): Promise<TestFile[]> {
  const opened = await openBytes(bytes);
  verifyPackage(gm, opened);
  await verifyPayload({ gm, crc32, opened });
  return filesOf(opened, fileKey);
}

/** Whether these are the same files: byte for byte, and in less time than a comparison that could say where they differ. */
export const sameFiles = (a: readonly TestFile[], b: readonly TestFile[]): boolean =>
  a.length === b.length &&
  a.every(({ name, bytes }, place) => name === b[place]?.name && Buffer.compare(bytes, b[place].bytes) === 0);

/** The code with which a promise fails; "accepted" where it does not. Anything without a code is a fault. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    if (error instanceof ProofError || error instanceof OperationError) return error.code;
    throw error;
  }
}
