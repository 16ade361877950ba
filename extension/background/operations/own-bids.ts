import type { OpenBid } from "@certbridge/protocol/host";
import type { WhichBid } from "@certbridge/protocol/surface";
import type { Means } from "./handler.ts";

/** The bids that this computer made for the platform of this origin, and whose opening is not over. */
export async function bidsOf(origin: string, { host }: Pick<Means, "host">): Promise<readonly OpenBid[]> {
  const { bids } = await host.call("bids", {});
  return bids.filter(({ lot }) => lot.origins.includes(origin));
}

const receivedAt = ({ receiptAt }: OpenBid): number => (receiptAt === null ? 0 : Date.parse(receiptAt));

/**
 * Which of these bids for one lot a key block is of. A bid that was withdrawn, and a draft that was never handed in, open as well as the one that counts: the
 * person sees which it is.
 */
export function whichOf(made: readonly OpenBid[], packageId: string | null): { which?: WhichBid } {
  if (made.length === 0) return {};
  const [newest] = made.toSorted(
    (a, b) => receivedAt(b) - receivedAt(a) || Date.parse(b.madeAt) - Date.parse(a.madeAt),
  );
  const found = made.find((bid) => bid.packageId === packageId);
  if (found === undefined) return { which: { bid: null, isNewest: false } };
  const { madeAt, receiptAt } = found;
  return { which: { bid: { packageId: found.packageId, madeAt, receiptAt }, isNewest: found === newest } };
}
