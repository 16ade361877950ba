/** Of which lot a notice, an order or a bid is, as people are shown it. */
import { bidFormats, type BidNotice } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { OpenBid } from "@certbridge/protocol/host";
import type { SignedNotice } from "@certbridge/trust";
import type { KeptBid } from "../../bids.ts";
import type { Host } from "../../host.ts";

/** The platform's name and origins as the registry has them; its id and none where it is not there any more. */
export function describePlatform({ registry }: Pick<Host, "registry">, platformId: string) {
  const platform = registry.platforms.find(({ id }) => id === platformId);
  return { platformName: platform?.name ?? platformId, origins: [...(platform?.origins ?? [])] };
}

/** Said of the legacy profile alone. */
const ofProfile = (profile: BidNotice["profile"]) => (profile === undefined ? {} : { profile });

export function describeLot(
  host: Pick<Host, "registry">,
  said: Omit<BidNotice, "format" | "committee">,
): OpenBid["lot"] {
  const { platformId, projectCode, projectName, lot, openingTime, sequence, profile } = said;
  const known = describePlatform(host, platformId);
  return { platformId, ...known, projectCode, projectName, lot, openingTime, sequence, ...ofProfile(profile) };
}

/** The newest notice of a bid's lot: that of the table, or the one that was kept with the bid. */
export async function newestOf(
  { notices }: Pick<Host, "notices">,
  { bid, header }: KeptBid,
): Promise<Pick<SignedNotice, "said" | "der"> | null> {
  const seen = await notices.signed(header);
  const own = bid.notice === undefined ? null : { said: bid.notice.said, der: decodeBase64Url(bid.notice.der) };
  return (own?.said.sequence ?? 0) > (seen?.said.sequence ?? 0) ? own : seen;
}

/** A bid's lot, by the newest notice of it; by the header, as its first, where that notice was lost. */
export async function describeBidLot(host: Pick<Host, "registry" | "notices">, kept: KeptBid): Promise<OpenBid["lot"]> {
  const { header } = kept;
  const described = describeLot(host, (await newestOf(host, kept))?.said ?? { ...header, sequence: 1 });
  // What it was made as it stays, whatever a newer notice asks for.
  const { profile: _ofTheNotice, ...lot } = described;
  return { ...lot, ...ofProfile(header.format === bidFormats.legacy ? "legacy" : undefined) };
}
