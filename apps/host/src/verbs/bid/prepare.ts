import type { Handlers } from "../../dispatch.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { findKey } from "../../key-store.ts";
import { checkNewBid, knownOutside } from "./check.ts";
import { describeLot } from "./lot.ts";
import { acceptNotice } from "./notice.ts";
import { countOpeners, describeRecipient, findRecipients } from "./recipients.ts";

/** Uses no key, and keeps nothing. docs/operations/encrypt.md */
export function prepareBid(host: Host): Handlers["prepareBid"] {
  return async ({ keyId, ...asked }) => {
    const notice = await acceptNotice(host, asked);
    const own = await findKey(host.stores, keyId);
    const holder = readHolder(host, own);
    const recipients = await findRecipients(host, holder, own, notice);
    const bid = { holder, own, notice, recipients: countOpeners(recipients) };
    const results = (await checkNewBid(host, bid, knownOutside(host)))(null);
    return {
      lot: describeLot(host, notice.said),
      recipients: recipients.map(describeRecipient),
      results: [...results],
    };
  };
}
