import type { OpenBid } from "@certbridge/protocol/host";
import type { Means } from "./handler.ts";

/** The bids that this computer made for the platform of this origin, and whose opening is not over. */
export async function bidsOf(origin: string, { host }: Pick<Means, "host">): Promise<readonly OpenBid[]> {
  const { bids } = await host.call("bids", {});
  return bids.filter(({ lot }) => lot.origins.includes(origin));
}
