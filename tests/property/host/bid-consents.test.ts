/**
 * Invariant 3 for a bid's verbs: whatever comes, in whatever order, every private-key call belongs to one consent that was taken once and listed
 * its calls beforehand; none comes after, and no key stays open. property/background/consents.test.ts is the same for the verbs that sign.
 */
import { limits } from "@certbridge/protocol/limits";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { MadeBid } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

type Verb = "begin" | "finish" | "abandon" | "rehearse" | "release";

/** What each verb may call on a consent of its own. */
const LISTED = {
  begin: ["open"],
  finish: ["sign", "sign"],
  abandon: [],
  rehearse: ["open"],
  release: ["open", "sign"],
};

interface Step {
  readonly verb: Verb;
  /** A new consent, or one that was given before, counted back. */
  readonly consent: number;
  readonly pin: "right" | "wrong";
  /** Of the order: what the rules refuse. */
  readonly order: "right" | "early" | "another lot";
  readonly before: "nothing" | "the run ends";
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom<Verb>("begin", "begin", "finish", "finish", "abandon", "rehearse", "release", "release"),
  consent: fc.constantFrom(0, 0, 0, 0, 1, 2),
  pin: fc.constantFrom("right", "right", "right", "right", "wrong"),
  order: fc.constantFrom("right", "right", "right", "early", "another lot"),
  before: fc.constantFrom("nothing", "nothing", "nothing", "nothing", "the run ends"),
});

const desk: Desk = await openDesk(folder.path);
const { bidding, store } = desk;
const kept = await desk.handIn();

const orders = {
  right: () => bidding.order({ change: { openingTime: at(0), notAfter: at(1800_000) }, stampedAt: bidding.openingAt }),
  early: () => bidding.order({ stampedAt: bidding.openingAt - 1 }),
  "another lot": () => bidding.order({ change: { lot: "2标段" } }),
};
const at = (ms: number) => new Date(bidding.openingAt + ms).toISOString();

test(
  "calls are those of one consent each, never one more, and no key stays open",
  async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
        desk.time.now = bidding.openingAt + 60_000;
        /** Consents whose bid was begun, and is neither signed nor given up. */
        const inTheMaking = new Set<string>();
        /** Consents that the person gave, with the bid that was begun by each. */
        const given: { readonly consent: ReturnType<Desk["consented"]>; readonly bid: MadeBid; used: boolean }[] = [];
        for (const { verb, consent: back, pin, order, before } of steps) {
          if (before === "the run ends") {
            await desk.run.begun.end();
            inTheMaking.clear();
          }
          const fresh = {
            consent: desk.consented(undefined, pin === "right" ? undefined : "000000"),
            bid: desk.make(),
            used: false,
          };
          const isNew = back === 0 && verb !== "finish" && verb !== "abandon";
          const chosen = isNew ? fresh : (given.at(-Math.max(1, back)) ?? fresh);
          if (isNew) given.push(fresh);
          const { consent, bid } = chosen;
          const { consentId } = consent;
          const from = store.calls.length;
          const outcome = await outcomeOf(
            {
              begin: () => desk.begin(bid, consent),
              finish: () => desk.finish(consentId, bid),
              abandon: () => desk.handlers.abandonBid({ consentId, code: "CANCELLED" }),
              rehearse: () => desk.handlers.rehearseBid({ ...consent, packageId: kept.header.packageId }),
              release: () => desk.release(kept, { ...consent, order: text(orders[order]()) }),
            }[verb](),
          );
          const calls = store.calls.slice(from);
          made += calls.length;
          if (outcome === "done") expect(calls).toEqual(LISTED[verb]);
          else expect(calls, `${verb}: ${outcome}`).toEqual([]);
          const opensKey = verb === "begin" || verb === "rehearse" || verb === "release";
          // Taken once: whatever comes by it afterwards is refused.
          if (opensKey && chosen.used) expect(outcome).not.toBe("done");
          if (opensKey && outcome === "done") {
            expect(pin === "right" || !isNew).toBe(true);
            if (verb === "release") expect(order).toBe("right");
            chosen.used = true;
          }
          if (verb === "begin" && outcome === "done") inTheMaking.add(consentId);
          if (verb === "finish" || verb === "abandon") inTheMaking.delete(consentId);
          // Those have a key open, one each, and nothing else has.
          expect(store.open()).toBe(inTheMaking.size);
          expect(store.open()).toBeLessThanOrEqual(limits.bidsBegun);
          if (store.open() > 0) expect(desk.run.begun.isOpen()).toBe(true);
        }
        await desk.run.begun.end();
        expect(store.open()).toBe(0);
      }),
      cases(60, 10_000),
    );
    expect(made).toBeGreaterThan(40);
  },
  timeoutMs,
);
