/** Packages in the legacy profile for tests: ours, and such as other programs make. All of the cryptography is real. */
import {
  beginLegacyPackage,
  contentKeyOfFileKey,
  encodeKeyBlockContent,
  encodeLegacyContext,
  type FilePiece,
  type OpenedLegacyPackage,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
  writeLegacyContent,
} from "@certbridge/bid";
import { type Attribute, encodeEnvelopedData, encodeSignedAttributes, encodeSignedData } from "@certbridge/pki";
import { bidFormats, type BidHeader, legacyBidTrailer } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { gm, NOW, type Party, party } from "./authority.ts";
import { bidder, crc32, fileKeyOf, headerOf, memorySink, memorySource, sourceOf, type TestFile } from "./bid.ts";

const encrypting = { keyUsage: ["keyEncipherment", "dataEncipherment"] } as const;

/** The bidder's key for encryption, and another one. */
export const opener: Party = party("投标人加密", null, encrypting);
export const stranger: Party = party("别人加密", null, encrypting);

export const legacyHeaderOf = (changes: Partial<BidHeader> = {}): BidHeader =>
  headerOf({ format: bidFormats.legacy, ...changes });

export const IV = Uint8Array.from({ length: 16 }, (_, at) => 0xa0 + at);

export function keyBlockOf(fileKey: Uint8Array, header: BidHeader, by: Party = opener): Uint8Array<ArrayBuffer> {
  const content = encodeKeyBlockContent(gm, fileKey, encodeCanonical(header));
  return encodeEnvelopedData(gm, { content, recipients: [by.certificate], contentKey: IV, iv: IV });
}

/** SignedData without its content over an envelope of this SM3. */
export function signEnvelope(
  sm3: Uint8Array,
  { contentType = LEGACY_PACKAGE, more = [] as readonly Attribute[], by = bidder } = {},
): Uint8Array<ArrayBuffer> {
  const { certificate, privateKey } = by;
  const attributes = encodeSignedAttributes(gm, { contentType, digest: sm3, signedAt: NOW, certificate, more });
  const signature = gm.sm2Sign(privateKey, attributes);
  return encodeSignedData({ contentType, content: null, attributes, signature, certificate, chain: [] });
}

/** What a package is made with; change one thing for another. */
export interface LegacyMaking {
  readonly header?: BidHeader;
  readonly fileKey?: Uint8Array;
  readonly keyBlock?: Uint8Array;
  readonly chunkLen?: number;
  readonly sign?: (trailer: Uint8Array, sm3: Uint8Array) => Uint8Array;
}

/** As the program makes it. */
export async function makeLegacy(
  files: readonly TestFile[],
  making: LegacyMaking = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { header = legacyHeaderOf(), fileKey = fileKeyOf(1) } = making;
  const keyBlock = making.keyBlock ?? keyBlockOf(fileKey, header);
  const headerBytes = encodeCanonical(header);
  const sink = memorySink();
  const writer = await beginLegacyPackage(gm, sink, {
    header: headerBytes,
    keyBlock,
    fileKey,
    recipients: [opener.certificate],
    iv: IV,
  });
  const sources = files.map((file) => sourceOf(file, making.chunkLen));
  const trailer = await writeLegacyContent({ crc32, writer, files: sources });
  const { payloadSm3 } = parseCanonical(legacyBidTrailer, trailer, limits.bidTrailerLen, "trailer");
  const sm3 = decodeBase64Url(payloadSm3);
  const usual = () => signEnvelope(sm3, { more: [encodeLegacyContext({ header: headerBytes, trailer, keyBlock })] });
  await writer.finish(making.sign?.(trailer, sm3) ?? usual());
  writer.close();
  return sink.whole();
}

export const openLegacy = (bytes: Uint8Array): Promise<OpenedLegacyPackage> =>
  openLegacyPackage({ gm, source: memorySource(bytes) });

/** All files by this content key, whole. */
export async function legacyFilesOf(opened: OpenedLegacyPackage, contentKey: Uint8Array): Promise<TestFile[]> {
  const pieces: FilePiece[] = [];
  const files = await readLegacyFiles({
    gm,
    crc32,
    opened,
    contentKey,
    sink: { write: (piece) => void pieces.push(piece) },
  });
  return files.map(({ name, size }, file) => {
    const own = pieces.filter((piece) => piece.file === file);
    const bytes = new Uint8Array(Buffer.concat(own.map((piece) => piece.bytes)));
    if (bytes.length !== size) throw new Error("pieces are missing");
    return { name, bytes };
  });
}

/** Every step of a reader with a file key, as the format's page has them. */
export async function readLegacy(bytes: Uint8Array, fileKey: Uint8Array = fileKeyOf(1)): Promise<TestFile[]> {
  const opened = await openLegacy(bytes);
  verifyLegacyPackage(gm, opened);
  return legacyFilesOf(opened, contentKeyOfFileKey(gm, opened, fileKey));
}
