import * as v from "valibot";
import { carrier } from "../carrier.ts";
import { instant } from "../instant.ts";
import { packageId, sm3Text } from "./header.ts";

const word = v.pipe(v.string(), v.regex(/^[a-z-]{1,64}$/));

/** What was found out before a bid was handed in (投标前检查报告): content of a SignedData of type BID_REPORT. docs/formats/ledger.md */
export const bidReport = v.strictObject({
  format: v.literal("shared-certificate-bid-report:1"),
  packageId,
  /** Of the package's trailer, which the same key signed just before. */
  trailerSm3: sm3Text,
  /** Of the certificate, DER, whose key opened the key block in the trial. */
  encryptionCertificateSm3: sm3Text,
  carrier,
  /** Of each rule, in words of the program that made it: rules are added. */
  results: v.pipe(v.array(v.strictObject({ rule: word, outcome: word })), v.maxLength(64)),
  /** The ledger as it was then: how many lines, and SM3 of the last one. */
  ledger: v.strictObject({ entries: v.pipe(v.number(), v.safeInteger(), v.minValue(1)), head: sm3Text }),
  madeAt: instant,
  program: v.pipe(v.string(), v.maxLength(64)),
  /** Of that program's own public key, 65 bytes: what it signs later is the same program's. docs/formats/evidence.md */
  programSm3: v.exactOptional(sm3Text),
});

export type BidReport = v.InferOutput<typeof bidReport>;
