/** The platform's receipt, kept beside the bid that it is for, and no other. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBase64Url, decodeBase64Url } from "@certbridge/protocol/bytes";
import { BID_RECEIPT, ORDER } from "@certbridge/protocol/content-types";
import type { LedgerEntry } from "@certbridge/protocol/bid";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { packageName } from "../../../apps/host/src/bids.ts";
import { DAY, gm, party } from "../../support/authority.ts";
import { type MadeBid, openStamper, type OrderOptions } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

/** What does not fit is no error: it is answered as what is another computer's. */
const NOT_ITS = "done";

let desk: Desk;
let made: MadeBid;
let signatureSm3: string;

beforeEach(async () => {
  desk = await openDesk(folder.path);
  made = desk.make();
  const { consentId } = await desk.begin(made);
  const { signature } = await desk.finish(consentId, made);
  await desk.confirm(consentId, made);
  signatureSm3 = encodeBase64Url(gm.sm3(decodeBase64Url(signature)));
});

function save(options: OrderOptions = {}, change: Partial<{ origin: string; packageId: string }> = {}) {
  const { packageId } = made.header;
  const receipt = text(desk.bidding.receipt({ packageId, signatureSm3 }, options));
  return desk.handlers.saveReceipt({ origin: desk.bidding.origin, packageId, receipt, ...change });
}

const bid = async () => (await desk.host.bids.find(made.header.packageId))?.bid;
const kept = async () => (await bid())?.receipt ?? null;
const linesOf = async (step: LedgerEntry["step"]) =>
  ((await desk.host.ledger.read(made.header.packageId))?.lines ?? []).filter((line) => line.step === step);
const receivedAt = () => desk.bidding.openingAt - DAY;

