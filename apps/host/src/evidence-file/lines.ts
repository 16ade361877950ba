/** Whose word each line of the ledger is (逐条依据), and since when it has stood there as it is. */
import type { Gm } from "@certbridge/gm";
import type { BidReceipt, LedgerEntry, OpeningReceipt } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { SignedReceipt } from "@certbridge/trust";
import type { ReadLedger } from "../ledger.ts";
import { refusalOf } from "../receipts.ts";
import type { Countersignature, Ground, JudgedLine, Outcome } from "./findings.ts";

/** What the line about a message of the platform's says where it is true: the message alone binds none of it. */
type Said = Pick<LedgerEntry, "message" | "step" | "failure" | "stampedAt">;

const sm3Of = (gm: Gm, { der }: { readonly der: Uint8Array }): string => encodeBase64Url(gm.sm3(der));

export function saidOfReceipt(gm: Gm, receipt: SignedReceipt<BidReceipt>): Said {
  return { message: sm3Of(gm, receipt), step: "submit", failure: null, stampedAt: receipt.stampedAt.toISOString() };
}

export function saidOfAnswer(gm: Gm, answer: SignedReceipt<OpeningReceipt>): Said {
  const failure = refusalOf(answer.said.refusal);
  return { message: sm3Of(gm, answer), step: "opened", failure, stampedAt: answer.stampedAt.toISOString() };
}

function says({ step, failure, stampedAt }: LedgerEntry, said: Said): boolean {
  const isFailure =
    failure?.layer === said.failure?.layer &&
    failure?.code === said.failure?.code &&
    failure?.rule === said.failure?.rule;
  return step === said.step && isFailure && stampedAt === said.stampedAt;
}

/** From the first broken line on nothing that stands there is bound to anything. */
function boundLines({ lines, brokenAt }: ReadLedger): readonly LedgerEntry[] {
  return brokenAt === null ? lines : lines.slice(0, brokenAt - 1);
}

/** Whether the ledger has these messages: a line that names one and says something else of it is false. */
export function messageLines(ledger: ReadLedger, messages: readonly Said[]): Outcome {
  if (messages.length === 0) return "absent";
  const about = messages.map((said) => ({
    said,
    lines: boundLines(ledger).filter(({ message }) => message === said.message),
  }));
  if (about.some(({ said, lines }) => lines.some((line) => !says(line, said)))) return "fails";
  return about.every(({ lines }) => lines.length > 0) ? "holds" : "open";
}

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
  const messages = [
    ...[receipt ?? [], laterReceipt ?? []].flat().map((each) => saidOfReceipt(gm, each)),
    ...openings.map((answer) => saidOfAnswer(gm, answer)),
  ];
  const releases = new Set(openings.map(({ said }) => said.releasedKeySm3));
  const isAnswered = ({ step, failure, message }: LedgerEntry): boolean =>
    step === "release" && failure === null && message !== undefined && releases.has(message);
  const bound = new Set(boundLines(ledger));
  return ledger.lines.map((line): JudgedLine => {
    if (!bound.has(line)) return { ground: "self", isStampProved: false, notAfter: null };
    const isMessage = messages.some((said) => said.message === line.message && says(line, said));
    const isKeys = line.step === "encrypt" && line.failure === null && line.entry === signedEntry;
    const ground: Ground = isMessage || isAnswered(line) ? "platform" : isKeys ? "key" : "self";
    const covering = countersignatures.filter((one) => one.line !== null && one.line >= line.entry);
    const [first = null] = covering.map(({ stampedAt }) => stampedAt).toSorted((a, b) => a.getTime() - b.getTime());
    // The order that a key was released by is not among the evidence: its stamp is this computer's word.
    return { ground, isStampProved: isMessage, notAfter: first };
  });
}
