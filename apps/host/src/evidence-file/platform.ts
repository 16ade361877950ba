/** What the platform's signatures and their time stamps prove (平台签名与时间戳): notice, receipt, answers to released keys, and the heads that they countersign. */
import type { Gm } from "@certbridge/gm";
import type { BidEvidence, BidHeader, BidNotice, BidReceipt, OpeningReceipt } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { readNotice, readOpeningReceipt, readReceipt, type Registry, type SignedReceipt } from "@certbridge/trust";
import type { ReadLedger } from "../ledger.ts";
import { type Countersignature, type Finding, type Outcome, outcomeOf } from "./findings.ts";
import { messageLines, saidOfAnswer, saidOfReceipt } from "./lines.ts";
import { provedOr, type SignedPackage } from "./signed-package.ts";

export interface JudgedPlatform {
  /** By the registry; null where it has no such platform. */
  readonly platformName: string | null;
  readonly notice: BidNotice | null;
  /** The first one that came, and the newest since. */
  readonly receipt: SignedReceipt<BidReceipt> | null;
  readonly laterReceipt: SignedReceipt<BidReceipt> | null;
  readonly openings: readonly SignedReceipt<OpeningReceipt>[];
  readonly countersignatures: readonly Countersignature[];
  readonly findings: readonly Finding[];
}

interface About {
  readonly header: BidHeader | null;
  readonly signed: SignedPackage | null;
  readonly ledger: ReadLedger;
  /** Whether another computer made the bid: what was countersigned until it was handed in is in the ledger there. */
  readonly isElsewhere: boolean;
}

/** Of the platform with this id, whatever page of it brought a message. */
function askerFor(registry: Registry, platformId: string) {
  const platform = registry.platforms.find(({ id }) => id === platformId);
  const [origin = ""] = platform?.origins ?? [];
  const platforms = registry.platforms.map((row) => ({ ...row, enabled: true }));
  return { name: platform?.name ?? null, asker: { registry: { ...registry, platforms }, origin } };
}

/** The messages themselves: proved by the platform's key in the registry, of this lot, package and signature. */
function readMessages(gm: Gm, registry: Registry, evidence: BidEvidence, { header, signed }: About) {
  const { name: platformName, asker } = askerFor(registry, header?.platformId ?? "");
  const isOfLot = (said: { readonly platformId: string; readonly projectCode: string; readonly lot: string }) =>
    header !== null &&
    said.platformId === header.platformId &&
    said.projectCode === header.projectCode &&
    said.lot === header.lot;
  const isOfPackage = ({ said }: SignedReceipt<BidReceipt> | SignedReceipt<OpeningReceipt>) =>
    isOfLot(said) && said.packageId === evidence.packageId && said.signatureSm3 === signed?.signatureSm3;
  const read = <T>(text: string | null, open: (der: Uint8Array) => T): T | null =>
    text === null ? null : provedOr(() => open(decodeBase64Url(text)));
  const receiptOf = (text: string | null = null): SignedReceipt<BidReceipt> | null => {
    const receipt = read(text, (der) => readReceipt(gm, asker, der));
    return receipt !== null && isOfPackage(receipt) ? receipt : null;
  };
  const notice = read(evidence.notice, (der) => readNotice(gm, asker, der).said);
  const openings = evidence.openings.flatMap((text) => read(text, (der) => readOpeningReceipt(gm, asker, der)) ?? []);
  return {
    platformName,
    notice: notice !== null && isOfLot(notice) ? notice : null,
    receipt: receiptOf(evidence.receipt),
    laterReceipt: receiptOf(evidence.laterReceipt),
    openings: openings.filter(isOfPackage),
  };
}

/** By the line that a head is SM3 of, as far as the chain is whole. */
function lineOf(ledger: ReadLedger, head: string): number | null {
  const last = ledger.brokenAt === null ? ledger.entries : ledger.brokenAt - 1;
  for (let line = 1; line <= last; line++) {
    if (encodeBase64Url(ledger.headAfter(line) ?? new Uint8Array(0)) === head) return line;
  }
  return null;
}

