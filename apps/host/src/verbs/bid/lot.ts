/** Of which lot a notice, an order or a bid is, as people are shown it. */
import { bidFormats, type BidNotice } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { canonicalJson } from "@certbridge/protocol/canonical";
import type { OpenBid } from "@certbridge/protocol/host";
import type { SignedNotice } from "@certbridge/trust";
import type { KeptBid } from "../../bids.ts";
import type { Host } from "../../host.ts";
import type { LotName } from "../../notices.ts";

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

const nameOf = ({ platformId, projectCode, lot }: LotName): string => canonicalJson([platformId, projectCode, lot]);

/** Whether both are of the same lot. */
export const isSameLot = (one: LotName, other: LotName): boolean => nameOf(one) === nameOf(other);

/** The newest notice of a lot: that of the table, or one that was kept with a bid for it, whichever bid that is. */
export async function newestOfLot(
  { notices, bids }: Pick<Host, "notices" | "bids">,
  lot: LotName,
): Promise<BidNotice | null> {
  const kept = (await bids.all()).filter(({ header }) => isSameLot(header, lot)).map(({ bid }) => bid.notice?.said);
  const seen = await notices.newest(lot);
  return kept.reduce<BidNotice | null>(
    (newest, said) => ((said?.sequence ?? 0) > (newest?.sequence ?? 0) ? (said ?? null) : newest),
    seen,
  );
}

/** A bid's lot, by the newest notice of it; by the header, as its first, where that notice was lost. */
export async function describeBidLot(host: Pick<Host, "registry" | "notices">, kept: KeptBid): Promise<OpenBid["lot"]> {
  const { header } = kept;
  const described = describeLot(host, (await newestOf(host, kept))?.said ?? { ...header, sequence: 1 });
  // What it was made as it stays, whatever a newer notice asks for.
  const { profile: _ofTheNotice, ...lot } = described;
  return { ...lot, ...ofProfile(header.format === bidFormats.legacy ? "legacy" : undefined) };
}
