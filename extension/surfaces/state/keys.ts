/** Which keys can be used now, and why another one cannot. */
import type { HostKey } from "@certbridge/protocol/host";
import type { ShownKey } from "@certbridge/protocol/surface";

const DAY_MS = 24 * 3600_000;

/** Why a key cannot be chosen; null where it can. */
export type KeyObstacle = "blocked" | "unfit" | "expired" | "not-yet-valid" | "no-signing-use" | "locked";

export function obstacleOf(key: ShownKey): KeyObstacle | null {
  if (key.blockedBy !== undefined) return "blocked";
  if (key.opens === false) return "unfit";
  // What was encrypted for a certificate is opened by its key, also after the certificate's end.
  const isLate = key.opens === true && key.state === "expired";
  if (key.state !== "usable" && !isLate) return key.state;
  return key.pin.triesLeft === 0 && key.pin.retryAt === null ? "locked" : null;
}

export function fitting(keys: readonly ShownKey[]): readonly ShownKey[] {
  return keys.filter((key) => obstacleOf(key) === null);
}

/** Milliseconds until the next PIN may be tried; 0 where it may be tried at once. */
export function pinWaitMs(key: HostKey, now: number): number {
  if (key.pin.retryAt === null) return 0;
  const until = Date.parse(key.pin.retryAt);
  return Number.isNaN(until) ? 0 : Math.max(0, until - now);
}

/** How near the end of a certificate is: people are warned at 90, 30 and 7 days. */
export type Nearness = "far" | "soon" | "near" | "urgent" | "over";

/** Whole days until the end, and how urgent that is. */
export function expiryOf(notAfter: string, now: number): { days: number; nearness: Nearness } {
  const leftMs = Date.parse(notAfter) - now;
  const days = Math.floor(leftMs / DAY_MS);
  if (leftMs < 0) return { days: 0, nearness: "over" };
  if (days < 7) return { days, nearness: "urgent" };
  if (days < 30) return { days, nearness: "near" };
  return { days, nearness: days < 90 ? "soon" : "far" };
}
