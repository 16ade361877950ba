/** A bidder's half of a tender, with real cryptography and a software key: a package for a notice, and its key released on an order. */
import { type BidSource, encodeKeyBlockContent, parseKeyBlockContent, writePackage } from "@certbridge/bid";
import type { BidderKeys } from "@certbridge/demo/bidders";
import type { Gm } from "@certbridge/gm";
import {
  encodeEnvelopedData,
  openEnvelopedData,
  parseCertificate,
  parseEnvelopedData,
  parseSignedData,
  signData,
} from "@certbridge/pki";
import { type BidHeader, type BidNotice, openingOrder, type ReleasedKey } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER, RELEASED_KEY } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { crc32 } from "node:zlib";

export interface PlainFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const draw = (len: number) => crypto.getRandomValues(new Uint8Array(len));

/** The content for these certificates, DER. */
export function seal(gm: Gm, content: Uint8Array, certificates: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const recipients = certificates.map(parseCertificate);
  return encodeEnvelopedData(gm, { content, recipients, contentKey: draw(16), iv: draw(16) });
}

/** What is made otherwise than the program makes it. */
export interface SealingChanges {
  readonly header?: Partial<BidHeader>;
  readonly keyBlock?: Uint8Array;
  /** Further certificates that it is encrypted for, DER. */
  readonly spares?: readonly Uint8Array[];
  /** Signs in the bidder's place. */
  readonly signedBy?: BidderKeys;
  readonly signedAt?: Date;
  readonly contentType?: string;
}

export interface SealedBid {
  readonly header: BidHeader;
  readonly fileKey: Uint8Array;
  readonly keyBlock: Uint8Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const sourceOf = ({ name, bytes }: PlainFile): BidSource => ({
  name,
  size: bytes.length,
  *chunks() {
    yield bytes;
  },
});

/** The package of these files for a notice. */
export async function sealBid(
  gm: Gm,
  keys: BidderKeys,
  notice: BidNotice,
  files: readonly PlainFile[],
  changes: SealingChanges = {},
): Promise<SealedBid> {
  const signer = changes.signedBy ?? keys;
  const header: BidHeader = {
    format: "shared-certificate-bid:1",
    packageId: encodeBase64Url(draw(16)),
    platformId: notice.platformId,
    projectCode: notice.projectCode,
    projectName: notice.projectName,
    lot: notice.lot,
    openingTime: notice.openingTime,
    signingCertificateSm3: encodeBase64Url(gm.sm3(keys.signing)),
    ...changes.header,
  };
  const fileKey = draw(32);
  const content = encodeKeyBlockContent(gm, fileKey, encodeCanonical(header));
  const keyBlock = changes.keyBlock ?? seal(gm, content, [keys.encryption, ...(changes.spares ?? [])]);
  let bytes = new Uint8Array(0);
  await writePackage({
    gm,
    crc32,
    header,
    fileKey,
    keyBlock,
    files: files.map(sourceOf),
    sink: {
      write(at, piece) {
        if (bytes.length < at + piece.length) {
          const larger = new Uint8Array(at + piece.length);
          larger.set(bytes);
          bytes = larger;
        }
        bytes.set(piece, at);
      },
    },
    sign: (trailer) =>
      signData(gm, {
        contentType: changes.contentType ?? BID_TRAILER,
        content: trailer,
        detached: true,
        certificate: parseCertificate(signer.signing),
        privateKey: signer.signingKey,
        signedAt: changes.signedAt ?? new Date(),
      }),
  });
  return { header, fileKey, keyBlock, bytes };
}

/** What a release says otherwise than it should. */
export interface ReleaseChanges {
  readonly said?: Partial<ReleasedKey>;
  /** In place of the key block's content. */
  readonly content?: Uint8Array;
  /** In place of the room's certificate, DER. */
  readonly recipients?: readonly Uint8Array[];
  readonly signedBy?: BidderKeys;
  readonly contentType?: string;
  /** In place of the canonical text. */
  readonly encode?: (said: ReleasedKey) => Uint8Array;
}

/** The content of a key block, as the bidder's own key opens it. */
export function openKeyBlock(gm: Gm, keys: BidderKeys, keyBlock: Uint8Array): Uint8Array {
  const envelope = parseEnvelopedData(keyBlock, limits.keyBlockLen);
  const content = openEnvelopedData(gm, envelope, parseCertificate(keys.encryption), keys.encryptionKey);
  if (content === null || parseKeyBlockContent(gm, content) === null) throw new Error("the key block did not open");
  return content;
}

/** What a released key says. */
function sayReleased(gm: Gm, content: Uint8Array, order: Uint8Array, changes: ReleaseChanges) {
  const asked = parseSignedData(order).content ?? new Uint8Array(0);
  const roomCertificate = decodeBase64Url(
    parseCanonical(openingOrder, asked, limits.noticeLen, "order").roomCertificate,
  );
  const packageId = parseKeyBlockContent(gm, content)?.header.packageId ?? "";
  return {
    format: "shared-certificate-released-key:1",
    packageId,
    orderSm3: encodeBase64Url(gm.sm3(asked)),
    roomCertificateSm3: encodeBase64Url(gm.sm3(roomCertificate)),
    envelope: encodeBase64Url(seal(gm, changes.content ?? content, changes.recipients ?? [roomCertificate])),
    ...changes.said,
  } as const;
}

/** The released key, DER: what the companion program answers to an order. */
export function releaseKey(
  gm: Gm,
  keys: BidderKeys,
  keyBlock: Uint8Array,
  order: Uint8Array,
  changes: ReleaseChanges = {},
): Uint8Array<ArrayBuffer> {
  const signer = changes.signedBy ?? keys;
  const keyBlockSm3 = encodeBase64Url(gm.sm3(keyBlock));
  const said = { keyBlockSm3, ...sayReleased(gm, openKeyBlock(gm, keys, keyBlock), order, changes) };
  return signData(gm, {
    contentType: changes.contentType ?? RELEASED_KEY,
    content: (changes.encode ?? encodeCanonical)(said),
    certificate: parseCertificate(signer.signing),
    privateKey: signer.signingKey,
    signedAt: new Date(),
  });
}

/** The same out of a backup key file: canonical JSON, as it is. */
export function releaseBackup(
  gm: Gm,
  { header, fileKey }: Pick<SealedBid, "header" | "fileKey">,
  order: Uint8Array,
  changes: ReleaseChanges = {},
): Uint8Array {
  const said = sayReleased(gm, encodeKeyBlockContent(gm, fileKey, encodeCanonical(header)), order, changes);
  const format = "shared-certificate-released-key:1-backup" as const;
  return encodeCanonical({ ...said, format: changes.said?.format ?? format });
}

/** A key block's content with another file key: its commitment is right, and is no package's that there is. */
export function strangeContent(gm: Gm, header: BidHeader): Uint8Array<ArrayBuffer> {
  return encodeKeyBlockContent(gm, draw(32), encodeCanonical(header));
}

/** File key ‖ commitment ‖ header, from whatever parts. */
export const contentOf = (fileKey: Uint8Array, commitment: Uint8Array, header: Uint8Array): Uint8Array =>
  Uint8Array.of(...fileKey, ...commitment, ...header);
