import type { Certificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { wrongPackage } from "../../bids.ts";
import type { KeptBid } from "../../bids.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { isOfBid, withKeyBlock } from "../../key-block.ts";
import type { FoundClosedKey, OpenKey } from "../../key-store.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import { withPlannedKey } from "../consented-key.ts";
import type { KeyPlan } from "../consented-key.ts";
import { describeBid } from "./bids.ts";
import { askOutside } from "./check.ts";
import { recorded } from "./recorded.ts";
import type { Tried } from "./recorded.ts";

/**
 * The bid's own key block on the key, as on the day of its opening (演练). One private-key call; what comes out is whether it opened as that bid.
 * It is no oracle: what is opened was kept here when it was made, and nothing that a caller brings is.
 *
 * @throws OperationError INVALID_REQUEST where no such bid was made here, KEY_NOT_FOUND where this key does not open it, and those of a key
 */
export function rehearseBid(host: Host): Handlers["rehearseBid"] {
  async function opens(kept: KeptBid, certificate: Certificate, key: OpenKey): Promise<boolean> {
    const { envelope } = kept;
    const isIt = await withKeyBlock(host.gm, key, { envelope, certificate }, (opened) => isOfBid(opened, kept));
    return isIt === true;
  }

  function plan(kept: KeptBid, found: FoundClosedKey): KeyPlan<boolean> {
    const certificate = recipientOf(found, kept.envelope);
    if (certificate === null) throw new OperationError("KEY_NOT_FOUND");
    return { calls: 1, opensFor: certificate, use: (key) => opens(kept, certificate, key) };
  }

  return async ({ packageId, ...consented }) => {
    const kept = await host.bids.find(packageId);
    if (kept === null) throw wrongPackage();
    const tried: Tried = { packageId, step: "rehearse" };
    const opened = await recorded(host, tried, async () => {
      const isIt = await withPlannedKey(host, consented, async (_holder, found) => plan(kept, found), {
        mayBeExpired: true,
      });
      if (!isIt) tried.failed = new OperationError("BID_NOT_OPENED");
      return isIt;
    });
    const rehearsed = await host.bids.rehearsed(packageId, { at: instantOf(host.clock()), opened });
    return describeBid(host, rehearsed, await host.bids.all(), await listKeys(host.stores), askOutside(host));
  };
}
