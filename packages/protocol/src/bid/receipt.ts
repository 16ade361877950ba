import * as v from "valibot";
import { instant } from "../instant.ts";
import { limits } from "../limits.ts";
import { packageId, platformId, projectWords, sm3Text } from "./header.ts";

/** That a platform took a package in (回执): content of a SignedData of type BID_RECEIPT. docs/formats/notice-and-order.md */
export const bidReceipt = v.strictObject({
  format: v.literal("shared-certificate-receipt:1"),
  platformId,
  projectCode: projectWords,
  lot: projectWords,
  packageId,
  /** Of the package's `META-INF/signature.p7s`: through it, of every byte of the package. */
  signatureSm3: sm3Text,
  /** Bytes of the package. */
  packageLen: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.packageLen)),
  /** The ledger's head that the bidder signed in the package's trailer. docs/formats/ledger.md, Countersignatures */
  encryptHead: v.exactOptional(sm3Text),
  /** The one that the bidder's page brought when the package was handed in; nobody signed it before. */
  submitHead: v.exactOptional(sm3Text),
  /** By the platform's clock; the time stamp says it by another's. */
  receivedAt: instant,
});

export type BidReceipt = v.InferOutput<typeof bidReceipt>;
