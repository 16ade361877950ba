/** Open bids on their way to the bidder's other computer (待开标标书文件). No key and no plaintext. docs/formats/open-bids.md */
import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";
import { sm3Text } from "./header.ts";

/** One bid, as the computer that made it hands it over: what its bidder signed, and what its platform did. */
export const carriedBid = v.strictObject({
  format: v.literal("shared-certificate-open-bid:1"),
  /** The package's `header.json` and `trailer.json`, byte for byte. */
  header: base64Url(1, limits.bidHeaderLen),
  trailer: base64Url(1, limits.bidTrailerLen),
  /** EnvelopedData, DER. */
  keyBlock: base64Url(1, limits.keyBlockLen),
  /** Of the package's `META-INF/signature.p7s`. */
  signatureSm3: sm3Text,
  /** That signature, DER: by it others can be shown that the bidder signed the trailer. Not every program carries it. */
  signature: v.exactOptional(base64Url(1, limits.bidSignatureLen)),
  /** For which the key block was tried; DER. The report names it. */
  encryptionCertificate: base64Url(1, limits.certificateLen),
  /** SignedData over a BidReport by the certificate that signed the trailer, DER: binds all of the above but the signature's hash. */
  report: base64Url(1, limits.bidSignatureLen),
  /** The newest notice of the lot, and the platform's first receipt, as they were signed, DER; null where there is none. */
  notice: v.nullable(base64Url(1, limits.noticeLen)),
  receipt: v.nullable(base64Url(1, limits.noticeLen)),
  /** The newest receipt, where it is another one. */
  laterReceipt: v.exactOptional(base64Url(1, limits.noticeLen)),
});

export type CarriedBid = v.InferOutput<typeof carriedBid>;

/** The file: read entry by entry, so that one that is broken takes no other along. */
export const openBidsFile = v.strictObject({
  format: v.literal("shared-certificate-open-bids:1"),
  bids: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(limits.openBidsInFile)),
});

export type OpenBidsFile = v.InferOutput<typeof openBidsFile>;

/**
 * The entries of a file, each yet to be parsed; null where it is no such file.
 *
 * @param bytes UTF-8, at most `limits.openBidsFileLen` bytes
 */
export function readOpenBidsFile(bytes: Uint8Array): readonly unknown[] | null {
  if (bytes.length > limits.openBidsFileLen) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return v.parse(openBidsFile, JSON.parse(text)).bids;
  } catch {
    return null;
  }
}

/** UTF-8 text of a file with these bids. */
export function writeOpenBidsFile(bids: readonly CarriedBid[]): string {
  const file = { format: "shared-certificate-open-bids:1", bids: [...bids] } satisfies OpenBidsFile;
  return `${JSON.stringify(file, null, 1)}\n`;
}
