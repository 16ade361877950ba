/**
 * Signed lists that only go forward: of each kind the newest that was seen is kept, fetched anew when it is too old, and never
 * replaced by an earlier one, so that nobody brings back what a later list took away.
 */
import type { Clock } from "./nonces.ts";

export interface ListRules<L> {
  readonly clock: Clock;
  /** Age at which a list is fetched anew, however long it still lives. */
  readonly maxAgeMs: number;
  readonly isInForce: (list: L) => boolean;
  /** Whether a list may take the place of the one before. */
  readonly mayFollow: (list: L, before: L) => boolean;
}

/**
 * Gives the newest list under a key, in force or no longer; null where none was ever seen.
 *
 * @param fetchList gives the list as it is served now, verified; null or a rejection where there is none that holds
 */
export type NewestList<L> = (key: string, fetchList: () => Promise<L | null>) => Promise<L | null>;

export function createNewestList<L>({ clock, maxAgeMs, isInForce, mayFollow }: ListRules<L>): NewestList<L> {
  const kept = new Map<string, { readonly list: L; readonly fetchedAt: number }>();

  return async (key, fetchList) => {
    const before = kept.get(key);
    if (before !== undefined && clock() - before.fetchedAt < maxAgeMs && isInForce(before.list)) return before.list;
    // Unreachable, broken, forged: each leaves us with what we have, and the caller says so.
    const fetched = await fetchList().catch(() => null);
    // Another call may have brought one meanwhile.
    const newest = kept.get(key)?.list ?? null;
    if (fetched === null || !isInForce(fetched) || (newest !== null && !mayFollow(fetched, newest))) return newest;
    kept.set(key, { list: fetched, fetchedAt: clock() });
    return fetched;
  };
}
