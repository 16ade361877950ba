/** saveReceipt: that the platform took the bid in, and what it answered to a released key, kept beside the bid. docs/operations/save-receipt.md */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { LedgerEntry } from "@certbridge/protocol/bid";
import { isOpeningReceipt, readOpeningReceipt, readReceipt } from "@certbridge/trust";
import { type KeptBid, wrongPackage } from "../../bids.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";

/** What both receipts say of the package. */
interface Said {
  readonly platformId: string;
  readonly projectCode: string;
  readonly lot: string;
  readonly packageId: string;
  readonly signatureSm3: string;
}

/** Of this very package, by the signature that this program made for it. @throws OperationError INVALID_REQUEST */
function mustBeOf({ header, bid }: KeptBid, said: Said): void {
  const isItsLot =
    said.platformId === header.platformId && said.projectCode === header.projectCode && said.lot === header.lot;
  if (!isItsLot || said.signatureSm3 !== bid.signatureSm3) {
    throw new OperationError("INVALID_REQUEST", { path: "receipt" });
  }
}

/** What the platform says of a key that it did not take, in its own word. */
function refusalOf(code: string | null): LedgerEntry["failure"] {
  return code === null ? null : { layer: "platform", code, rule: null };
}

/**
 * A bid that another computer made is no error: the platform does not learn which computer that was. The same message again says nothing new.
 *
 * @throws OperationError PLATFORM_UNPROVED, MALFORMED, INVALID_REQUEST: of another package
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
    if (kept === null) return { kept: false };
    mustBeOf(kept, said);
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
