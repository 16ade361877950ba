/** The bids that wait for their opening, and how each stands: what is known without a PIN. */
import { checkBid, readinessOf } from "@certbridge/bid";
import type { PreflightFacts } from "@certbridge/bid";
import { sameBytes } from "@certbridge/pki";
import type { OpenBid } from "@certbridge/protocol/host";
import { readAuthority } from "../../authorities.ts";
import type { KeptBid } from "../../bids.ts";
import type { Handlers } from "../../dispatch.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import type { FoundKey } from "../../key-store.ts";
import { NOT_ASKED } from "./check.ts";
import { describeHeader } from "./lot.ts";

/** An opening has a day; it is put off, interrupted and gone on with, and not everybody sends a notice of that. Milliseconds. */
const OPENING_OVER_MS = 2 * 24 * 3600_000;

/** The key that made it, where it is still the present one; else one that opens it all the same. */
function holdingKey({ bid, envelope, encryptionCertificate }: KeptBid, keys: readonly FoundKey[]) {
  const opening = keys.filter((key) => recipientOf(key, envelope) !== null);
  const own = opening.find(
    (key) => key.encryptionCertificate !== null && sameBytes(key.encryptionCertificate, encryptionCertificate.der),
  );
  const key = own ?? opening[0] ?? null;
  const held: PreflightFacts["held"] = own !== undefined ? "current" : key === null ? "missing" : "renewed";
  return { key, held, keyId: key?.keyId ?? bid.keyId };
}

export async function describeBid(host: Host, kept: KeptBid, keys: readonly FoundKey[]): Promise<OpenBid> {
  const { bid, header, envelope, signingCertificate, encryptionCertificate } = kept;
  const { key, held, keyId } = holdingKey(kept, keys);
  const holder = key === null ? null : readHolder(host, key);
  const lot = await describeHeader(host, header);
  // The person is told which key to look for by its signing certificate, as everywhere.
  const named = holder?.certificate ?? signingCertificate;
  const results = checkBid({
    ...NOT_ASKED,
    now: host.clock(),
    openingAt: Date.parse(lot.openingTime),
    // What signs on the day is what is here then; what opens is what it was encrypted for.
    signingCertificate: named,
    encryptionCertificate: (key === null ? null : recipientOf(key, envelope)) ?? encryptionCertificate,
    chain: holder?.above ?? [],
    trial: bid.rehearsal?.opened ?? true,
    held,
    pin: key?.pin ?? null,
    recipients: bid.openers ?? envelope.recipients.length,
  });
  return {
    packageId: bid.packageId,
    lot,
    keyId,
    authority: holder?.authority ?? readAuthority(host.gm, host.registry, named, undefined).name,
    serialTail: named.serialNumber.slice(-4),
    notAfter: named.notAfter.toISOString(),
    madeAt: bid.madeAt,
    rehearsedAt: bid.rehearsal?.at ?? null,
    receiptAt: bid.receipt?.at ?? null,
    readiness: readinessOf(results),
    results,
  };
}

export function bids(host: Host): Handlers["bids"] {
  return async () => {
    const keys = await listKeys(host.stores);
    const described = await Promise.all((await host.bids.all()).map((kept) => describeBid(host, kept, keys)));
    const isOver = ({ lot }: OpenBid) => Date.parse(lot.openingTime) + OPENING_OVER_MS < host.clock();
    return {
      bids: described
        .filter((bid) => !isOver(bid))
        .sort((a, b) => Date.parse(a.lot.openingTime) - Date.parse(b.lot.openingTime)),
    };
  };
}