interface Countersigned {
  readonly when: Countersignature["when"];
  readonly head: string | undefined;
  readonly stampedAt: Date;
}

const countersign = (ledger: ReadLedger, { when, head, stampedAt }: Countersigned): readonly Countersignature[] =>
  head === undefined ? [] : [{ when, head, stampedAt, line: lineOf(ledger, head) }];

export function judgePlatform(gm: Gm, registry: Registry, evidence: BidEvidence, about: About): JudgedPlatform {
  const { ledger, signed, isElsewhere } = about;
  const { platformName, notice, receipt, laterReceipt, openings } = readMessages(gm, registry, evidence, about);
  const receipts = [receipt ?? [], laterReceipt ?? []].flat();
  const broughtReceipts = [evidence.receipt ?? [], evidence.laterReceipt ?? []].flat();
  /** Without a row of the platform nothing of it can be proved, nor disproved. */
  const outcome = (there: unknown, holds: boolean): Outcome =>
    platformName === null ? "absent" : outcomeOf(there, holds);
  /** What names the package by a signature that nobody brought may be this one's. */
  const ofPackage = (there: unknown, holds: boolean): Outcome =>
    evidence.signed === null ? "absent" : outcome(there, holds);

  const ofReceipts = receipts.flatMap(({ said: { encryptHead, submitHead }, stampedAt }) => [
    ...countersign(ledger, { when: "encrypt", head: encryptHead, stampedAt }),
    ...countersign(ledger, { when: "submit", head: submitHead, stampedAt }),
  ]);
  const signedHead = signed?.trailer.ledgerHead;
  // Whoever countersigned it once cannot take that back by a later receipt that says another.
  const encrypting = ofReceipts.filter(({ when }) => when === "encrypt");
  const signedOnes = encrypting.filter(({ head }) => head === signedHead);
  const isSigned = signedOnes.some(({ line }) => line !== null);
  // Where none is the trailer's, the trailer of the very package that the receipts name shows that the bidder signed another.
  const unfitHead = signedOnes.length > 0 && !isElsewhere ? "fails" : "open";
  const handingIn = ofReceipts.filter(({ when }) => when === "submit");
  const isHandedIn = handingIn.some(({ line }) => line !== null);

  // The bidder signed it in the released key, which is not here: without that it is the platform's word alone, or of another computer's ledger.
  const ofAnswers = openings.flatMap(({ said, stampedAt }) =>
    countersign(ledger, { when: "open", head: said.openHead, stampedAt }),
  );
  const openHead = ofAnswers.every(({ line }) => line !== null) ? "holds" : "open";
  return {
    platformName,
    notice,
    receipt,
    laterReceipt,
    openings,
    countersignatures: [...ofReceipts, ...ofAnswers],
    findings: [
      { check: "notice", outcome: outcome(evidence.notice, notice !== null) },
      { check: "receipt", outcome: ofPackage(broughtReceipts[0] ?? null, receipts.length === broughtReceipts.length) },
      {
        check: "receipt-line",
        outcome: messageLines(
          ledger,
          receipts.map((each) => saidOfReceipt(gm, each)),
        ),
      },
      { check: "encrypt-head", outcome: encrypting.length === 0 ? "absent" : isSigned ? "holds" : unfitHead },
      { check: "submit-head", outcome: handingIn.length === 0 ? "absent" : isHandedIn ? "holds" : "open" },
      {
        check: "opening",
        outcome: ofPackage(evidence.openings[0] ?? null, openings.length === evidence.openings.length),
      },
      {
        check: "opening-line",
        outcome: messageLines(
          ledger,
          openings.map((each) => saidOfAnswer(gm, each)),
        ),
      },
      { check: "open-head", outcome: ofAnswers.length === 0 ? "absent" : openHead },
    ],
  };
}
