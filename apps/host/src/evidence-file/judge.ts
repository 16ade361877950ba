/**
 * What the evidence of a bid proves (存证核验): each of its messages verified by a registry, held against the others and against the ledger. What is
 * only this computer's own word is told apart from what the bidder's key signed and from what the platform signed. No clock, no disk, no network.
 * docs/formats/evidence.md
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseCertificate, sameBytes } from "@certbridge/pki";
import {
  type BidEvidence,
  type BidHeader,
  bidHeader,
  type BidNotice,
  type BidReceipt,
  type OpeningReceipt,
} from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import { readNotice, readOpeningReceipt, readReceipt, type Registry, type SignedReceipt } from "@certbridge/trust";
import { pathAbove, readAuthority } from "../authorities.ts";
import { covers, readReport, type SignedReport } from "../evidence.ts";
import { type ReadLedger, readLedger } from "../ledger.ts";
import { provedOr, readSigned } from "./signed-package.ts";

/** What is looked at. Each has a sentence for people in words.ts. */
export const checks = [
  "ledger",
  "package-signature",
  "bidder",
  "report",
  "program",
  "notice",
  "receipt",
  "receipt-line",
  "encrypt-head",
  "submit-head",
  "opening",
  "opening-line",
  "open-head",
] as const;

/**
 * `holds` is proved; `fails` is proved not to be so; `absent`: there is nothing of it, or nobody in the registry vouches for it; `open`: it does not
 * fit, and does not show whose doing that is.
 */
export type Outcome = "holds" | "fails" | "absent" | "open";

export interface Finding {
  readonly check: (typeof checks)[number];
  readonly outcome: Outcome;
}

/** A head that the platform signed and an authority stamped. */
export interface Countersignature {
  readonly when: "encrypt" | "submit" | "open";
  /** SM3, base64url. */
  readonly head: string;
  /** When the authority saw the platform's signature. */
  readonly stampedAt: Date;
  /** The line whose SM3 it is; null where the ledger has none. */
  readonly line: number | null;
}

/** Whose word a line's outcome is: this computer's alone, shown by the bidder's signature, or by the platform's. */
export type Ground = "self" | "key" | "platform";

export interface JudgedLine {
  readonly ground: Ground;
  /** The earliest stamp of a head that covers it: so it stood there then, as it is. */
  readonly notAfter: Date | null;
}

export interface Bidder {
  readonly name: string;
  readonly uscc: string | null;
  readonly authority: string;
  readonly serialTail: string;
}

export interface Judged {
  readonly evidence: BidEvidence;
  readonly header: BidHeader | null;
  /** By the registry; null where it has no such platform. */
  readonly platformName: string | null;
  readonly bidder: Bidder | null;
  readonly ledger: ReadLedger;
  readonly lines: readonly JudgedLine[];
  readonly report: SignedReport | null;
  readonly notice: BidNotice | null;
  readonly receipt: SignedReceipt<BidReceipt> | null;
  readonly openings: readonly SignedReceipt<OpeningReceipt>[];
  readonly countersignatures: readonly Countersignature[];
  readonly findings: readonly Finding[];
}

function describeBidder(
  gm: Gm,
  registry: Registry,
  certificate: Certificate,
  pool: readonly Certificate[],
): Bidder & { readonly listed: boolean } {
  const [issuer] = pathAbove(gm, certificate, pool);
  const { name, issuerKeySm3, uscc } = readAuthority(gm, registry, certificate, issuer);
  const listed = registry.authorities.some(({ issuerKeysSm3 }) => issuerKeysSm3.some((key) => key === issuerKeySm3));
  const { subject, serialNumber } = certificate;
  return {
    name: subject.organization ?? subject.commonName,
    uscc,
    authority: name,
    serialTail: serialNumber.slice(-4),
    listed,
  };
}

/** Of the platform with this id, whatever page of it brought a message. */
function askerFor(registry: Registry, platformId: string) {
  const platform = registry.platforms.find(({ id }) => id === platformId);
  const [origin = ""] = platform?.origins ?? [];
  const platforms = registry.platforms.map((row) => ({ ...row, enabled: true }));
  return { name: platform?.name ?? null, asker: { registry: { ...registry, platforms }, origin } };
}

