import type { HostVerb } from "@certbridge/protocol/host";
import type { HostClient } from "./host-client.ts";
import type { Reminders } from "./reminders.ts";

/** After these the program has other bids, or other openings. */
const CHANGES: readonly HostVerb[] = ["confirmBid", "abandonBid", "importBid", "updateNotice"];

/** The companion program, overheard: whatever it says of its bids, and whoever asked, the reminders learn. */
export function watchBids(host: HostClient, reminders: Pick<Reminders, "note">): HostClient {
  const look = async () => reminders.note((await host.call("bids", {})).bids);
  const quietly = (doing: Promise<void>) => {
    doing.catch((error: unknown) => console.error("reminders", error));
  };
  return {
    ...host,
    async call(verb, params) {
      const result = await host.call(verb, params);
      if (verb === "bids") quietly(reminders.note((result as Awaited<ReturnType<typeof host.call<"bids">>>).bids));
      else if (CHANGES.includes(verb)) quietly(look());
      return result;
    },
  };
}
