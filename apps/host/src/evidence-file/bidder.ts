/** What the bidder's own signatures prove (投标人签名): over the package, and over the report that covers the beginning of the ledger. */
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseCertificate, sameBytes } from "@certbridge/pki";
import type { BidEvidence, BidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Registry } from "@certbridge/trust";
import { pathAbove, readAuthority } from "../authorities.ts";
import { covers, readReport, type SignedReport } from "../evidence.ts";
import type { ReadLedger } from "../ledger.ts";
import { type Bidder, type Finding, outcomeOf } from "./findings.ts";
import { provedOr, readSigned, type SignedPackage } from "./signed-package.ts";

export interface JudgedBidder {
  readonly signed: SignedPackage | null;
  readonly bidder: Bidder | null;
  readonly report: SignedReport | null;
  /** Whether it is this bid's, and covers the ledger. */
  readonly isReportOf: boolean;
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

export function judgeBidder(
  gm: Gm,
  registry: Registry,
  evidence: BidEvidence,
  { header, ledger }: { readonly header: BidHeader | null; readonly ledger: ReadLedger },
): JudgedBidder {
  const { packageId } = evidence;
  const isOwn = header === null || header.packageId === packageId;
  const signed = header === null ? null : readSigned(gm, evidence, header);
  const pool = [
    ...(signed?.by.certificates ?? []),
    ...evidence.chain.flatMap((der) => provedOr(() => parseCertificate(decodeBase64Url(der))) ?? []),
  ];
  const bidder = signed === null ? null : describeBidder(gm, registry, signed.by.signer, pool);
  const report =
    evidence.report === null ? null : provedOr(() => readReport(gm, decodeBase64Url(evidence.report ?? "")));
  const isReportOf =
    report !== null &&
    signed !== null &&
    sameBytes(report.signer.der, signed.by.signer.der) &&
    report.report.trailerSm3 === signed.trailerSm3 &&
    covers(report, packageId, ledger);
  const programSm3 = report?.report.programSm3;
  const isProgramOf = isReportOf && programSm3 === encodeBase64Url(gm.sm3(decodeBase64Url(evidence.programKey)));
  return {
    signed,
    bidder,
    report,
    isReportOf,
    findings: [
      { check: "package-signature", outcome: outcomeOf(evidence.signed, signed !== null && isOwn) },
      { check: "bidder", outcome: bidder?.listed === true ? "holds" : "absent" },
      { check: "report", outcome: outcomeOf(evidence.report, isReportOf) },
      // Another computer's program may speak of a bid, too: then the bidder's key did not name it.
      { check: "program", outcome: isProgramOf ? "holds" : "absent" },
    ],
  };
}
