import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { instant } from "../instant.ts";
import { limits } from "../limits.ts";
import { packageId, platformId, projectWords, sm3Text } from "./header.ts";

/** A certificate, DER, base64url. */
const certificateText = base64Url(1, limits.certificateLen);

/** What a bid is encrypted for (招标公告要素): content of a SignedData of type NOTICE. docs/formats/notice-and-order.md */
export const bidNotice = v.strictObject({
  format: v.literal("shared-certificate-notice:1"),
  platformId,
  projectCode: projectWords,
  projectName: projectWords,
  lot: projectWords,
  openingTime: instant,
  /** Higher in each newer notice of the same platform, project and lot. */
  sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** The rescue committee's encryption certificate. */
  committee: v.exactOptional(certificateText),
});

export type BidNotice = v.InferOutput<typeof bidNotice>;

/** By which a platform asks for keys (解密指令): content of a SignedData of type ORDER. docs/formats/notice-and-order.md */
export const openingOrder = v.strictObject({
  format: v.literal("shared-certificate-order:1"),
  platformId,
  projectCode: projectWords,
  lot: projectWords,
  openingTime: instant,
  /** To which released keys are encrypted. */
  roomCertificate: certificateText,
  nonce: base64Url(32, 32),
  /** No key is released after it. */
  notAfter: instant,
});

export type OpeningOrder = v.InferOutput<typeof openingOrder>;

/** A bidder's file key on its way to a room: content of a SignedData of type RELEASED_KEY. docs/formats/notice-and-order.md */
export const releasedKey = v.strictObject({
  format: v.literal("shared-certificate-released-key:1"),
  packageId,
  /** Of the key block that it was taken out of, DER. */
  keyBlockSm3: sm3Text,
  /** Of the order's content. */
  orderSm3: sm3Text,
  /** Of the room's certificate, DER. */
  roomCertificateSm3: sm3Text,
  /** EnvelopedData for the room, DER. */
  envelope: base64Url(1, limits.keyBlockLen),
  /** Of the last line of the bid's ledger before this, where the program keeps one. docs/formats/ledger.md, Countersignatures */
  ledgerHead: v.exactOptional(sm3Text),
});

export type ReleasedKey = v.InferOutput<typeof releasedKey>;

/** The same out of a backup key file, as it is: nobody's signature. docs/formats/notice-and-order.md, From a backup key file */
export const releasedBackupKey = v.strictObject({
  ...v.omit(releasedKey, ["format", "keyBlockSm3", "ledgerHead"]).entries,
  format: v.literal("shared-certificate-released-key:1-backup"),
});
