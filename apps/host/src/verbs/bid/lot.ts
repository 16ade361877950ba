/** Of which lot a notice, an order or a bid is, as people are shown it. */
import type { BidHeader, BidNotice } from "@certbridge/protocol/bid";
import type { OpenBid } from "@certbridge/protocol/host";
import type { Host } from "../../host.ts";

/** The platform's name as the registry has it; its id where it is not there any more. */
function platformName({ registry }: Pick<Host, "registry">, platformId: string): string {
  return registry.platforms.find(({ id }) => id === platformId)?.name ?? platformId;
}

export function describeLot(
  host: Pick<Host, "registry">,
  said: Omit<BidNotice, "format" | "committee">,
): OpenBid["lot"] {
  const { platformId, projectCode, projectName, lot, openingTime, sequence } = said;
  const name = platformName(host, platformId);
  return { platformId, platformName: name, projectCode, projectName, lot, openingTime, sequence };
}

/** A bid's lot, by the newest notice of it; by the header, as its first, where that notice was lost. */
export async function describeHeader(
  host: Pick<Host, "registry" | "notices">,
  header: BidHeader,
): Promise<OpenBid["lot"]> {
  return describeLot(host, (await host.notices.newest(header)) ?? { ...header, sequence: 1 });
}
