/**
 * Whoever speaks to the real program on behalf of a page and wants a bid's file key: with a clock that was set forward, with key blocks of
 * its own making, with a consent a second time, and by killing it at any step. Private-key calls are counted at the core.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeKeyBlockContent } from "@certbridge/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostVerb } from "@certbridge/protocol/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY, gm } from "../../support/authority.ts";
import { type BidHome, openBidHome, prepareBid, type Serving } from "../../support/bid-home.ts";
import { type MadeBid, makeBid, openBidding, openReleased, openStamper, sealKeyBlock } from "../../support/bidding.ts";
import { openAuthority, temporaryFolder } from "../../support/host.ts";
import { makeCanary, searchFor } from "../../support/search.ts";

const folder = temporaryFolder();
const own = mkdtempSync(join(tmpdir(), "certbridge-bid-attacks-"));
const secret = makeCanary("PIN");
const authority = openAuthority();
const bidding = openBidding(authority, Math.floor(Date.now() / 1000) * 1000 - 30_000);
const { origin } = bidding;
const text = encodeBase64Url;
const notice = text(bidding.notice());
const at = (ms: number) => new Date(bidding.openingAt + ms).toISOString();

let bids: BidHome;
let host: Serving;
let made: MadeBid;

const NOTHING = { signs: 0, opens: 0 };
const USED = "INVALID_REQUEST consentId";

const beginning = (bid: MadeBid, serving = host) => ({
  ...serving.consented(),
  origin,
  notice,
  header: text(bid.headerBytes),
  keyBlock: text(bid.keyBlock),
});

const releasing = (change: object = {}, serving = host) => ({
  ...serving.consented(),
  origin,
  keyBlock: text(made.keyBlock),
  order: text(bidding.order()),
  clockAccepted: false,
  ...change,
});

beforeAll(async () => {
  bids = await openBidHome({ folder: folder.path, own, authority, bidding, pin: secret.text });
  host = await bids.serve();
});

afterAll(async () => {
  await host.end();
  folder.remove();
  rmSync(own, { recursive: true, force: true });
});

describe("each consent makes the calls that it listed, and never one more", () => {
  test("encrypt: the trial, and two signatures; not again with the same consent, and none after it was given up", async () => {
    made = await prepareBid(bids, host, bidding, notice);
    expect(bids.calls()).toEqual(NOTHING);
    const begun = beginning(made);
    await host.answer("beginBid", begun);
    expect(bids.calls()).toEqual({ signs: 0, opens: 1 });
    const finish = { consentId: begun.consentId, trailer: text(made.trailer) };
    await host.answer("finishBid", finish);
    expect(bids.calls()).toEqual({ signs: 2, opens: 0 });
    const { packageId } = made.header;
    await host.answer("confirmBid", { consentId: begun.consentId, packageId });
    expect(bids.calls()).toEqual(NOTHING);
    expect(await host.outcome("finishBid", finish)).toBe("CONSENT_EXPIRED");
    const another = await prepareBid(bids, host, bidding, notice);
    const again = { consentId: begun.consentId, sealedPin: begun.sealedPin };
    expect(await host.outcome("beginBid", { ...beginning(another), ...again })).toBe(USED);
    expect(bids.calls()).toEqual(NOTHING);

    const third = beginning(another);
    await host.answer("beginBid", third);
    await host.answer("abandonBid", { consentId: third.consentId, code: "CANCELLED" });
    expect(await host.outcome("finishBid", { ...finish, consentId: third.consentId })).toBe("CONSENT_EXPIRED");
    expect(bids.calls()).toEqual({ signs: 0, opens: 1 });
  });

  test("rehearse: one; decrypt: two; neither again", async () => {
    const rehearsed = { ...host.consented(), packageId: made.header.packageId };
    await host.answer("rehearseBid", rehearsed);
    expect(bids.calls()).toEqual({ signs: 0, opens: 1 });
    const released = releasing();
    await host.answer("releaseKey", released);
    expect(bids.calls()).toEqual({ signs: 1, opens: 1 });
    expect(await host.outcome("rehearseBid", rehearsed)).toBe(USED);
    expect(await host.outcome("releaseKey", released)).toBe(USED);
    // A consent for the one is none for the other.
    const crossed = { ...releasing(), consentId: rehearsed.consentId, sealedPin: rehearsed.sealedPin };
    expect(await host.outcome("releaseKey", crossed)).toBe(USED);
    expect(bids.calls()).toEqual(NOTHING);
  });
});

test("a clock that was set forward gets no key before the opening, whatever stands in for the time stamp", async () => {
  const opening = Date.now() + 4 * 60_000;
  const later = (ms: number) => new Date(opening + ms).toISOString();
  const change = { openingTime: later(0), notAfter: later(20 * 60_000) };
  const forward = await bids.serve({ aheadMs: 5 * 60_000 });
  const tried: Readonly<Record<string, Parameters<typeof bidding.order>[0] & object>> = {
    "the stamp of today": { change, stampedAt: Date.now() },
    "no stamp": { change, stampedAt: null },
    "an authority of its own": { change, stampedAt: opening, stamper: stamperOfTheirs() },
    "the stamp of another order": { change, stampedAt: opening, imprint: randomBytes(32) },
    "an order that lasts": { change: { ...change, notAfter: later(DAY) }, stampedAt: opening },
  };
  const said: Record<string, string> = {};
  for (const [what, options] of Object.entries(tried)) {
    const order = text(bidding.order(options));
    said[what] = await forward.outcome("readOrder", { origin, keyBlock: text(made.keyBlock), order });
    expect(await forward.outcome("releaseKey", releasing({ order, clockAccepted: true }, forward))).toBe(said[what]);
  }
  expect(said).toEqual({
    "the stamp of today": "ORDER_REFUSED too-early",
    "no stamp": "ORDER_REFUSED time-stamp",
    "an authority of its own": "ORDER_REFUSED time-stamp",
    "the stamp of another order": "ORDER_REFUSED time-stamp",
    "an order that lasts": "ORDER_REFUSED time-stamp",
  });
  expect(await forward.end()).toBe(0);
  expect(bids.calls()).toEqual(NOTHING);
});

function stamperOfTheirs() {
  const life = { notBefore: new Date(bidding.openingAt - DAY), notAfter: new Date(bidding.openingAt + 365 * DAY) };
  return openStamper(life);
}

describe("key blocks of the page's own making, after the person agreed", () => {
  const header = () => made.headerBytes;
  const other = (change: object = {}) => makeBid("A".repeat(43), at(0), [bids.recipient], change);
  const seal = (content: Uint8Array) => sealKeyBlock(content, [bids.recipient]);
  const contents: Readonly<Record<string, () => Uint8Array>> = {
    "another file key under this bid's header": () => seal(encodeKeyBlockContent(gm, randomBytes(32), header())),
    "a commitment that is another's": () => seal(Buffer.concat([randomBytes(32), made.content.subarray(32)])),
    "another opening time in the header": () =>
      seal(Buffer.concat([made.content.subarray(0, 64), Buffer.from(text8(header()).replace(at(0), at(-DAY)))])),
    "no header": () => seal(made.content.subarray(0, 64)),
    "a long one": () => seal(randomBytes(4096)),
    "another ciphertext under the same key": () => bent(-1),
  };
  const text8 = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
  /** One bit of the genuine key block's ciphertext, so far from its end. */
  function bent(place: number): Uint8Array {
    const keyBlock = made.keyBlock.slice();
    const from = keyBlock.length + place;
    keyBlock[from] = (keyBlock[from] ?? 0) ^ 1;
    return keyBlock;
  }

  test.each(Object.keys(contents))("%s: one answer, one call, and nothing is signed", async (what) => {
    const keyBlock = text(contents[what]?.() ?? new Uint8Array(0));
    // Before it they are asked alike; which bid of this computer it is, is for the window.
    const asked = { origin, order: text(bidding.order()) };
    bids.calls();
    const toldOf = async (block: string) => ({
      ...(await host.answer("readOrder", { ...asked, keyBlock: block })),
      packageId: null,
    });
    expect(await toldOf(keyBlock)).toEqual(await toldOf(text(made.keyBlock)));
    expect(bids.calls()).toEqual(NOTHING);
    expect(await host.outcome("releaseKey", releasing({ keyBlock }))).toBe("BID_NOT_OPENED");
    expect(bids.calls()).toEqual({ signs: 0, opens: 1 });
  });

  test("another lot's own block is refused by its rule: what it says was committed to by its maker", async () => {
    const keyBlock = text(other({ lot: "2标段" }).keyBlock);
    expect(await host.outcome("releaseKey", releasing({ keyBlock }))).toBe("ORDER_REFUSED lot");
    expect(bids.calls()).toEqual({ signs: 0, opens: 1 });
  });

  test("rehearseBid takes no key block at all", async () => {
    const params = { ...host.consented(), packageId: made.header.packageId, keyBlock: text(made.keyBlock) };
    expect(await host.outcome("rehearseBid", params)).toMatch(/^INVALID_REQUEST/);
    expect(bids.calls()).toEqual(NOTHING);
  });
});

