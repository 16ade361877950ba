/** Of the bids that the program names, the one that the popup speaks of. */
import "./stage.ts";
import type { OpenBid } from "@certbridge/protocol/host";
import { expect, test } from "vitest";
import { nextBid } from "../../../extension/background/own-bids.ts";
import { openBidOf } from "../../support/open-bid.ts";

const NOW = Date.parse("2026-11-23T01:30:00Z");
const HOUR = 3600_000;

const bid = (packageId: string, hours: number, change: Partial<OpenBid> = {}): OpenBid =>
  openBidOf(packageId, new Date(NOW + hours * HOUR).toISOString(), change);

type Journey = Parameters<typeof nextBid>[0];

async function nextOf(...bids: readonly OpenBid[]): Promise<string | null> {
  const means = { host: { call: () => Promise.resolve({ bids }) } };
  const next = await nextBid({ means, now: () => NOW } as unknown as Journey, true);
  return next?.packageId ?? null;
}

const renewed: OpenBid["results"] = [{ rule: "renewed-certificate", outcome: "bad" }];

test("the one that is opened next within three days; before it one of a renewed certificate", async () => {
  expect(await nextOf(bid("far", 73))).toBeNull();
  expect(await nextOf(bid("later", 60), bid("soon", 5), bid("over", -1))).toBe("soon");
  expect(await nextOf(bid("soon", 5), bid("renewed", 200, { results: renewed }))).toBe("renewed");
});

test("never one that a newer package took the place of", async () => {
  const old = bid("old", 5, { results: renewed, supersededBy: "fresh" });
  expect(await nextOf(old)).toBeNull();
  expect(await nextOf(old, bid("fresh", 5))).toBe("fresh");
});
