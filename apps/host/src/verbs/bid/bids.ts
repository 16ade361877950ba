/** The bids that wait for their opening, and how each stands: what is known without a PIN. */
import { checkBid, readinessOf } from "@certbridge/bid";
import type { PreflightFacts } from "@certbridge/bid";
import { type Certificate, parseCertificate, parseSignedData, ProofError, sameBytes } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { isAwaited, type OpenBid } from "@certbridge/protocol/host";
import { pathAbove, readAuthority } from "../../authorities.ts";
import { isWhole, type KeptBid } from "../../bids.ts";
import type { Handlers } from "../../dispatch.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import type { FoundKey } from "../../key-store.ts";
import { receivedAt } from "../../receipts.ts";
import { askOutside, knownOutside, type Outside, outsideFacts } from "./check.ts";
import { describeBidLot, newestOf } from "./lot.ts";
import { countOpenersOf } from "./recipients.ts";
import { supersederOf } from "./superseded.ts";

/** An opening has a day; it is put off, interrupted and gone on with, and not everybody sends a notice of that. Milliseconds. */
const OPENING_OVER_MS = 2 * 24 * 3600_000;

/** Certificates begin a little before they are issued, for clocks that are behind. Milliseconds. */
const BACKDATED_MS = 10 * 60_000;

/**
 * Whether this key has the certificate that took the place of the bid's: of the same CA and holder, and issued after the bid was made. Another CA's, and a
 * second CA锁 that was there before, are other keys.
 */
function tookItsPlace({ bid, signingCertificate }: KeptBid, key: FoundKey): boolean {
  const { subject, issuer, notBefore } = parseCertificate(key.signingCertificate);
  return (
    sameBytes(subject.der, signingCertificate.subject.der) &&
    sameBytes(issuer.der, signingCertificate.issuer.der) &&
    notBefore > signingCertificate.notBefore &&
    notBefore.getTime() > Date.parse(bid.madeAt) - BACKDATED_MS
  );
}

/** The key that made it, where it is still the present one; else one that opens it all the same. */
function holdingKey(kept: KeptBid, keys: readonly FoundKey[]) {
  const { bid, envelope, encryptionCertificate } = kept;
  const opening = keys.filter((key) => recipientOf(key, envelope) !== null);
  const isIts = (der: Uint8Array | null): boolean => der !== null && sameBytes(der, encryptionCertificate.der);
  const own = opening.find((key) => isIts(key.encryptionCertificate));
  const renewed = opening.find(({ earlierEncryption }) => earlierEncryption.some(isIts));
  const key = own ?? renewed ?? opening[0] ?? null;
  const isReplaced = keys.some((each) => tookItsPlace(kept, each));
  const without: PreflightFacts["held"] = isReplaced ? "replaced" : "absent";
  const other: PreflightFacts["held"] = renewed === undefined ? "spare" : "renewed";
  const held: PreflightFacts["held"] = own !== undefined ? "current" : key === null ? without : other;
  return { key, held, keyId: key?.keyId ?? bid.keyId };
}

/** Who issued the certificate that made it: the report that was signed then brought the certificates above. Its signature counts, not the report's. */
function issuerOf({ gm }: Host, { bid, signingCertificate }: KeptBid): Certificate | undefined {
  try {
    const [issuer] = pathAbove(gm, signingCertificate, parseSignedData(decodeBase64Url(bid.report)).certificates);
    return issuer;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return undefined;
  }
}

/**
 * @param all     the bids that are kept, of which it is one
 * @param outside nobody, unless told
 */
export async function describeBid(
  host: Host,
  kept: KeptBid,
  all: readonly KeptBid[],
  keys: readonly FoundKey[],
  outside: Outside = knownOutside(host),
): Promise<OpenBid> {
  const { bid, envelope, signingCertificate, encryptionCertificate } = kept;
  const { key, held, keyId } = holdingKey(kept, keys);
  const holder = key === null ? null : readHolder(host, key);
  const [lot, newest] = await Promise.all([describeBidLot(host, kept), newestOf(host, kept)]);
  // The person is told which key to look for by its signing certificate, as everywhere.
  const named = holder?.certificate ?? signingCertificate;
  // What signs on the day is what is here then; what opens is what it was encrypted for.
  const opening = (key === null ? null : recipientOf(key, envelope)) ?? encryptionCertificate;
  const found = await outsideFacts(host, outside, {
    certificates: [named, opening],
    pool: holder?.above ?? [],
    bids: [bid],
  });
  const results = checkBid({
    ...found,
    isMade: true,
    deviceKey: null,
    now: host.clock(),
    openingAt: Date.parse(lot.openingTime),
    signingCertificate: named,
    encryptionCertificate: opening,
    chain: holder?.above ?? [],
    // It was tried when the bid was made: here, and on its own key. Of another one nothing is known until it is rehearsed.
    trial: bid.rehearsal?.opened ?? (bid.importedAt === undefined && held === "current" ? true : null),
    held,
    pin: key?.pin ?? null,
    // A backup key file is a spare as well.
    recipients:
      (bid.openers ?? countOpenersOf(host, kept, newest?.said ?? null)) + (bid.backupAt === undefined ? 0 : 1),
  });
  const superseder = supersederOf(host, kept, all, keys);
  return {
    packageId: bid.packageId,
    lot,
    keyId,
    authority: holder?.authority ?? readAuthority(host.gm, host.registry, named, issuerOf(host, kept)).name,
    serialTail: named.serialNumber.slice(-4),
    notAfter: named.notAfter.toISOString(),
    madeAt: bid.madeAt,
    rehearsedAt: bid.rehearsal?.at ?? null,
    receiptAt: receivedAt(bid),
    rungs: {
      recipients: envelope.recipients.length,
      backupAt: bid.backupAt ?? null,
      exportedAt: bid.exportedAt ?? null,
    },
    readiness: readinessOf(results),
    results,
    ...(superseder === null ? {} : { supersededBy: superseder.bid.packageId }),
  };
}

export function bids(host: Host): Handlers["bids"] {
  return async ({ ask = false }) => {
    const keys = await listKeys(host.stores);
    const outside = ask ? askOutside(host) : knownOutside(host);
    const all = (await host.bids.all()).filter(isWhole);
    const described = await Promise.all(all.map((kept) => describeBid(host, kept, all, keys, outside)));
    const isOver = ({ lot }: OpenBid) => Date.parse(lot.openingTime) + OPENING_OVER_MS < host.clock();
    return {
      bids: described
        .filter((bid) => !isOver(bid))
        .sort(
          (a, b) =>
            Number(isAwaited(b)) - Number(isAwaited(a)) ||
            Date.parse(a.lot.openingTime) - Date.parse(b.lot.openingTime),
        ),
    };
  };
}