/** File keys of bids that came to nothing. */
const unfinished: Uint8Array[] = [];

describe("it is killed where the key is at work", () => {
  /** Two openings (its own test, the PIN) and two signatures (its own test, who it is) come before those of the bidder's key. */
  const steps: readonly (readonly [HostVerb, string])[] = [
    ["beginBid", "open:3"],
    ["beginBid", "content:1"],
    ["finishBid", "sign:3"],
    ["finishBid", "sign:4"],
    ["rehearseBid", "content:1"],
    ["releaseKey", "content:1"],
    ["releaseKey", "sign:3"],
  ];

  test.each(steps)("%s at %s: it is gone", async (verb, diesAt) => {
    const serving = await bids.serve({ diesAt });
    const bid = await prepareBid(bids, serving, bidding, notice);
    const begun = beginning(bid, serving);
    if (verb === "finishBid") await serving.answer("beginBid", begun);
    const asked =
      verb === "beginBid"
        ? serving.outcome(verb, begun)
        : verb === "finishBid"
          ? serving.outcome(verb, { consentId: begun.consentId, trailer: text(bid.trailer) })
          : verb === "rehearseBid"
            ? serving.outcome(verb, { ...serving.consented(), packageId: made.header.packageId })
            : serving.outcome("releaseKey", releasing({}, serving));
    await expect(asked).rejects.toThrow("the host ended with");
    unfinished.push(bid.fileKey);
    // A try that was broken off counts, as it should; here the person has all the time.
    for (const file of readdirSync(join(bids.home, "keys"))) {
      if (file.endsWith(".tries")) rmSync(join(bids.home, "keys", file));
    }
  });

  test("no file key and no PIN is left on the disk or in a command line, and the bid opens still", async () => {
    const known = [...bids.fileKeys(), ...unfinished];
    const search = searchFor([secret, ...known.map((key) => ({ name: "a file key", text: key }))]);
    expect(search.inFolder(folder.path)).toEqual([]);
    const serving = await bids.serve();
    expect(search.inProcesses()).toEqual([]);
    const { bids: open } = await serving.answer("bids", {});
    const [first] = open.filter(({ packageId }) => packageId === made.header.packageId);
    expect(first?.results).toContainEqual({ rule: "trial-opening", outcome: "good" });
    const { releasedKey } = await serving.answer("releaseKey", releasing({}, serving));
    expect(openReleased(bidding.room, Buffer.from(releasedKey, "base64url")).opened?.fileKey).toEqual(made.fileKey);
    expect(await serving.end()).toBe(0);
    // And it would find what is there: the header, in the form in which it is kept.
    const control = searchFor([{ name: "a header", text: made.headerBytes }]);
    expect(control.inFolder(bids.home)).not.toEqual([]);
  });
});
