/** Of which lot a notice, an order or a bid is, as people are shown it. */
import type { BidHeader, BidNotice } from "@certbridge/protocol/bid";
import type { OpenBid } from "@certbridge/protocol/host";
import type { Host } from "../../host.ts";

/** The platform's name and origins as the registry has them; its id and none where it is not there any more. */
export function describePlatform({ registry }: Pick<Host, "registry">, platformId: string) {
  const platform = registry.platforms.find(({ id }) => id === platformId);
  return { platformName: platform?.name ?? platformId, origins: [...(platform?.origins ?? [])] };
}

export function describeLot(
  host: Pick<Host, "registry">,
  said: Omit<BidNotice, "format" | "committee">,
): OpenBid["lot"] {
  const { platformId, projectCode, projectName, lot, openingTime, sequence } = said;
  return { platformId, ...describePlatform(host, platformId), projectCode, projectName, lot, openingTime, sequence };
}

/** A bid's lot, by the newest notice of it; by the header, as its first, where that notice was lost. */
export async function describeHeader(
  host: Pick<Host, "registry" | "notices">,
  header: BidHeader,
): Promise<OpenBid["lot"]> {
  return describeLot(host, (await host.notices.newest(header)) ?? { ...header, sequence: 1 });
}
