/** Whose word each line of the ledger is (逐条依据), and since when it has stood there as it is. */
import type { Gm } from "@certbridge/gm";
import type { BidReceipt, LedgerEntry, OpeningReceipt } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { SignedReceipt } from "@certbridge/trust";
import type { ReadLedger } from "../ledger.ts";
import type { Countersignature, Ground, JudgedLine } from "./findings.ts";

/** What was proved, by which lines are known to be true. */
export interface Proofs {
  readonly receipt: SignedReceipt<BidReceipt> | null;
  readonly laterReceipt: SignedReceipt<BidReceipt> | null;
  readonly openings: readonly SignedReceipt<OpeningReceipt>[];
  readonly countersignatures: readonly Countersignature[];
  /** The number of the line that the bidder's signed report ends with; null where there is no such report. */
  readonly signedEntry: number | null;
}

export function judgeLines(gm: Gm, ledger: ReadLedger, proofs: Proofs): readonly JudgedLine[] {
  const { receipt, laterReceipt, openings, countersignatures, signedEntry } = proofs;
  const sm3Of = ({ der }: { readonly der: Uint8Array }) => encodeBase64Url(gm.sm3(der));
  const messages = new Set([receipt ?? [], laterReceipt ?? [], openings].flat().map(sm3Of));
  const releases = new Set(openings.map(({ said }) => said.releasedKeySm3));
  const groundOf = ({ entry, step, failure, message }: LedgerEntry): Ground => {
    const isPlatforms =
      message !== undefined &&
      (((step === "submit" || step === "opened") && messages.has(message)) ||
        (step === "release" && failure === null && releases.has(message)));
    if (isPlatforms) return "platform";
    return step === "encrypt" && failure === null && entry === signedEntry ? "key" : "self";
  };
  return ledger.lines.map((line, at): JudgedLine => {
    // From the first broken line on nothing that stands there is bound to anything.
    if (ledger.brokenAt !== null && at + 1 >= ledger.brokenAt) return { ground: "self", notAfter: null };
    const covering = countersignatures.filter((one) => one.line !== null && one.line >= line.entry);
    const [first = null] = covering.map(({ stampedAt }) => stampedAt).toSorted((a, b) => a.getTime() - b.getTime());
    return { ground: groundOf(line), notAfter: first };
  });
}
