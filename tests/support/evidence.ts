/** A bid's whole life at one computer, with everything that is said of it on the way: for tests of its evidence. */
import type { BidEvidence, BidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { collectEvidence } from "../../apps/host/src/evidence-file/collect.ts";
import { gm } from "./authority.ts";
import { type Desk, outcomeOf, text } from "./bid-desk.ts";
import type { MadeBid } from "./bidding.ts";

/** What was made on the way; base64url where it is text. */
export interface Life {
  readonly made: MadeBid;
  readonly packageId: string;
  readonly signatureSm3: string;
  readonly encryptHead: string;
  readonly submitHead: string;
  readonly releasedKey: string;
}

/** Encrypted, handed in, the PIN mistyped on the day, opened: six lines and three countersignatures. */
export async function liveThrough(desk: Desk, change: Partial<BidHeader> = {}): Promise<Life> {
  const { bidding, handlers, time } = desk;
  const { origin } = bidding;
  const { projectName } = change;
  const notice = text(bidding.notice(projectName === undefined ? {} : { projectName }));
  const blank = desk.make(change);
  const { packageId } = blank.header;
  const { consentId, ledgerHead: encryptHead = "" } = await desk.begin(blank, { notice });
  const made = await desk.withHead(blank);
  const { signature, ledgerHead: submitHead = "" } = await desk.finish(consentId, made);
  await desk.confirm(consentId, made);
  const signatureSm3 = encodeBase64Url(gm.sm3(decodeBase64Url(signature)));
  const of = { packageId, signatureSm3 };
  const receipt = text(bidding.receipt(of, { change: { encryptHead, submitHead } }));
  await handlers.saveReceipt({ origin, packageId, receipt });
  time.now = bidding.openingAt + 60_000;
  const mistyped = { ...desk.consented(desk.keyId, "000000") };
  const outcome = await outcomeOf(desk.release(made, mistyped));
  if (outcome !== "PIN_INCORRECT") throw new Error(`a wrong PIN expected, not ${outcome}`);
  const { releasedKey } = await desk.release(made);
  const answer = text(bidding.openingReceipt(of, decodeBase64Url(releasedKey)));
  await handlers.saveReceipt({ origin, packageId, receipt: answer });
  return { made, packageId, signatureSm3, encryptHead, submitHead, releasedKey };
}

/** What the computer has of it. */
export async function evidenceOf(desk: Desk, packageId: string): Promise<BidEvidence> {
  const evidence = await collectEvidence(desk.host, packageId);
  if (evidence === null) throw new Error("a record expected");
  return evidence;
}
