/**
 * What our program puts beside the envelope, signed with it: which bid it is, and the key block (密钥块) that a standard CA锁 can open. Programs that
 * know nothing of it pass over it. docs/formats/legacy-package.md, Context
 */
import type { Gm } from "@certbridge/gm";
import { type Attribute, checkDer, contentsOf, element, octetString, partsOf } from "@certbridge/pki";
import {
  bidFormats,
  type BidHeader,
  bidHeader,
  type LegacyBidTrailer,
  legacyBidTrailer,
} from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { LEGACY_CONTEXT } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { malformed } from "../refusals.ts";

/** The three parts as they stand. */
export interface LegacyContextBytes {
  /** Canonical JSON. */
  readonly header: Uint8Array;
  readonly trailer: Uint8Array;
  /** EnvelopedData over `encodeKeyBlockContent`, DER. */
  readonly keyBlock: Uint8Array;
}

/** And what they say. */
export interface LegacyContext {
  readonly header: BidHeader;
  readonly trailer: LegacyBidTrailer;
  readonly bytes: LegacyContextBytes;
}

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const WHAT = "bid package";
const CONTEXT_LEN = limits.bidHeaderLen + limits.bidTrailerLen + limits.keyBlockLen + 64;

/** The signed attribute of these three. */
export function encodeLegacyContext({ header, trailer, keyBlock }: LegacyContextBytes): Attribute {
  const value = element(SEQUENCE, octetString(header), octetString(trailer), octetString(keyBlock));
  return { type: LEGACY_CONTEXT, value };
}

/**
 * The inverse; what the trailer says of header and key block is compared.
 *
 * @param value of the attribute, DER
 * @throws OperationError MALFORMED
 */
export function parseLegacyContext(gm: Pick<Gm, "sm3">, value: Uint8Array): LegacyContext {
  checkDer(value, CONTEXT_LEN, WHAT);
  const parts = partsOf(value, SEQUENCE, WHAT);
  const [header, trailer, keyBlock] = parts.map((part) => contentsOf(part, OCTET_STRING, WHAT));
  if (header === undefined || trailer === undefined || keyBlock === undefined || parts.length !== 3) throw malformed();
  const says = parseCanonical(bidHeader, header, limits.bidHeaderLen, WHAT);
  const ends = parseCanonical(legacyBidTrailer, trailer, limits.bidTrailerLen, WHAT);
  const fits =
    says.format === bidFormats.legacy &&
    ends.headerSm3 === encodeBase64Url(gm.sm3(header)) &&
    ends.keyBlockSm3 === encodeBase64Url(gm.sm3(keyBlock));
  if (!fits || keyBlock.length > limits.keyBlockLen) throw malformed();
  return { header: says, trailer: ends, bytes: { header, trailer, keyBlock } };
}
