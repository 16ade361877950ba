/** saveReceipt: that the platform took the bid in, and what it answered to a released key, kept beside the bid. docs/operations/save-receipt.md */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { LedgerEntry } from "@certbridge/protocol/bid";
import { isOpeningReceipt, readOpeningReceipt, readReceipt } from "@certbridge/trust";
import { type KeptBid, wrongPackage } from "../../bids.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { isSameLot } from "./lot.ts";

/** What both receipts say of the package. */
interface Said {
  readonly platformId: string;
  readonly projectCode: string;
  readonly lot: string;
  readonly packageId: string;
  readonly signatureSm3: string;
}

/** Of this very package, by the signature that this program made for it. */
const isOf = ({ header, bid }: KeptBid, said: Said): boolean =>
  isSameLot(said, header) && said.signatureSm3 === bid.signatureSm3;

/** What the platform says of a key that it did not take, in its own word. */
function refusalOf(code: string | null): LedgerEntry["failure"] {
  return code === null ? null : { layer: "platform", code, rule: null };
}

/**
 * A bid that another computer made is no error, nor is a receipt of this package that does not fit what was made here: the platform does not learn which computer
 * that was. The same message again says nothing new.
 *
 * @throws OperationError PLATFORM_UNPROVED, MALFORMED, INVALID_REQUEST: it names another package than the page
 */
export function saveReceipt(host: Host): Handlers["saveReceipt"] {
  return async ({ origin, packageId, receipt }) => {
    const der = decodeBase64Url(receipt);
    const asker = { registry: host.registry, origin };
    const isOpening = isOpeningReceipt(der);
    const opening = isOpening ? readOpeningReceipt(host.gm, asker, der) : null;
    const { said, stampedAt } = opening ?? readReceipt(host.gm, asker, der);
    if (said.packageId !== packageId) throw wrongPackage();
    const kept = await host.bids.find(packageId);
    if (kept === null || !isOf(kept, said)) return { kept: false };
    const stamped = { at: instantOf(stampedAt.getTime()), der: receipt };
    const [known, step, failure] =
      opening === null
        ? ([[kept.bid.receipt], "submit", null] as const)
        : ([kept.bid.openings ?? [], "opened", refusalOf(opening.said.refusal)] as const);
    if (known.some((before) => before?.der === receipt)) return { kept: true };
    await (opening === null ? host.bids.received(packageId, stamped) : host.bids.answered(packageId, stamped));
    await host.ledger.add(packageId, { step, failure, stampedAt, message: der, unasked: true });
    return { kept: true };
  };
}
