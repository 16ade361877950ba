import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { readNotice as readSignedNotice } from "@certbridge/trust";
import type { SignedNotice } from "@certbridge/trust";
import { isWhole, type KeptBid } from "../../bids.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { describeLot, isSameLot } from "./lot.ts";

/**
 * A notice of the platform of this page, none newer of which was seen.
 *
 * @throws OperationError PLATFORM_UNPROVED, MALFORMED, NOTICE_OUTDATED
 */
export async function acceptNotice(
  host: Host,
  { origin, notice }: { readonly origin: string; readonly notice: string },
): Promise<SignedNotice> {
  const read = readSignedNotice(host.gm, { registry: host.registry, origin }, decodeBase64Url(notice));
  await host.notices.refuseOutdated(read);
  return read;
}

/** Keeps nothing. */
export function readNotice(host: Host): Handlers["readNotice"] {
  return async (params) => describeLot(host, (await acceptNotice(host, params)).said);
}

/** Keeps it as the newest of its lot, and with each bid for it. Those bids. @throws OperationError NOTICE_OUTDATED, STORE_BUSY */
export async function keepWithBids(host: Host, read: SignedNotice): Promise<readonly KeptBid[]> {
  await host.notices.keep(read);
  const bids = (await host.bids.all()).filter(({ header }) => isSameLot(header, read.said));
  for (const { bid } of bids) {
    if ((bid.notice?.said.sequence ?? 0) < read.said.sequence) await host.bids.noticed(bid.packageId, read);
  }
  return bids;
}

/** Bids and orders are held against it from now on. */
export function updateNotice(host: Host): Handlers["updateNotice"] {
  return async (params) => {
    const read = await acceptNotice(host, params);
    const moved = await keepWithBids(host, read);
    return {
      lot: describeLot(host, read.said),
      packageIds: moved.filter(isWhole).map(({ header }) => header.packageId),
    };
  };
}
