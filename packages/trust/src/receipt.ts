/**
 * Receipts of platforms (回执): what they say, once it is proved that the platform of the page that brought them signed them, and that a
 * time-stamping authority of the registry saw that signature then. Whether it is this bid's is for whoever made the bid.
 * docs/formats/notice-and-order.md
 */
import type { Gm } from "@certbridge/gm";
import { type BidReceipt, bidReceipt } from "@certbridge/protocol/bid";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { BID_RECEIPT } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type Asker, openPlatformMessage } from "./notice.ts";
import type { RegisteredPlatform } from "./registry.ts";
import { readStamp } from "./stamp.ts";

/** A receipt whose signature and time stamp held. */
export interface SignedReceipt {
  readonly said: BidReceipt;
  /** GM/T 0010 SignedData, DER. */
  readonly der: Uint8Array;
  readonly platform: RegisteredPlatform;
  /** When the authority saw the signature. */
  readonly stampedAt: Date;
}

const unproved = (cause?: unknown): OperationError =>
  new OperationError("PLATFORM_UNPROVED", { what: "receipt" }, cause === undefined ? {} : { cause });

/**
 * @throws OperationError PLATFORM_UNPROVED: not signed by the platform of this origin, or in another's name, or without a time stamp that
 *   holds and is of that time · MALFORMED
 */
export function readReceipt(gm: Pick<Gm, "sm2Verify" | "sm3">, asker: Asker, der: Uint8Array): SignedReceipt {
  const { content, platform } = openPlatformMessage(gm, asker, der, BID_RECEIPT, "receipt");
  const said = parseCanonical(bidReceipt, content, limits.noticeLen, "receipt");
  if (said.platformId !== platform.id) throw unproved();
  const stampedAt = readStamp(gm, der, asker.registry.timeStampKeysSm3 ?? [], unproved);
  const behindMs = stampedAt.getTime() - Date.parse(said.receivedAt);
  if (behindMs < -limits.clockSkewMs || behindMs > limits.receiptStampMs) throw unproved();
  return { said, der, platform, stampedAt };
}
