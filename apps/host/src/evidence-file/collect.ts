/** Everything that this computer has about one bid, gathered for its report. */
import { hexOf, parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { BidEvidence } from "@certbridge/protocol/bid";
import type { Registry } from "@certbridge/trust";
import { pathAbove } from "../authorities.ts";
import type { KeptBid } from "../bids.ts";
import { instantOf } from "../clock.ts";
import type { Host } from "../host.ts";
import { listKeys } from "../key-store.ts";
import { newestOf } from "../verbs/bid/lot.ts";

/** The rows that the evidence is judged by: this platform's, that CA's, and the time-stamping authorities. */
function excerpt(
  { registry }: Pick<Host, "registry">,
  platformId: string | null,
  issuerKeySm3: string | null,
): Registry {
  const { platforms, authorities, timeStampKeysSm3 } = registry;
  return {
    platforms: platforms.filter(({ id }) => id === platformId),
    authorities: authorities.filter(({ issuerKeysSm3 }) => issuerKeysSm3.some((key) => key === issuerKeySm3)),
    ...(timeStampKeysSm3 === undefined ? {} : { timeStampKeysSm3 }),
  };
}

/** The certificates above the one that signed, as far as a key that is here still brings them; it may have been renewed since. */
async function chainOf({ gm, stores }: Host, kept: KeptBid | null) {
  if (kept === null) return { chain: [], issuerKeySm3: null };
  const known = (await listKeys(stores)).flatMap(({ chain }) => chain.map(parseCertificate));
  const above = pathAbove(gm, kept.signingCertificate, known);
  const [issuer] = above;
  const issuerKeySm3 = issuer === undefined ? null : hexOf(gm.sm3(issuer.publicKey));
  return { chain: above.map(({ der }) => encodeBase64Url(der)), issuerKeySm3 };
}

/** Null where nothing was ever written down of this bid. */
export async function collectEvidence(host: Host, packageId: string): Promise<BidEvidence | null> {
  const ledger = await host.ledger.bytes(packageId);
  if (ledger === null) return null;
  const kept = await host.bids.find(packageId);
  const { chain, issuerKeySm3 } = await chainOf(host, kept);
  const notice = kept === null ? null : await newestOf(host, kept);
  return {
    format: "shared-certificate-evidence:1",
    packageId,
    madeAt: instantOf(host.clock()),
    program: host.version,
    programKey: host.identity.publicKey,
    registry: excerpt(host, kept?.header.platformId ?? null, issuerKeySm3),
    ledger: encodeBase64Url(ledger),
    header: kept?.bid.header ?? null,
    signed: kept?.bid.signed ?? null,
    chain,
    report: kept?.bid.report ?? null,
    notice: notice === null ? null : encodeBase64Url(notice.der),
    receipt: kept?.bid.receipt?.der ?? null,
    ...(kept?.bid.laterReceipt === undefined ? {} : { laterReceipt: kept.bid.laterReceipt.der }),
    openings: (kept?.bid.openings ?? []).map(({ der }) => der),
  };
}
