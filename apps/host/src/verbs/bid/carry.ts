/**
 * exportBid and importBid: an open bid taken to the bidder's other computer (换电脑). What comes in is believed for its signatures alone: the bidder's
 * own over header, trailer, key block and certificate, the platform's over notice and receipt. docs/formats/open-bids.md
 */
import type { Gm } from "@certbridge/gm";
import { parseCertificate, parseEnvelopedData, sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import {
  type BidHeader,
  bidHeader,
  type BidTrailer,
  type CarriedBid,
  type LegacyBidTrailer,
  trailerOf,
} from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { readNotice, readReceipt } from "@certbridge/trust";
import type { SignedNotice, SignedReceipt } from "@certbridge/trust";
import { wrongPackage } from "../../bids.ts";
import type { BidRecord, KeptBid } from "../../bids.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import { readReport } from "../../evidence.ts";
import type { SignedReport } from "../../evidence.ts";
import { readSigned as readSignedPackage } from "../../evidence-file/signed-package.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import { newestOf } from "./lot.ts";
import { keepWithBids } from "./notice.ts";

const text = encodeBase64Url;

function malformed(): OperationError {
  return new OperationError("MALFORMED", { what: "open bid" });
}

/** The bytes of the trailer that was signed: it has one spelling. */
function encodeTrailer({ gm }: Host, { bid, header }: KeptBid): Uint8Array {
  return encodeCanonical({
    format: trailerOf(header.format).entries.format.literal,
    headerSm3: text(gm.sm3(decodeBase64Url(bid.header))),
    ...bid.trailer,
  } satisfies BidTrailer | LegacyBidTrailer);
}

export function exportBid(host: Host): Handlers["exportBid"] {
  return async ({ packageId }) => {
    const kept = await host.bids.find(packageId);
    if (kept === null) throw wrongPackage();
    const { header, keyBlock, signatureSm3, encryptionCertificate, report, receipt, laterReceipt, signed } = kept.bid;
    const notice = await newestOf(host, kept);
    const bid: CarriedBid = {
      format: "shared-certificate-open-bid:1",
      header,
      trailer: text(encodeTrailer(host, kept)),
      keyBlock,
      signatureSm3,
      ...(signed === undefined ? {} : { signature: signed.signature }),
      encryptionCertificate,
      report,
      notice: notice === null ? null : text(notice.der),
      receipt: receipt?.der ?? null,
      ...(laterReceipt === undefined ? {} : { laterReceipt: laterReceipt.der }),
    };
    await host.bids.secured(packageId, { exportedAt: instantOf(host.clock()) });
    return { bid };
  };
}

/** What the bidder signed, in whole. */
interface Signed {
  readonly header: BidHeader;
  readonly trailer: BidTrailer | LegacyBidTrailer;
  readonly envelope: EnvelopedData;
  readonly report: SignedReport;
}

/** The package's signature is the one that was named, and by whoever signed the report. @throws OperationError MALFORMED */
function mustSign(
  gm: Gm,
  { header: text, trailer, signatureSm3 }: CarriedBid,
  {
    header,
    signer,
    signature,
  }: { readonly header: BidHeader; readonly signer: Certificate; readonly signature: string },
): void {
  const signed = readSignedPackage(gm, { header: text, signed: { trailer, signature } }, header);
  if (signed?.signatureSm3 !== signatureSm3 || !sameBytes(signed.by.signer.der, signer.der)) throw malformed();
}

/** @throws OperationError MALFORMED: not as its bidder signed it */
function readSigned({ gm }: Host, carried: CarriedBid): Signed {
  const headerBytes = decodeBase64Url(carried.header);
  const trailerBytes = decodeBase64Url(carried.trailer);
  const keyBlock = decodeBase64Url(carried.keyBlock);
  const header = parseCanonical(bidHeader, headerBytes, limits.bidHeaderLen, "header");
  const trailer = parseCanonical(trailerOf(header.format), trailerBytes, limits.bidTrailerLen, "trailer");
  const signed = readReport(gm, decodeBase64Url(carried.report));
  const { report, signer } = signed;
  const sm3 = (bytes: Uint8Array): string => text(gm.sm3(bytes));
  const holds =
    trailer.headerSm3 === sm3(headerBytes) &&
    trailer.keyBlockSm3 === sm3(keyBlock) &&
    header.signingCertificateSm3 === sm3(signer.der) &&
    report.packageId === header.packageId &&
    report.trailerSm3 === sm3(trailerBytes) &&
    report.encryptionCertificateSm3 === sm3(decodeBase64Url(carried.encryptionCertificate));
  if (!holds) throw malformed();
  parseCertificate(decodeBase64Url(carried.encryptionCertificate));
  if (carried.signature !== undefined) mustSign(gm, carried, { header, signer, signature: carried.signature });
  return { header, trailer, envelope: parseEnvelopedData(keyBlock, limits.keyBlockLen), report: signed };
}

/**
 * A key of the same bidder that opens it is here. Without one the bid would be of no use, and anybody's file could lie about whose bids this computer has.
 *
 * @throws OperationError KEY_NOT_FOUND
 */
async function mustBeOwn(host: Host, { header, envelope, report }: Signed): Promise<void> {
  const { signer, certificates } = report;
  const keyId = header.signingCertificateSm3;
  const opening = (await listKeys(host.stores)).filter((key) => recipientOf(key, envelope) !== null);
  // The same certificate, or, where it was renewed or is another CA's, the same code by a CA that the registry knows.
  const isOwn = opening.some((key) => {
    if (key.keyId === keyId) return true;
    // A message carries no root.
    const chain = [...certificates.map(({ der }) => der), ...key.chain];
    const made = { keyId, signingCertificate: signer.der, encryptionCertificate: null, earlierEncryption: [], chain };
    const { uscc } = readHolder(host, made);
    return uscc !== null && uscc === readHolder(host, key).uscc;
  });
  if (!isOwn) throw new OperationError("KEY_NOT_FOUND");
}

/** What the platform signed with it, proved as if its page had brought it. */
interface Proved {
  readonly notice: SignedNotice | null;
  readonly receipts: readonly SignedReceipt[];
}

/** @throws OperationError PLATFORM_UNPROVED, MALFORMED */
function readProved({ gm, registry }: Host, { header }: Signed, carried: CarriedBid): Proved {
  const [origin = ""] = registry.platforms.find(({ id }) => id === header.platformId)?.origins ?? [];
  const asker = { registry, origin };
  const notice = carried.notice === null ? null : readNotice(gm, asker, decodeBase64Url(carried.notice));
  const receipts = [carried.receipt ?? [], carried.laterReceipt ?? []]
    .flat()
    .map((receipt) => readReceipt(gm, asker, decodeBase64Url(receipt)));
  for (const said of [notice, ...receipts].map((message) => message?.said)) {
    if (said === undefined) continue;
    const { platformId, projectCode, lot } = said;
    const isOfLot = platformId === header.platformId && projectCode === header.projectCode && lot === header.lot;
    if (!isOfLot) throw malformed();
  }
  for (const { said } of receipts) {
    if (said.packageId !== header.packageId || said.signatureSm3 !== carried.signatureSm3) throw malformed();
  }
  return { notice, receipts };
}

function recordOf(host: Host, { header, trailer, report }: Signed, carried: CarriedBid): BidRecord {
  const { format: _format, headerSm3: _header, ...trailed } = trailer;
  const { signature } = carried;
  return {
    format: "certbridge-bid-file:1",
    packageId: header.packageId,
    header: carried.header,
    keyBlock: carried.keyBlock,
    signatureSm3: carried.signatureSm3,
    trailer: trailed,
    ...(signature === undefined ? {} : { signed: { trailer: carried.trailer, signature } }),
    keyId: header.signingCertificateSm3,
    signingCertificate: text(report.signer.der),
    encryptionCertificate: carried.encryptionCertificate,
    madeAt: report.report.madeAt,
    // It says nothing of the key that is here.
    rehearsal: null,
    receipt: null,
    report: carried.report,
    importedAt: instantOf(host.clock()),
  };
}

/** @throws OperationError NOTICE_OUTDATED where it is no older than the one that is here, and says something else */
async function refuseContradiction({ notices }: Host, notice: SignedNotice): Promise<void> {
  const newest = (await notices.newest(notice.said))?.sequence ?? 0;
  if (notice.said.sequence >= newest) await notices.refuseOutdated(notice);
}

/** An older notice than the one that is here says nothing new. @throws OperationError NOTICE_OUTDATED where it contradicts it */
async function keepNotice(host: Host, notice: SignedNotice | null): Promise<void> {
  if (notice === null) return;
  const newest = (await host.notices.newest(notice.said))?.sequence ?? 0;
  if (notice.said.sequence >= newest) await keepWithBids(host, notice);
}

/** Of the receipts there and here the first and the newest. */
async function keepReceipts({ bids }: Host, packageId: string, receipts: readonly SignedReceipt[]): Promise<void> {
  if (receipts.length === 0) return;
  const stamped = receipts.map(({ der, stampedAt }) => ({ at: instantOf(stampedAt.getTime()), der: text(der) }));
  await bids.takenOver(packageId, stamped);
}

export function importBid(host: Host): Handlers["importBid"] {
  return async ({ bid: carried }) => {
    const signed = readSigned(host, carried);
    const { packageId } = signed.header;
    await mustBeOwn(host, signed);
    const { notice, receipts } = readProved(host, signed, carried);
    const here = await host.bids.find(packageId);
    // The same bidder can have signed two under one id; the one that was here first stays.
    if (here !== null && !sameBytes(encodeTrailer(host, here), decodeBase64Url(carried.trailer))) throw wrongPackage();
    if (here !== null && here.bid.signatureSm3 !== carried.signatureSm3) throw wrongPackage();
    if (notice !== null) await refuseContradiction(host, notice);
    if (here === null) await host.bids.keep(recordOf(host, signed, carried));
    await keepNotice(host, notice);
    await keepReceipts(host, packageId, receipts);
    return { packageId, outcome: here === null ? "added" : "known" };
  };
}
