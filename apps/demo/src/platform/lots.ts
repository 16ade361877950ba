/** Projects, their lots, and the signed notices of each: an opening that is postponed gets a newer one. Kept in memory. */
import type { BidNotice } from "@certbridge/protocol/bid";
import type { IssuedMessage, OpeningDesk } from "@certbridge/verify";
import { PlatformError } from "./refusals.ts";

/** A lot as the platform announces it. */
export interface LotPlan {
  /** In addresses: letters, digits and hyphens. */
  readonly id: string;
  readonly projectCode: string;
  readonly projectName: string;
  readonly lot: string;
  /** Milliseconds since 1970. */
  readonly openingAt: number;
  /** That bids are made in the legacy profile (旧格式), for a platform that the registry marks. */
  readonly profile?: "legacy";
}

export interface Lot extends Omit<LotPlan, "openingAt"> {
  /** Every notice so far, oldest first. */
  readonly notices: readonly IssuedMessage<BidNotice>[];
  readonly newest: IssuedMessage<BidNotice>;
  /** Of the newest notice, milliseconds since 1970. */
  readonly openingAt: number;
}

export interface Lots {
  all(): readonly Lot[];
  /** @throws PlatformError LOT_UNKNOWN */
  find(id: string): Lot;
  /** A new lot, or another opening time for one that is there. Whether that may be is the caller's to know. */
  announce(plan: LotPlan): Lot;
}

/** Whole seconds, as the formats write them. */
const instantOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

export function createLots(desk: Pick<OpeningDesk, "issueNotice">): Lots {
  const lots = new Map<string, Lot>();
  return {
    all: () => [...lots.values()],
    find(id) {
      const found = lots.get(id);
      if (found === undefined) throw new PlatformError("LOT_UNKNOWN");
      return found;
    },
    announce({ id, projectCode, projectName, lot, openingAt, profile }) {
      const before = lots.get(id)?.notices ?? [];
      const openingTime = instantOf(openingAt);
      const sequence = before.length + 1;
      const asked = profile === undefined ? {} : { profile };
      const newest = desk.issueNotice({ projectCode, projectName, lot, openingTime, sequence, ...asked });
      const notices = [...before, newest];
      const made = { id, projectCode, projectName, lot, notices, newest, openingAt: Date.parse(openingTime), ...asked };
      lots.set(id, made);
      return made;
    },
  };
}
