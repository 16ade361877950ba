/** What the evidence of a bid is worth: whether its ledger is whole, and whether a signed report is about the same ledger. docs/formats/ledger.md */
import type { Gm } from "@certbridge/gm";
import { ProofError, sameBytes, verifySignedData } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import { type BidReport, bidReport } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { BID_REPORT } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { ReadLedger } from "./ledger.ts";

/** A report whose signature holds. Its certificate's chain is for whoever judges to verify. */
export interface SignedReport {
  readonly report: BidReport;
  readonly signer: Certificate;
  /** All that came along, the signer's among them. */
  readonly certificates: readonly Certificate[];
}

/** @throws OperationError MALFORMED: no report, altered, or signed as something else */
export function readReport(gm: Gm, der: Uint8Array): SignedReport {
  if (der.length > limits.bidSignatureLen) throw new OperationError("MALFORMED", { what: "report" });
  try {
    const { content, signer, certificates } = verifySignedData(gm, der, { contentType: BID_REPORT });
    if (content !== null) {
      return { signer, certificates, report: parseCanonical(bidReport, content, limits.bidSignatureLen, "report") };
    }
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause;
    throw new OperationError("MALFORMED", { what: "report" }, { cause });
  }
  throw new OperationError("MALFORMED", { what: "report" });
}

/** Whether the lines that a report covers are those of this ledger, unaltered and in the same order. */
export function covers({ report }: SignedReport, packageId: string, ledger: ReadLedger): boolean {
  const { entries, head } = report.ledger;
  const here = ledger.headAfter(entries);
  const isBefore = ledger.brokenAt === null || ledger.brokenAt > entries;
  return report.packageId === packageId && isBefore && here !== null && sameBytes(decodeBase64Url(head), here);
}
