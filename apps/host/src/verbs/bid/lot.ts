/** Of which lot a notice, an order or a bid is, as people are shown it. */
import { bidFormats, type BidHeader, type BidNotice } from "@certbridge/protocol/bid";
import type { OpenBid } from "@certbridge/protocol/host";
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

/** A bid's lot, by the newest notice of it; by the header, as its first, where that notice was lost. */
export async function describeHeader(
  host: Pick<Host, "registry" | "notices">,
  header: BidHeader,
): Promise<OpenBid["lot"]> {
  const described = describeLot(host, (await host.notices.newest(header)) ?? { ...header, sequence: 1 });
  // What it was made as it stays, whatever a newer notice asks for.
  const { profile: _ofTheNotice, ...lot } = described;
  return { ...lot, ...ofProfile(header.format === bidFormats.legacy ? "legacy" : undefined) };
}
