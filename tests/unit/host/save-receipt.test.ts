/** The platform's receipt, kept beside the bid that it is for, and no other. */
import { encodeBase64Url, decodeBase64Url } from "@certbridge/protocol/bytes";
import { BID_RECEIPT, ORDER } from "@certbridge/protocol/content-types";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
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

const kept = async () => (await desk.host.bids.find(made.header.packageId))?.bid.receipt ?? null;
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

  test("the same one again says nothing new; a newer one takes its place", async () => {
    const receipt = text(desk.bidding.receipt({ packageId: made.header.packageId, signatureSm3 }));
    const again = { origin: desk.bidding.origin, packageId: made.header.packageId, receipt };
    for (let times = 0; times < 3; times++) await desk.handlers.saveReceipt(again);
    const lines = async () => (await desk.host.ledger.read(made.header.packageId))?.lines.length;
    const before = await lines();
    await save({ stampedAt: receivedAt() + 120_000 });
    expect(await kept()).toMatchObject({ at: new Date(receivedAt() + 120_000).toISOString() });
    expect(await lines()).toBe((before ?? 0) + 1);
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

    test("the same one again says nothing new; the last four are kept", async () => {
      const { receipt } = await opened();
      const { packageId } = made.header;
      expect(await desk.handlers.saveReceipt({ origin: desk.bidding.origin, packageId, receipt })).toEqual({
        kept: true,
      });
      for (let more = 0; more < 4; more++) await opened();
      const { bid, lines } = await opened();
      expect(bid?.openings).toHaveLength(4);
      expect(bid?.openings?.some(({ der }) => der === receipt)).toBe(false);
      expect(lines.filter(({ step }) => step === "opened")).toHaveLength(6);
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
