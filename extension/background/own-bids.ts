import { OperationError } from "@certbridge/protocol/errors";
import type { OpenBid } from "@certbridge/protocol/host";
import type { PopupView, Reached, SurfaceParams } from "@certbridge/protocol/surface";
import { mayReach, reachSite } from "../platform/reach.ts";
import { refusalOfKey } from "./policy.ts";
import type { Journey } from "./journey.ts";

type Host = Pick<Journey, "means" | "policies">;

/** The bids that wait for their opening; none where the program is not ready, or is older than they are. */
export async function listBids({ means: { host } }: Host, isReady: boolean): Promise<OpenBid[]> {
  if (!isReady) return [];
  try {
    return (await host.call("bids", {})).bids;
  } catch (error) {
    if (OperationError.is(error, "UNSUPPORTED_OPERATION")) return [];
    throw error;
  }
}

const SOON_MS = 72 * 3600_000;

/** The bid that is opened next, where that is within three days. The popup says more where this fails. */
export async function nextBid(
  journey: Host & Pick<Journey, "now">,
  isReady: boolean,
): Promise<NonNullable<PopupView["next"]> | null> {
  const bids = await listBids(journey, isReady).catch(() => []);
  const now = journey.now();
  const soon = bids.filter(({ lot }) => {
    const leftMs = Date.parse(lot.openingTime) - now;
    return leftMs > 0 && leftMs <= SOON_MS;
  });
  const [first] = soon.toSorted((a, b) => Date.parse(a.lot.openingTime) - Date.parse(b.lot.openingTime));
  return first === undefined ? null : { packageId: first.packageId, openingTime: first.lot.openingTime };
}

/** A little less than what the page waits for. */
const REACH_MS = 9000;

/** The person asked whether a platform's site answers. No other request of the extension leaves the computer by itself. */
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
