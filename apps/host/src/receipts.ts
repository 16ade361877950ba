/**
 * Which of a platform's receipts stay beside a bid (留存的回执). A page brings them without anybody's being asked, for as long as the bid is kept: what the
 * platform said first it cannot take back by saying something else later. docs/operations/save-receipt.md
 */
import { parseSignedData } from "@certbridge/pki";
import { type LedgerEntry, type OpeningReceipt, openingReceipt } from "@certbridge/protocol/bid";
import { base64Url, decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { instant } from "@certbridge/protocol/instant";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";

/** A platform's message, DER, and the time of its stamp, as a bid's record has them. */
export const stampedMessage = v.strictObject({ at: instant, der: base64Url(1, limits.noticeLen) });

export type StampedMessage = v.InferOutput<typeof stampedMessage>;

interface Receipts {
  readonly receipt: StampedMessage | null;
  readonly laterReceipt?: StampedMessage;
}

interface Answers {
  readonly openings?: readonly StampedMessage[];
}

const stampOf = ({ at }: StampedMessage): number => Date.parse(at);

/** Both that are kept, the first one first. */
export const receiptsOf = ({ receipt, laterReceipt }: Receipts): readonly StampedMessage[] =>
  [receipt, laterReceipt].filter((kept) => kept !== null && kept !== undefined);

/** The newest of them, which is what "received" means wherever bids of a lot are compared; null where there is none. Instant. */
export function receivedAt(bid: Receipts): string | null {
  const [newest = null] = receiptsOf(bid).toSorted((a, b) => stampOf(b) - stampOf(a));
  return newest?.at ?? null;
}

/** The first one that came, and the newest by its stamp: what of the record is another with this one. Null where it does not stay, or is there already. */
export function withReceipt(bid: Receipts, receipt: StampedMessage): Partial<Receipts> | null {
  if (bid.receipt === null) return { receipt };
  const isNewest = receiptsOf(bid).every((kept) => stampOf(kept) < stampOf(receipt));
  return isNewest ? { laterReceipt: receipt } : null;
}

/** What two computers of the bidder have: the first and the newest by their stamps. */
export function mergeReceipts(bid: Receipts, others: readonly StampedMessage[]): Receipts {
  const [first, ...later] = [...receiptsOf(bid), ...others].toSorted((a, b) => stampOf(a) - stampOf(b));
  const newest = later.findLast(({ der }) => der !== first?.der);
  return { receipt: first ?? null, ...(newest === undefined ? {} : { laterReceipt: newest }) };
}

/** Answers of each kind that are kept: refusals, however many they are, leave room for the one that takes a key. */
const ANSWERS_OF_A_KIND = limits.openingReceipts / 2;

/** It was verified before it was kept. */
function read({ der }: StampedMessage): OpeningReceipt {
  const { content } = parseSignedData(decodeBase64Url(der));
  return parseCanonical(openingReceipt, content ?? new Uint8Array(0), limits.noticeLen, "receipt");
}

/** What the platform says of a key that it did not take, in its own word, as the ledger has it. @param code null where it took it */
export function refusalOf(code: string | null): LedgerEntry["failure"] {
  return code === null ? null : { layer: "platform", code, rule: null };
}

/** The first answer to each released key, and the first that takes it: the answers with this one. Null where it does not stay, or is there already. */
export function withAnswer(
  { openings = [] }: Answers,
  answer: StampedMessage,
): { readonly openings: StampedMessage[] } | null {
  const { releasedKeySm3, refusal } = read(answer);
  const isTaken = refusal === null;
  const said = openings.map(read);
  const before = said.filter((one) => one.releasedKeySm3 === releasedKeySm3 && (!isTaken || one.refusal === null));
  const ofItsKind = said.filter((one) => (one.refusal === null) === isTaken);
  if (before.length > 0 || ofItsKind.length >= ANSWERS_OF_A_KIND) return null;
  return { openings: [...openings, answer] };
}
