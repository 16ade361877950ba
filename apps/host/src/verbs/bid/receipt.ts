/** saveReceipt: that the platform took the bid in, kept beside it. docs/operations/save-receipt.md */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { readReceipt } from "@certbridge/trust";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";

/**
 * Of this very package, by the signature that this program made for it. A bid that another computer made is no error: the platform does not
 * learn which computer that was.
 *
 * @throws OperationError PLATFORM_UNPROVED, MALFORMED, INVALID_REQUEST: of another package
 */
export function saveReceipt(host: Host): Handlers["saveReceipt"] {
  return async ({ origin, packageId, receipt }) => {
    const der = decodeBase64Url(receipt);
    const { said, stampedAt } = readReceipt(host.gm, { registry: host.registry, origin }, der);
    if (said.packageId !== packageId) throw new OperationError("INVALID_REQUEST", { path: "packageId" });
    const kept = await host.bids.find(packageId);
    if (kept === null) return { kept: false };
    const { header, bid } = kept;
    const isItsLot =
      said.platformId === header.platformId && said.projectCode === header.projectCode && said.lot === header.lot;
    if (!isItsLot || said.signatureSm3 !== bid.signatureSm3) {
      throw new OperationError("INVALID_REQUEST", { path: "receipt" });
    }
    // The same one again says nothing new.
    if (bid.receipt?.der === receipt) return { kept: true };
    await host.bids.received(packageId, { at: instantOf(stampedAt.getTime()), der: receipt });
    await host.ledger.add(packageId, { step: "submit", failure: null, stampedAt, unasked: true });
    return { kept: true };
  };
}
