/**
 * Receipts of platforms (回执), for a package and for a released key: what they say, once it is proved that the platform of the page that brought
 * them signed them, and that a time-stamping authority of the registry saw that signature then. Whether one is this bid's is for whoever made
 * the bid. docs/formats/notice-and-order.md
 */
import type { Gm } from "@certbridge/gm";
import { parseSignedData } from "@certbridge/pki";
import { type BidReceipt, bidReceipt, type OpeningReceipt, openingReceipt } from "@certbridge/protocol/bid";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { BID_RECEIPT, OPENING_RECEIPT } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type * as v from "valibot";
import { type Asker, openPlatformMessage } from "./notice.ts";
import type { RegisteredPlatform } from "./registry.ts";
import { readStamp } from "./stamp.ts";

/** A receipt whose signature and time stamp held. */
export interface SignedReceipt<T = BidReceipt> {
  readonly said: T;
  /** GM/T 0010 SignedData, DER. */
  readonly der: Uint8Array;
  readonly platform: RegisteredPlatform;
  /** When the authority saw the signature. */
  readonly stampedAt: Date;
}

type Verify = Pick<Gm, "sm2Verify" | "sm3">;

const unproved = (cause?: unknown): OperationError =>
  new OperationError("PLATFORM_UNPROVED", { what: "receipt" }, cause === undefined ? {} : { cause });

function read<T extends { readonly platformId: string; readonly receivedAt: string }>(
  gm: Verify,
  asker: Asker,
  der: Uint8Array,
  kind: { readonly contentType: string; readonly schema: v.GenericSchema<unknown, T> },
): SignedReceipt<T> {
  const { content, platform, proved } = openPlatformMessage(gm, asker, der, kind.contentType, "receipt");
  const said = parseCanonical(kind.schema, content, limits.noticeLen, "receipt");
  if (said.platformId !== platform.id) throw unproved();
  const { at: stampedAt } = readStamp(gm, proved.signerInfo, asker.registry.timeStampKeysSm3 ?? [], unproved);
  const behindMs = stampedAt.getTime() - Date.parse(said.receivedAt);
  if (behindMs < -limits.clockSkewMs || behindMs > limits.receiptStampMs) throw unproved();
  return { said, der, platform, stampedAt };
}

/**
 * For a package that was handed in.
 *
 * @throws OperationError PLATFORM_UNPROVED: not signed by the platform of this origin, or in another's name, or without a time stamp that
 *   holds and is of that time · MALFORMED
 */
export function readReceipt(gm: Verify, asker: Asker, der: Uint8Array): SignedReceipt {
  return read(gm, asker, der, { contentType: BID_RECEIPT, schema: bidReceipt });
}

/** For a released key. Errors as of {@link readReceipt}. */
export function readOpeningReceipt(gm: Verify, asker: Asker, der: Uint8Array): SignedReceipt<OpeningReceipt> {
  return read(gm, asker, der, { contentType: OPENING_RECEIPT, schema: openingReceipt });
}

/** Whether this claims to be the answer to a released key; nothing is proved by it. @throws OperationError MALFORMED */
export function isOpeningReceipt(der: Uint8Array): boolean {
  if (der.length > limits.noticeLen) throw new OperationError("MALFORMED", { what: "receipt" });
  return parseSignedData(der).contentType === OPENING_RECEIPT;
}
