import { OperationError } from "@certbridge/protocol/errors";
import { isAwaited, type OpenBid } from "@certbridge/protocol/host";
import type { PopupView, Reached, SurfaceParams } from "@certbridge/protocol/surface";
import { mayReach, reachSite } from "../platform/reach.ts";
import { refusalOfKey } from "./policy.ts";
import type { Journey } from "./journey.ts";

type Host = Pick<Journey, "means" | "policies">;

/**
 * The bids that wait for their opening; none where the program is not ready, or is older than they are.
 *
 * @param asked whether the person has just asked for it: then the program asks CAs and a time-stamping authority, and otherwise nobody
 */
export async function listBids(
  { means: { host } }: Host,
  isReady: boolean,
  asked: SurfaceParams<"bids"> = {},
): Promise<OpenBid[]> {
  if (!isReady) return [];
  try {
    return (await host.call("bids", asked)).bids;
  } catch (error) {
    if (OperationError.is(error, "UNSUPPORTED_OPERATION")) return [];
    throw error;
  }
}

const SOON_MS = 72 * 3600_000;

function renewedOf({ results }: OpenBid): "bad" | "warning" | null {
  const outcome = results.find(({ rule }) => rule === "renewed-certificate")?.outcome;
  return outcome === "bad" || outcome === "warning" ? outcome : null;
}

/** The bid to look after: of a renewed certificate, or opened next within three days. The popup says more where this fails. */
export async function nextBid(
  journey: Host & Pick<Journey, "now">,
  isReady: boolean,
): Promise<NonNullable<PopupView["next"]> | null> {
  const bids = await listBids(journey, isReady).catch(() => []);
  const now = journey.now();
  const leftMs = ({ lot }: OpenBid) => Date.parse(lot.openingTime) - now;
  const waiting = bids.filter((bid) => isAwaited(bid) && leftMs(bid) > 0).toSorted((a, b) => leftMs(a) - leftMs(b));
  const [first] = [
    ...waiting.filter((bid) => renewedOf(bid) !== null),
    ...waiting.filter((bid) => leftMs(bid) <= SOON_MS),
  ];
  if (first === undefined) return null;
  const renewed = renewedOf(first);
  const { packageId, lot } = first;
  return { packageId, openingTime: lot.openingTime, ...(renewed === null ? {} : { renewed }) };
}

/** A little less than what the page waits for. */
const REACH_MS = 9000;

/** The person asked whether a platform's site answers. No other request of the extension itself leaves the computer. */
export async function reachPlatform(origin: string): Promise<Reached> {
  if (!mayReach(origin)) return { site: "unknown", at: null };
  try {
    const date = Date.parse((await reachSite(origin, AbortSignal.timeout(REACH_MS))) ?? "");
    return { site: "answers", at: Number.isNaN(date) ? null : new Date(date).toISOString() };
  } catch {
    return { site: "silent", at: null };
  }
}

/**
 * Tries a bid where no site asked for it: the person did, in our own page. The consent's id was drawn there, and the PIN is sealed for it.
 *
 * @throws OperationError BLOCKED_BY_POLICY, and the program's
 */
export async function rehearseOwn(
  { means: { host, tellSurfaces }, policies }: Host,
  params: SurfaceParams<"rehearseBid">,
): Promise<OpenBid> {
  const key = (await host.call("keys", {})).keys.find(({ keyId }) => keyId === params.keyId);
  const refusal = key === undefined ? null : refusalOfKey((await policies.current()).policy, key);
  if (refusal !== null) throw new OperationError("BLOCKED_BY_POLICY", { policy: refusal });
  const bid = await host.call("rehearseBid", params);
  tellSurfaces({ v: 1, kind: "surface-change", ended: null });
  return bid;
}

/** The evidence report of one bid, put together from the program's pieces. @throws OperationError of the program */
export async function readEvidence(
  { means: { host } }: Host,
  { packageId }: SurfaceParams<"bidEvidence">,
): Promise<{ readonly html: string }> {
  const first = await host.call("bidEvidence", { packageId, piece: 0 });
  let { html } = first;
  for (let piece = 1; piece < first.pieces; piece++)
    html += (await host.call("bidEvidence", { packageId, piece })).html;
  return { html };
}
