import * as v from "valibot";
import { instant } from "../instant.ts";
import { packageId, platformId, projectWords, sm3Text } from "./header.ts";

/** A platform's answer to a released key (解密回执): content of a SignedData of type OPENING_RECEIPT. docs/formats/notice-and-order.md */
export const openingReceipt = v.strictObject({
  format: v.literal("shared-certificate-opening-receipt:1"),
  platformId,
  projectCode: projectWords,
  lot: projectWords,
  packageId,
  /** Of the package's `META-INF/signature.p7s`, as in its receipt. */
  signatureSm3: sm3Text,
  /** Of the content of the order that the key was asked for by. */
  orderSm3: sm3Text,
  /** Of the released key, as it came. */
  releasedKeySm3: sm3Text,
  /** The ledger's head in it, where it has one and its signature holds. docs/formats/ledger.md, Countersignatures */
  openHead: v.exactOptional(sm3Text),
  /** Null where the key is the package's; else the platform's code for why it is not taken. */
  refusal: v.nullable(v.pipe(v.string(), v.regex(/^[A-Z_]{1,64}$/))),
  /** When the key had come, by the platform's clock; the time stamp says it by another's. */
  receivedAt: instant,
});

export type OpeningReceipt = v.InferOutput<typeof openingReceipt>;
