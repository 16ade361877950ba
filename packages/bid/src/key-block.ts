/** What is inside a key block: the file key and what it is for. docs/formats/key-block.md, Content */
import type { Gm } from "@certbridge/gm";
import { type BidHeader, bidHeader } from "@certbridge/protocol/bid";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import { join } from "./bytes-in-and-out.ts";
import { COMMITMENT_LEN, commitmentOf, FILE_KEY_LEN, isCommitted } from "./keys.ts";

/** What a key block says, once its commitment holds. */
export interface KeyBlockContent {
  /** 32 bytes, secret: to be wiped by whoever asked. */
  readonly fileKey: Uint8Array<ArrayBuffer>;
  readonly header: BidHeader;
  /** `header.json` of the package. */
  readonly headerBytes: Uint8Array<ArrayBuffer>;
}

type Kdf = Pick<Gm, "sm3" | "hkdfSm3">;

/**
 * File key ‖ commitment ‖ header, at most 2,112 bytes, secret: for EnvelopedData.
 *
 * @param fileKey 32 bytes; RangeError else
 * @param header the bytes of `header.json`
 * @throws OperationError MALFORMED where the header is none
 */
export function encodeKeyBlockContent(gm: Kdf, fileKey: Uint8Array, header: Uint8Array): Uint8Array<ArrayBuffer> {
  parseCanonical(bidHeader, header, limits.bidHeaderLen, "bid header");
  return join([fileKey, commitmentOf(gm, fileKey, header), header]);
}

/**
 * The inverse. The encryption around it has no integrity of its own: the commitment is compared before the header is looked at.
 *
 * @param content as it was decrypted; the caller wipes it
 * @returns null for whatever is not such a content: one answer, which callers make BID_NOT_OPENED
 */
export function parseKeyBlockContent(gm: Kdf, content: Uint8Array): KeyBlockContent | null {
  const headerAt = FILE_KEY_LEN + COMMITMENT_LEN;
  if (content.length <= headerAt || content.length > headerAt + limits.bidHeaderLen) return null;
  const headerBytes = content.slice(headerAt);
  const commitment = content.subarray(FILE_KEY_LEN, headerAt);
  if (!isCommitted(gm, content.subarray(0, FILE_KEY_LEN), headerBytes, commitment)) return null;
  try {
    const header = parseCanonical(bidHeader, headerBytes, limits.bidHeaderLen, "bid header");
    return { fileKey: content.slice(0, FILE_KEY_LEN), header, headerBytes };
  } catch {
    return null;
  }
}
