/**
 * What the evidence of a bid proves (存证核验): each of its messages verified by a registry, held against the others and against the ledger. What is
 * only this computer's own word is told apart from what the bidder's key signed and from what the platform signed. No clock, no disk, no network.
 * docs/formats/evidence.md
 */
import type { Gm } from "@certbridge/gm";
import { type BidEvidence, type BidHeader, bidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import type { Registry } from "@certbridge/trust";
import type { SignedReport } from "../evidence.ts";
import { type ReadLedger, readLedger } from "../ledger.ts";
import { judgeBidder } from "./bidder.ts";
import type { Bidder, JudgedLine } from "./findings.ts";
import { judgeLines } from "./lines.ts";
import { judgePlatform, type JudgedPlatform } from "./platform.ts";

export interface Judged extends JudgedPlatform {
  readonly evidence: BidEvidence;
  readonly header: BidHeader | null;
  readonly bidder: Bidder | null;
  readonly ledger: ReadLedger;
  readonly lines: readonly JudgedLine[];
  readonly report: SignedReport | null;
  /** Whether another computer made the bid: what was signed when it was made covers the ledger there. */
  readonly isElsewhere: boolean;
}

/** By a registry. @throws OperationError MALFORMED where the header is none */
export function judgeEvidence(gm: Gm, registry: Registry, evidence: BidEvidence): Judged {
  const { packageId } = evidence;
  const header =
    evidence.header === null
      ? null
      : parseCanonical(bidHeader, decodeBase64Url(evidence.header), limits.bidHeaderLen, "header");
  const ledger = readLedger(gm, packageId, decodeBase64Url(evidence.ledger));
  const byBidder = judgeBidder(gm, registry, evidence, { header, ledger });
  const { signed, bidder, report, isElsewhere } = byBidder;
  // Anybody can have a certificate with the bidder's name on it.
  const signedEntry = bidder?.listed === true ? byBidder.signedEntry : null;
  const byPlatform = judgePlatform(gm, registry, evidence, { header, signed, ledger, isElsewhere });
  return {
    ...byPlatform,
    evidence,
    header,
    bidder,
    ledger,
    lines: judgeLines(gm, ledger, { ...byPlatform, signedEntry }),
    report,
    isElsewhere,
    findings: [
      { check: "ledger", outcome: ledger.brokenAt === null && ledger.entries > 0 ? "holds" : "fails" },
      ...byBidder.findings,
      ...byPlatform.findings,
    ],
  };
}

/** Whether nothing was proved to be other than it says. */
export const isSound = ({ findings }: Judged): boolean => findings.every(({ outcome }) => outcome !== "fails");
