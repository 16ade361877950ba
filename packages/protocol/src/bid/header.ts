import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { instant } from "../instant.ts";
import { limits } from "../limits.ts";

const utf8 = new TextEncoder();

/** The platform's id in the registry. */
export const platformId = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/));

/** Control characters, and characters that turn the direction of writing. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

function isSeen(words: string): boolean {
  const spelt = words.isWellFormed() && words === words.normalize("NFC") && !UNSEEN.test(words);
  return spelt && utf8.encode(words).length <= limits.nameLen;
}

/** A project's code or name, or a lot's, in the platform's own words; or a file's name: 1 to 255 bytes of UTF-8, nothing that cannot be seen, one spelling. */
export const projectWords = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(limits.nameLen),
  v.check(isSeen, "at most 255 bytes in Normalization Form C without control characters expected"),
);

/** 16 random bytes, base64url. */
export const packageId = base64Url(16, 16);

/** SM3, 32 bytes, base64url. */
export const sm3Text = base64Url(32, 32);

/** What `format` says of a bid package, and of one in the legacy profile (旧格式): docs/formats/legacy-package.md. No key block is for both. */
export const bidFormats = { standard: "shared-certificate-bid:1", legacy: "shared-certificate-bid:1-legacy" } as const;

/** `legacy` 旧格式 is for platforms that the registry marks. */
export type PackageProfile = keyof typeof bidFormats;

/** The clear header of a bid package, which its keys are bound to. docs/formats/bid-package.md, Header */
export const bidHeader = v.strictObject({
  format: v.picklist([bidFormats.standard, bidFormats.legacy]),
  packageId,
  platformId,
  projectCode: projectWords,
  projectName: projectWords,
  lot: projectWords,
  /** The opening as it was announced when this was encrypted. */
  openingTime: instant,
  /** Of the signing certificate, DER, that signs the trailer. */
  signingCertificateSm3: sm3Text,
});

export type BidHeader = v.InferOutput<typeof bidHeader>;
