/** A bidder's package in the legacy profile for a notice, with a software key, as the program makes it. */
import {
  beginLegacyPackage,
  encodeKeyBlockContent,
  encodeLegacyContext,
  type LegacyContext,
  writeLegacyContent,
} from "@certbridge/bid";
import type { BidderKeys } from "@certbridge/demo/bidders";
import type { Gm } from "@certbridge/gm";
import { encodeSignedAttributes, encodeSignedData, parseCertificate } from "@certbridge/pki";
import { bidFormats, type BidHeader, type BidNotice, legacyBidTrailer } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { crc32 } from "node:zlib";
import { memorySink, sourceOf } from "./bid.ts";
import { type PlainFile, seal, type SealedBid } from "./sealed-bid.ts";

const draw = (len: number) => crypto.getRandomValues(new Uint8Array(len));

/** What is made otherwise than the program makes it. */
export interface LegacyChanges {
  readonly header?: Partial<BidHeader>;
  readonly signedBy?: BidderKeys;
  readonly signedAt?: Date;
  readonly keyBlock?: Uint8Array;
  /** In place of an archive. */
  readonly content?: Uint8Array;
  /** The file key that the content is encrypted by, in place of the key block's; the trailer commits to this one. */
  readonly fileKey?: Uint8Array;
}

export interface SealedLegacyBid extends SealedBid {
  readonly context: LegacyContext["bytes"];
}

export async function sealLegacyBid(
  gm: Gm,
  keys: BidderKeys,
  notice: BidNotice,
  files: readonly PlainFile[],
  changes: LegacyChanges = {},
): Promise<SealedLegacyBid> {
  const by = changes.signedBy ?? keys;
  const header: BidHeader = {
    format: bidFormats.legacy,
    packageId: encodeBase64Url(draw(16)),
    platformId: notice.platformId,
    projectCode: notice.projectCode,
    projectName: notice.projectName,
    lot: notice.lot,
    openingTime: notice.openingTime,
    signingCertificateSm3: encodeBase64Url(gm.sm3(keys.signing)),
    ...changes.header,
  };
  const headerBytes = encodeCanonical(header);
  const fileKey = changes.fileKey ?? draw(32);
  const keyBlock = changes.keyBlock ?? seal(gm, encodeKeyBlockContent(gm, fileKey, headerBytes), [keys.encryption]);
  const sink = memorySink();
  const recipients = [parseCertificate(keys.encryption)];
  const writer = await beginLegacyPackage(gm, sink, {
    header: headerBytes,
    keyBlock,
    fileKey,
    recipients,
    iv: draw(16),
  });
  async function write(): Promise<Uint8Array> {
    if (changes.content === undefined) {
      return writeLegacyContent({ crc32, writer, files: files.map((file) => sourceOf(file)) });
    }
    await writer.add(changes.content);
    return writer.endContent();
  }
  const trailer = await write();
  const context = { header: headerBytes, trailer, keyBlock };
  const { payloadSm3 } = parseCanonical(legacyBidTrailer, trailer, limits.bidTrailerLen, "trailer");
  const certificate = parseCertificate(by.signing);
  const attributes = encodeSignedAttributes(gm, {
    contentType: LEGACY_PACKAGE,
    digest: decodeBase64Url(payloadSm3),
    signedAt: changes.signedAt ?? new Date(),
    certificate,
    more: [encodeLegacyContext(context)],
  });
  const signature = encodeSignedData({
    contentType: LEGACY_PACKAGE,
    content: null,
    attributes,
    signature: gm.sm2Sign(by.signingKey, attributes),
    certificate,
    chain: [],
  });
  await writer.finish(signature);
  writer.close();
  return { header, fileKey, keyBlock, bytes: sink.whole(), context };
}

/** The octets that are signed, of a package that has one chunk. */
export function envelopeOf(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf(Buffer.from([0x24, 0x80, 0x04, 0x82])) + 6;
  return bytes.slice(at, at + (((bytes[at - 2] ?? 0) << 8) | (bytes[at - 1] ?? 0)));
}
