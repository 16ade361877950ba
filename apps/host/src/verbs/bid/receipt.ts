/** saveReceipt: that the platform took the bid in, and what it answered to a released key, kept beside the bid. docs/operations/save-receipt.md */
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { isOpeningReceipt, readOpeningReceipt, readReceipt } from "@certbridge/trust";
import { type KeptBid, wrongPackage } from "../../bids.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import type { Attempt } from "../../ledger.ts";
import { receiptsOf, refusalOf, withAnswer, withReceipt } from "../../receipts.ts";
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

/**
 * The line first: what is kept without one could be said to be none of that time. Once it is there, the same message adds none. A page that brings newer
 * receipts for ever takes the room of what nobody asked for; what stays for good is little, and always has room.
 *
 * @returns whether the line is there
 */
async function writeDown(
  { gm, ledger }: Host,
  packageId: string,
  attempt: Attempt & { readonly message: Uint8Array },
): Promise<boolean> {
  const message = encodeBase64Url(gm.sm3(attempt.message));
  const lines = (await ledger.read(packageId))?.lines ?? [];
  const isThere = lines.some((line) => line.step === attempt.step && line.message === message);
  if (isThere) return true;
  try {
    await ledger.add(packageId, attempt);
    return true;
  } catch (error) {
    if (!OperationError.is(error, "TOO_LARGE")) throw error;
    return false;
  }
}

/**
 * A bid that another computer made is no error, nor is a receipt of this package that does not fit what was made here: the platform does not learn which computer
 * that was. Nor is a message that says nothing new, or for which there is no place.
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
    const found = await host.bids.find(packageId);
    if (found === null || !isOf(found, said)) return { kept: false };
    const { bid } = found;
    const stamped = { at: instantOf(stampedAt.getTime()), der: receipt };
    const isOfPackage = opening === null;
    const isNew = (isOfPackage ? withReceipt(bid, stamped) : withAnswer(bid, stamped)) !== null;
    const isKnown = [...receiptsOf(bid), ...(bid.openings ?? [])].some((before) => before.der === receipt);
    if (!isNew && !isKnown) return { kept: false };
    const attempt: Pick<Attempt, "step" | "failure" | "unasked"> = isOfPackage
      ? { step: "submit", failure: null, unasked: bid.receipt !== null && bid.receipt.der !== receipt }
      : { step: "opened", failure: refusalOf(opening.said.refusal) };
    const hasLine = await writeDown(host, packageId, { ...attempt, stampedAt, message: der });
    if (!hasLine) return { kept: isKnown };
    if (isNew) await (isOfPackage ? host.bids.received(packageId, stamped) : host.bids.answered(packageId, stamped));
    return { kept: true };
  };
}