/** A message of the platform's: null both where there is none and where it does not hold, which `outcome` tells apart. */
function outcomeOf(there: unknown, holds: boolean): Outcome {
  if (there === null) return "absent";
  return holds ? "holds" : "fails";
}

/** By a registry. @throws OperationError MALFORMED where the header is none */
export function judgeEvidence(gm: Gm, registry: Registry, evidence: BidEvidence): Judged {
  const { packageId } = evidence;
  const header =
    evidence.header === null
      ? null
      : parseCanonical(bidHeader, decodeBase64Url(evidence.header), limits.bidHeaderLen, "header");
  const isOwn = header === null || header.packageId === packageId;
  const ledger = readLedger(gm, packageId, decodeBase64Url(evidence.ledger));
  const signed = header === null ? null : readSigned(gm, evidence, header);
  const findings: Finding[] = [];
  const find = (check: Finding["check"], outcome: Outcome) => findings.push({ check, outcome });
  find("ledger", ledger.brokenAt === null && ledger.entries > 0 ? "holds" : "fails");
  find("package-signature", outcomeOf(evidence.signed, signed !== null && isOwn));

  const pool = [
    ...(signed?.by.certificates ?? []),
    ...evidence.chain.flatMap((der) => provedOr(() => parseCertificate(decodeBase64Url(der))) ?? []),
  ];
  const bidder = signed === null ? null : describeBidder(gm, registry, signed.by.signer, pool);
  find("bidder", bidder?.listed === true ? "holds" : "absent");

  const report =
    evidence.report === null ? null : provedOr(() => readReport(gm, decodeBase64Url(evidence.report ?? "")));
  const isReportOf =
    report !== null &&
    signed !== null &&
    sameBytes(report.signer.der, signed.by.signer.der) &&
    report.report.trailerSm3 === signed.trailerSm3 &&
    covers(report, packageId, ledger);
  find("report", outcomeOf(evidence.report, isReportOf));
  const programSm3 = report?.report.programSm3;
  const isProgramOf = isReportOf && programSm3 === encodeBase64Url(gm.sm3(decodeBase64Url(evidence.programKey)));
  // Another computer's program may speak of a bid, too: then the bidder's key did not name it.
  find("program", isProgramOf ? "holds" : "absent");

  const { name: platformName, asker } = askerFor(registry, header?.platformId ?? "");
  const isOfLot = (said: { readonly platformId: string; readonly projectCode: string; readonly lot: string }) =>
    header !== null &&
    said.platformId === header.platformId &&
    said.projectCode === header.projectCode &&
    said.lot === header.lot;
  const isOfPackage = (said: BidReceipt | OpeningReceipt) =>
    isOfLot(said) && said.packageId === packageId && said.signatureSm3 === signed?.signatureSm3;
  const kept = <T>(text: string | null, read: (der: Uint8Array) => T): T | null =>
    text === null ? null : provedOr(() => read(decodeBase64Url(text)));
  /** Without a row of the platform nothing of it can be proved, nor disproved. */
  const platformOutcome = (there: unknown, holds: boolean): Outcome =>
    platformName === null ? "absent" : outcomeOf(there, holds);

  const readAsNotice = kept(evidence.notice, (der) => readNotice(gm, asker, der).said);
  const notice = readAsNotice !== null && isOfLot(readAsNotice) ? readAsNotice : null;
  find("notice", platformOutcome(evidence.notice, notice !== null));
  const readAsReceipt = kept(evidence.receipt, (der) => readReceipt(gm, asker, der));
  const receipt = readAsReceipt !== null && isOfPackage(readAsReceipt.said) ? readAsReceipt : null;
  find("receipt", platformOutcome(evidence.receipt, receipt !== null));
  const openings = evidence.openings
    .flatMap((text) => kept(text, (der) => readOpeningReceipt(gm, asker, der)) ?? [])
    .filter(({ said }) => isOfPackage(said));

  const lineOf = (head: string | undefined): number | null => {
    if (head === undefined) return null;
    for (let line = 1; line <= ledger.entries; line++) {
      const isUnbroken = ledger.brokenAt === null || line < ledger.brokenAt;
      if (isUnbroken && encodeBase64Url(ledger.headAfter(line) ?? new Uint8Array(0)) === head) return line;
    }
    return null;
  };
  const messageLine = (step: "submit" | "release" | "opened", sm3: string): boolean =>
    ledger.lines.some((line) => line.step === step && line.message === sm3);
  const sm3Of = (der: Uint8Array) => encodeBase64Url(gm.sm3(der));
  const countersignatures: Countersignature[] = [];
  const countersign = (when: Countersignature["when"], head: string | undefined, stampedAt: Date): number | null => {
    const line = lineOf(head);
    if (head !== undefined) countersignatures.push({ when, head, stampedAt, line });
    return line;
  };

  if (receipt === null) {
    for (const check of ["receipt-line", "encrypt-head", "submit-head"] as const) find(check, "absent");
  } else {
    const { said, stampedAt, der } = receipt;
    find("receipt-line", messageLine("submit", sm3Of(der)) ? "holds" : "open");
    const signedHead = signed?.trailer.ledgerHead;
    const isSigned = said.encryptHead === signedHead;
    const encryptLine = countersign("encrypt", said.encryptHead, stampedAt);
    find(
      "encrypt-head",
      said.encryptHead === undefined ? "absent" : isSigned && encryptLine !== null ? "holds" : "fails",
    );
    const submitLine = countersign("submit", said.submitHead, stampedAt);
    find("submit-head", said.submitHead === undefined ? "absent" : submitLine === null ? "open" : "holds");
  }

  find(
    "opening",
    platformOutcome(
      evidence.openings.length === 0 ? null : evidence.openings,
      openings.length === evidence.openings.length,
    ),
  );
  const answered = openings.map(({ said, der, stampedAt }) => ({
    isLine: messageLine("opened", sm3Of(der)),
    // A key that another computer released has no line here, and a head of that one's ledger.
    isReleased: messageLine("release", said.releasedKeySm3),
    head: said.openHead,
    line: countersign("open", said.openHead, stampedAt),
  }));
  find("opening-line", answered.length === 0 ? "absent" : answered.every(({ isLine }) => isLine) ? "holds" : "open");
  const withHead = answered.filter(({ head }) => head !== undefined);
  const unfit = withHead.filter(({ line }) => line === null);
  const openHead = unfit.some(({ isReleased }) => isReleased) ? "fails" : unfit.length > 0 ? "open" : "holds";
  find("open-head", withHead.length === 0 ? "absent" : openHead);

  const stampsOf = (line: number): readonly Date[] =>
    countersignatures.flatMap((one) => (one.line !== null && one.line >= line ? [one.stampedAt] : []));
  const proofs = new Set([...(receipt === null ? [] : [sm3Of(receipt.der)]), ...openings.map(({ der }) => sm3Of(der))]);
  const releases = new Set(openings.map(({ said }) => said.releasedKeySm3));
  const lines = ledger.lines.map(({ entry, step, failure, message }, at): JudgedLine => {
    // From the first broken line on nothing that stands there is bound to anything.
    if (ledger.brokenAt !== null && at + 1 >= ledger.brokenAt) return { ground: "self", notAfter: null };
    const isPlatforms =
      message !== undefined &&
      (((step === "submit" || step === "opened") && proofs.has(message)) ||
        (step === "release" && failure === null && releases.has(message)));
    const isKeys = step === "encrypt" && failure === null && isReportOf && entry === report?.report.ledger.entries;
    const [first] = stampsOf(entry).toSorted((a, b) => a.getTime() - b.getTime());
    return { ground: isPlatforms ? "platform" : isKeys ? "key" : "self", notAfter: first ?? null };
  });
  return {
    evidence,
    header,
    platformName,
    bidder,
    ledger,
    lines,
    report,
    notice,
    receipt,
    openings,
    countersignatures,
    findings,
  };
}

/** Whether nothing was proved to be other than it says. */
export const isSound = ({ findings }: Judged): boolean => findings.every(({ outcome }) => outcome !== "fails");
