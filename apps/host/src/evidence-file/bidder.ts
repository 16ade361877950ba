/** What the bidder's own signatures prove (投标人签名): over the package, and over the report that covers the beginning of the ledger. */
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseCertificate, sameBytes } from "@certbridge/pki";
import type { BidEvidence, BidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Registry } from "@certbridge/trust";
import { pathAbove, readAuthority } from "../authorities.ts";
import { covers, readReport, type SignedReport } from "../evidence.ts";
import type { ReadLedger } from "../ledger.ts";
import { type Bidder, type Finding, type Outcome, outcomeOf } from "./findings.ts";
import { provedOr, readSigned, type SignedPackage } from "./signed-package.ts";

export interface JudgedBidder {
  readonly signed: SignedPackage | null;
  readonly bidder: Bidder | null;
  readonly report: SignedReport | null;
  /** The number of the line that the report ends with, where it is this bid's and covers the ledger; else null. */
  readonly signedEntry: number | null;
  /** Whether it covers another ledger than this one: that of the computer that made the bid. */
  readonly isElsewhere: boolean;
  readonly findings: readonly Finding[];
}

function describeBidder(gm: Gm, registry: Registry, certificate: Certificate, pool: readonly Certificate[]): Bidder {
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

interface About {
  readonly header: BidHeader | null;
  readonly ledger: ReadLedger;
}

const programSm3Of = (gm: Gm, { programKey }: BidEvidence): string =>
  encodeBase64Url(gm.sm3(decodeBase64Url(programKey)));

/** Of a report: whether it is of this bid, and of this ledger. */
function judgeReport(
  gm: Gm,
  evidence: BidEvidence,
  { header, ledger, signed }: { readonly signed: SignedPackage | null } & About,
): Pick<JudgedBidder, "report" | "signedEntry" | "isElsewhere"> & { readonly outcome: Outcome } {
  const { packageId, report: text } = evidence;
  const none = { signedEntry: null, isElsewhere: false };
  if (text === null) return { ...none, report: null, outcome: "absent" };
  const report = provedOr(() => readReport(gm, decodeBase64Url(text)));
  if (report === null) return { ...none, report, outcome: "fails" };
  const { signer, report: said } = report;
  // Without the package's signature nobody can tell which trailer it means: only by whom it is.
  if (evidence.signed === null) {
    const isBidders = header === null || header.signingCertificateSm3 === encodeBase64Url(gm.sm3(signer.der));
    return { ...none, report, outcome: isBidders ? "absent" : "fails" };
  }
  const isOfBid =
    signed !== null &&
    sameBytes(signer.der, signed.by.signer.der) &&
    said.trailerSm3 === signed.trailerSm3 &&
    said.packageId === packageId;
  if (!isOfBid) return { ...none, report, outcome: "fails" };
  if (covers(report, packageId, ledger)) {
    return { report, signedEntry: said.ledger.entries, isElsewhere: false, outcome: "holds" };
  }
  // Another program made the bid, and began its ledger with that; in the ledger of who took the bid over there is no such line.
  const isElsewhere =
    said.programSm3 !== undefined &&
    said.programSm3 !== programSm3Of(gm, evidence) &&
    ledger.lines.every(({ step, failure }) => step !== "encrypt" || failure !== null);
  return { report, signedEntry: null, isElsewhere, outcome: isElsewhere ? "open" : "fails" };
}

export function judgeBidder(gm: Gm, registry: Registry, evidence: BidEvidence, about: About): JudgedBidder {
  const { header } = about;
  const isOwn = header === null || header.packageId === evidence.packageId;
  const signed = header === null ? null : readSigned(gm, evidence, header);
  const pool = [
    ...(signed?.by.certificates ?? []),
    ...evidence.chain.flatMap((der) => provedOr(() => parseCertificate(decodeBase64Url(der))) ?? []),
  ];
  const bidder = signed === null ? null : describeBidder(gm, registry, signed.by.signer, pool);
  const { outcome, ...judged } = judgeReport(gm, evidence, { ...about, signed });
  // Another computer's program may speak of a bid, too: then the bidder's key did not name it.
  const isNamed = outcome === "holds" && judged.report?.report.programSm3 === programSm3Of(gm, evidence);
  return {
    ...judged,
    signed,
    bidder,
    findings: [
      { check: "package-signature", outcome: outcomeOf(evidence.signed, signed !== null && isOwn) },
      { check: "bidder", outcome: bidder === null ? "absent" : bidder.listed ? "holds" : "unlisted" },
      { check: "report", outcome },
      { check: "program", outcome: isNamed ? "holds" : "absent" },
    ],
  };
}
