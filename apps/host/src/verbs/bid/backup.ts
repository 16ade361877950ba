import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";

/** That a backup key file of a bid was saved: so that the person is told which rungs it has. */
export function noteBackup(host: Host): Handlers["noteBackup"] {
  return async ({ packageId }) => {
    if ((await host.bids.find(packageId)) === null) return {};
    await host.bids.secured(packageId, { backupAt: instantOf(host.clock()) });
    return {};
  };
}