describe("saveReceipt", () => {
  test("keeps it with its time stamp, and the ledger has a line", async () => {
    expect(await save()).toEqual({ kept: true });
    expect(await kept()).toMatchObject({ at: new Date(receivedAt() + 60_000).toISOString() });
    const { bids } = await desk.handlers.bids({});
    expect(bids[0]?.receiptAt).toBe(new Date(receivedAt() + 60_000).toISOString());
    const ledger = await desk.host.ledger.read(made.header.packageId);
    expect(ledger).toMatchObject({ brokenAt: null });
    expect(ledger?.lines.at(-1)).toMatchObject({
      step: "submit",
      failure: null,
      stampedAt: new Date(receivedAt() + 60_000).toISOString(),
    });
  });

  test("the same one again says nothing new; a newer one is kept beside the first, in the place of those between", async () => {
    const { packageId } = made.header;
    const first = text(desk.bidding.receipt({ packageId, signatureSm3 }));
    const again = { origin: desk.bidding.origin, packageId, receipt: first };
    for (let times = 0; times < 3; times++) expect(await desk.handlers.saveReceipt(again)).toEqual({ kept: true });
    expect(await linesOf("submit")).toHaveLength(1);
    for (const later of [120_000, 180_000]) await save({ stampedAt: receivedAt() + later });
    const { receipt, laterReceipt } = (await bid()) ?? {};
    const newest = new Date(receivedAt() + 180_000).toISOString();
    expect([receipt?.der, laterReceipt?.at]).toEqual([first, newest]);
    expect((await desk.handlers.bids({})).bids[0]?.receiptAt).toBe(newest);
    expect(await linesOf("submit")).toHaveLength(3);
    // One from between them is neither.
    expect(await save({ stampedAt: receivedAt() + 120_000 })).toEqual({ kept: false });
    expect(await linesOf("submit")).toHaveLength(3);
  });

  test("a page that asks for ever takes no room from the first receipt's line, and is not told that there is none for a later one", async () => {
    const { packageId } = made.header;
    const failure = { layer: "platform", code: "ORDER_REFUSED", rule: "lot" } as const;
    const line = { step: "release", failure, unasked: true } as const;
    const name = join("ledger", `${packageName(packageId)}.jsonl`);
    const files = readdirSync(folder.path, { recursive: true, encoding: "utf8" });
    const path = join(folder.path, files.find((file) => file.endsWith(name)) ?? "");
    const first = readFileSync(path, "utf8").split("\n")[0] ?? "";
    // Broken lines are lines, too.
    writeFileSync(path, `${first}\n`.repeat(Math.ceil(limits.ledgerLen / 2 / (first.length + 1)) - 1));
    expect(await outcomeOf(desk.host.ledger.add(packageId, line))).toMatch(/^TOO_LARGE/);
    expect(await save()).toEqual({ kept: true });
    expect(await linesOf("submit")).toHaveLength(1);
    // As where another computer made the bid: a page that filled it knows nothing by that.
    expect(await save({ stampedAt: receivedAt() + 120_000 })).toEqual({ kept: false });
    expect(await linesOf("submit")).toHaveLength(1);
    expect(await bid()).not.toHaveProperty("laterReceipt");
  });

  test("what was kept before its line could be written gets that line when it comes again", async () => {
    const { packageId } = made.header;
    const receipt = text(desk.bidding.receipt({ packageId, signatureSm3 }));
    await desk.host.bids.received(packageId, { at: new Date(receivedAt() + 60_000).toISOString(), der: receipt });
    expect(await linesOf("submit")).toEqual([]);
    const again = { origin: desk.bidding.origin, packageId, receipt };
    for (let times = 0; times < 2; times++) expect(await desk.handlers.saveReceipt(again)).toEqual({ kept: true });
    expect(await linesOf("submit")).toHaveLength(1);
  });

  test("of a bid that another computer made nothing is kept, and nobody is told", async () => {
    const packageId = encodeBase64Url(new Uint8Array(16));
    expect(await save({ change: { packageId } }, { packageId })).toEqual({ kept: false });
    expect(await desk.host.ledger.read(packageId)).toBeNull();
    // A page that has one made that fits no bid learns by it whose computer this is as little.
    for (const change of [{ signatureSm3: encodeBase64Url(new Uint8Array(32)) }, { lot: "2标段" }]) {
      expect(await save({ change })).toEqual({ kept: false });
    }
    expect(await kept()).toBeNull();
  });

  describe("of the platform's answer to a released key", () => {
    async function opened(options: OrderOptions = {}) {
      desk.time.now = desk.bidding.openingAt + 120_000;
      const { releasedKey } = await desk.release(made);
      const { packageId } = made.header;
      const receipt = text(
        desk.bidding.openingReceipt({ packageId, signatureSm3 }, decodeBase64Url(releasedKey), options),
      );
      const saved = await outcomeOf(desk.handlers.saveReceipt({ origin: desk.bidding.origin, packageId, receipt }));
      const ledger = await desk.host.ledger.read(packageId);
      return {
        saved,
        receipt,
        releasedKey,
        lines: ledger?.lines ?? [],
        bid: (await desk.host.bids.find(packageId))?.bid,
      };
    }

    test("keeps it, and the ledger binds key and answer", async () => {
      await save();
      const { saved, receipt, releasedKey, lines, bid } = await opened();
      expect(saved).toBe("done");
      const at = new Date(desk.bidding.openingAt + 121_000).toISOString();
      expect(bid?.openings).toEqual([{ at, der: receipt }]);
      expect(bid?.receipt).not.toBeNull();
      const sm3Of = (message: string) => encodeBase64Url(gm.sm3(decodeBase64Url(message)));
      expect(lines.slice(-2)).toMatchObject([
        { step: "release", failure: null, message: sm3Of(releasedKey) },
        { step: "opened", failure: null, message: sm3Of(receipt), stampedAt: at },
      ]);
    });

    test("a refusal is the platform's word, in the platform's own code", async () => {
      const { lines } = await opened({ change: { refusal: "RELEASED_KEY_LATE" } });
      const failure = { layer: "platform", code: "RELEASED_KEY_LATE", rule: null };
      expect(lines.at(-1)).toMatchObject({ step: "opened", failure });
    });

    test("the same one again says nothing new; nor does another one about the same key, unless it takes it", async () => {
      const { receipt, releasedKey } = await opened({ change: { refusal: "RELEASED_KEY_WRONG" } });
      const { packageId } = made.header;
      const answer = (options: OrderOptions) => {
        const of = { packageId, signatureSm3 };
        const der = desk.bidding.openingReceipt(of, decodeBase64Url(releasedKey), options);
        return desk.handlers.saveReceipt({ origin: desk.bidding.origin, packageId, receipt: text(der) });
      };
      const again = { origin: desk.bidding.origin, packageId, receipt };
      expect(await desk.handlers.saveReceipt(again)).toEqual({ kept: true });
      const later = { stampedAt: desk.bidding.openingAt + 180_000 };
      expect(await answer({ ...later, change: { refusal: "RELEASED_KEY_LATE" } })).toEqual({ kept: false });
      expect(await answer(later)).toEqual({ kept: true });
      expect(await answer({ stampedAt: later.stampedAt + 1000 })).toEqual({ kept: false });
      expect(await linesOf("opened")).toMatchObject([{ failure: { code: "RELEASED_KEY_WRONG" } }, { failure: null }]);
    });

    test("four refusals are kept, never a later one in their place, and one that takes the key has its own room", async () => {
      const { receipt } = await opened({ change: { refusal: "RELEASED_KEY_WRONG" } });
      for (let more = 0; more < 4; more++) await opened({ change: { refusal: "RELEASED_KEY_LATE" } });
      expect((await bid())?.openings).toHaveLength(4);
      const taken = await opened();
      for (let more = 0; more < 2; more++) await opened({ change: { refusal: "RELEASED_KEY_LATE" } });
      const openings = ((await bid())?.openings ?? []).map(({ der }) => der);
      expect(openings).toHaveLength(5);
      expect(openings).toEqual(expect.arrayContaining([receipt, taken.receipt]));
      expect(await linesOf("opened")).toHaveLength(5);
    });

    test.each<[string, OrderOptions, string]>([
      ["for another signature", { change: { signatureSm3: encodeBase64Url(new Uint8Array(32)) } }, NOT_ITS],
      ["for another lot", { change: { lot: "2标段" } }, NOT_ITS],
      [
        "for another package",
        { change: { packageId: encodeBase64Url(new Uint8Array(16)) } },
        "INVALID_REQUEST packageId",
      ],
      ["without a time stamp", { stampedAt: null }, "PLATFORM_UNPROVED"],
      ["that says too much", { change: { more: 1 } }, "MALFORMED"],
      ["whose refusal is no code", { change: { refusal: "<b>" } }, "MALFORMED"],
      ["signed as a receipt", { contentType: BID_RECEIPT }, "MALFORMED"],
      ["that another signed", { by: party("别人", null, { keyUsage: ["digitalSignature"] }) }, "PLATFORM_UNPROVED"],
    ])("one %s is not kept", async (_what, options, code) => {
      const { saved, bid, lines } = await opened(options);
      expect(saved).toBe(code);
      expect(bid).not.toHaveProperty("openings");
      expect(lines.at(-1)?.step).toBe("release");
    });
  });

  test.each<[string, OrderOptions, Partial<{ origin: string }>, string]>([
    [
      "for another package than it says",
      { change: { packageId: encodeBase64Url(new Uint8Array(16)) } },
      {},
      "INVALID_REQUEST packageId",
    ],
    ["for another signature", { change: { signatureSm3: encodeBase64Url(new Uint8Array(32)) } }, {}, NOT_ITS],
    ["for another lot", { change: { lot: "2标段" } }, {}, NOT_ITS],
    ["for another project", { change: { projectCode: "JN-2026-119" } }, {}, NOT_ITS],
    ["in another platform's name", { change: { platformId: "demo-b" } }, {}, "PLATFORM_UNPROVED"],
    ["of another platform's page", {}, { origin: "https://bid-b.demo.test" }, "PLATFORM_UNPROVED"],
    ["of a page that is no platform's", {}, { origin: "https://other.test" }, "PLATFORM_UNPROVED"],
    ["without a time stamp", { stampedAt: null }, {}, "PLATFORM_UNPROVED"],
    ["whose stamp is over something else", { imprint: new Uint8Array(32) }, {}, "PLATFORM_UNPROVED"],
    [
      "whose stamp is nobody's",
      { stamper: openStamper({ notBefore: new Date(0), notAfter: new Date(4e12) }) },
      {},
      "PLATFORM_UNPROVED",
    ],
    ["that another signed", { by: party("别人", null, { keyUsage: ["digitalSignature"] }) }, {}, "PLATFORM_UNPROVED"],
    ["that is an order", { contentType: ORDER }, {}, "PLATFORM_UNPROVED"],
    ["that says too much", { change: { more: 1 } }, {}, "MALFORMED"],
  ])("one %s is not kept", async (_what, options, change, code) => {
    expect(await outcomeOf(save(options, change))).toBe(code);
    expect(await kept()).toBeNull();
  });
});
