/** What the home keeps of bids and notices: strictly read, and what is damaged hides no other. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { readNotice } from "@certbridge/trust";
import { afterAll, describe, expect, test } from "vitest";
import { openBids } from "../../../apps/host/src/bids.ts";
import type { BidRecord } from "../../../apps/host/src/bids.ts";
import { homeAt, prepareHome } from "../../../apps/host/src/home.ts";
import { LOTS_OF_A_PLATFORM, openNotices } from "../../../apps/host/src/notices.ts";
import { DAY, gm } from "../../support/authority.ts";
import { makeBid, openBidding } from "../../support/bidding.ts";
import { openAuthority, temporaryFolder } from "../../support/host.ts";
import { openMemoryStore } from "../../support/memory-keys.ts";

const temporary = temporaryFolder();
afterAll(temporary.remove);

const authority = openAuthority();
const bidding = openBidding(authority, Date.now() + 20 * DAY);
const opening = new Date(bidding.openingAt).toISOString();
const store = openMemoryStore(authority);
const keyId = store.add();
let count = 0;

async function open() {
  const home = homeAt(join(temporary.path, `home-${++count}`));
  await prepareHome(home);
  const time = { now: Date.now() };
  const clock = () => time.now;
  const bids = openBids({ gm, folder: home.bids, clock });
  return { home, time, bids, notices: openNotices({ gm, folder: home.notices, clock }) };
}

async function recordOf(change: Parameters<typeof makeBid>[3] = {}): Promise<BidRecord> {
  const encryption = store.encryptionOf(keyId);
  const signing = (await store.find(keyId))?.signingCertificate ?? new Uint8Array(0);
  const { header, headerBytes, keyBlock } = makeBid(keyId, opening, [encryption], change);
  const sm3 = (bytes: Uint8Array) => encodeBase64Url(gm.sm3(bytes));
  return {
    format: "certbridge-bid-file:1",
    packageId: header.packageId,
    header: encodeBase64Url(headerBytes),
    keyBlock: encodeBase64Url(keyBlock),
    signatureSm3: sm3(headerBytes),
    trailer: {
      commitment: sm3(headerBytes),
      keyBlockSm3: sm3(keyBlock),
      payloadSm3: sm3(keyBlock),
      payloadLen: 1024 * 1024 + 16,
    },
    keyId,
    signingCertificate: encodeBase64Url(signing),
    encryptionCertificate: encodeBase64Url(encryption),
    madeAt: opening,
    rehearsal: null,
    receipt: null,
    report: "AAAA",
  };
}

const codeOf = async (doing: Promise<unknown>): Promise<string> => {
  try {
    await doing;
    return "done";
  } catch (error) {
    return error instanceof OperationError ? error.code : String(error);
  }
};

describe("open bids", () => {
  test("are kept, found by their id and by their key block, and not twice", async () => {
    const { bids } = await open();
    const [one, two] = [await recordOf(), await recordOf()];
    await bids.keep(one);
    await bids.keep(two);
    expect(await bids.all()).toHaveLength(2);
    expect((await bids.find(one.packageId))?.bid).toEqual(one);
    expect((await bids.ofKeyBlock(decodeBase64Url(two.keyBlock)))?.bid).toEqual(two);
    expect(await bids.ofKeyBlock(new Uint8Array(3))).toBeNull();
    expect(await codeOf(bids.keep(one))).toBe("INVALID_REQUEST");
  });

  test("a rehearsal is written down; of a bid that is not there, it is not", async () => {
    const { bids } = await open();
    const bid = await recordOf();
    await bids.keep(bid);
    await bids.rehearsed(bid.packageId, { at: opening, opened: false });
    expect((await bids.find(bid.packageId))?.bid.rehearsal).toEqual({ at: opening, opened: false });
    expect(await codeOf(bids.rehearsed((await recordOf()).packageId, { at: opening, opened: true }))).toBe(
      "INVALID_REQUEST",
    );
  });

  test.each<[string, (bid: BidRecord) => string]>([
    ["no JSON", () => "{"],
    ["a key too many", (bid) => JSON.stringify({ ...bid, fileName: "投标函.pdf" })],
    ["no certificate", (bid) => JSON.stringify({ ...bid, encryptionCertificate: "AAAA" })],
    ["no key block", (bid) => JSON.stringify({ ...bid, keyBlock: "AAAA" })],
    ["another package's header", (bid) => JSON.stringify({ ...bid, packageId: encodeBase64Url(new Uint8Array(16)) })],
    [
      "a header in another spelling",
      (bid) =>
        JSON.stringify({
          ...bid,
          header: encodeBase64Url(Buffer.concat([decodeBase64Url(bid.header), Buffer.from(" ")])),
        }),
    ],
    ["far too long", (bid) => JSON.stringify(bid) + " ".repeat(1024 * 1024)],
  ])("a file with %s is damaged, and hides no other", async (_what, spoil) => {
    const { bids, home } = await open();
    const [one, two] = [await recordOf(), await recordOf()];
    await bids.keep(one);
    const [name = ""] = readdirSync(home.bids);
    await bids.keep(two);
    writeFileSync(join(home.bids, name), spoil(one));
    expect((await bids.all()).map(({ bid }) => bid.packageId)).toEqual([two.packageId]);
    expect(await bids.find(one.packageId)).toBeNull();
  });

  test("are forgotten ninety days after their opening, by the newest notice, the clock and a time stamp", async () => {
    const { bids, time } = await open();
    await bids.keep(await recordOf());
    const over = bidding.openingAt + 90 * DAY;
    const later = new Date(bidding.openingAt + 8 * DAY).toISOString();
    time.now = over + 1;
    for (const [openingTime, stampedAt] of [
      [opening, null],
      [opening, over],
      [later, over + 1],
    ] as const) {
      await bids.sweep(async () => openingTime, stampedAt);
      expect(await bids.all()).toHaveLength(1);
    }
    time.now = over;
    await bids.sweep(async () => opening, over + 1);
    expect(await bids.all()).toHaveLength(1);
    time.now = over + 1;
    await bids.sweep(async () => opening, over + 1);
    expect(await bids.all()).toHaveLength(0);
  });

  test("a clock that stays years ahead takes none of them: what was stamped here is of another time", async () => {
    const { bids, time } = await open();
    const bid = await recordOf();
    await bids.keep(bid);
    await bids.received(bid.packageId, { at: new Date(bidding.openingAt - DAY).toISOString(), der: "AAAA" });
    for (let day = 3650; day < 3700; day++) {
      time.now = bidding.openingAt + day * DAY;
      await bids.sweep(async ({ header }) => header.openingTime, await bids.latestStamp());
    }
    expect(await bids.all()).toHaveLength(1);
  });

  test("the latest time stamp is that of any receipt, or answer to a released key", async () => {
    const { bids } = await open();
    expect(await bids.latestStamp()).toBeNull();
    const [one, two] = [await recordOf(), await recordOf()];
    await bids.keep(one);
    expect(await bids.latestStamp()).toBeNull();
    const stamped = (day: number) => ({ at: new Date(bidding.openingAt + day * DAY).toISOString(), der: "AAAA" });
    await bids.received(one.packageId, stamped(-2));
    expect(await bids.latestStamp()).toBe(bidding.openingAt - 2 * DAY);
    await bids.received(one.packageId, stamped(-1));
    expect(await bids.latestStamp()).toBe(bidding.openingAt - DAY);
    await bids.keep({ ...two, openings: [stamped(1), stamped(0)] });
    expect(await bids.latestStamp()).toBe(bidding.openingAt + DAY);
  });
});

describe("the newest notice of a lot", () => {
  const read = (change: Parameters<typeof bidding.notice>[0]) =>
    readNotice(gm, { registry: bidding.registry, origin: bidding.origin }, bidding.notice(change));
  const later = new Date(bidding.openingAt + DAY).toISOString();
  const lot = { platformId: "demo-a", projectCode: "JN-2026-118", lot: "1标段" };

  test("is kept; older ones and contradicting ones are refused from then on, the same one is not", async () => {
    const { notices } = await open();
    expect(await notices.newest(lot)).toBeNull();
    const second = read({ sequence: 2, openingTime: later });
    await notices.keep(read({}));
    await notices.keep(second);
    expect(await notices.newest(lot)).toEqual(second.said);
    await notices.refuseOutdated(second);
    // Signed once more, it says the same.
    await notices.keep(read({ sequence: 2, openingTime: later }));
    for (const outdated of [read({}), read({ sequence: 2 }), read({ sequence: 1, openingTime: later })]) {
      expect(await codeOf(notices.refuseOutdated(outdated))).toBe("NOTICE_OUTDATED");
      expect(await codeOf(notices.keep(outdated))).toBe("NOTICE_OUTDATED");
    }
    await notices.keep(read({ sequence: 7 }));
    expect((await notices.newest(lot))?.sequence).toBe(7);
  });

  test("is each lot's own", async () => {
    const { notices } = await open();
    await notices.keep(read({ sequence: 9 }));
    for (const change of [{ lot: "2标段" }, { projectCode: "JN-2026-119" }]) {
      expect(await notices.newest({ ...lot, ...change })).toBeNull();
      await notices.keep(read({ ...change, sequence: 1 }));
    }
    expect(await notices.newest({ ...lot, platformId: "demo-b" })).toBeNull();
  });

  test("a damaged file, and one under another lot's name, says nothing", async () => {
    const { notices, home } = await open();
    await notices.keep(read({ sequence: 9 }));
    const [name = ""] = readdirSync(home.notices);
    const content = readFileSync(join(home.notices, name));
    await notices.keep(read({ lot: "2标段" }));
    const other = readdirSync(home.notices).find((each) => each !== name) ?? "";
    writeFileSync(join(home.notices, other), content);
    expect(await notices.newest({ ...lot, lot: "2标段" })).toBeNull();
    writeFileSync(join(home.notices, name), content.subarray(1));
    expect(await notices.newest(lot)).toBeNull();
    await notices.keep(read({}));
    expect((await notices.newest(lot))?.sequence).toBe(1);
  });

  test("is forgotten ninety days after the opening, by the clock and a time stamp", async () => {
    const { notices, time } = await open();
    await notices.keep(read({}));
    const over = bidding.openingAt + 90 * DAY;
    for (const [now, stampedAt] of [
      [over, over + 1],
      [over + 1, over],
      [over + 3650 * DAY, null],
    ] as const) {
      time.now = now;
      await notices.sweep(stampedAt);
      expect(await notices.newest(lot)).not.toBeNull();
    }
    await notices.sweep(over + 1);
    expect(await notices.newest(lot)).toBeNull();
  });

  test("a page fills the disk with no more lots than a platform may have, and drives out none of another's", async () => {
    const { notices, home } = await open();
    const other = { ...lot, platformId: "demo-b" };
    const [der] = [bidding.notice({ platformId: "demo-b" })];
    await notices.keep({ said: { ...read({}).said, platformId: "demo-b" }, der });
    const openingTime = (day: number) => new Date(bidding.openingAt + day * DAY).toISOString();
    for (let day = 0; day < LOTS_OF_A_PLATFORM + 3; day++) {
      await notices.keep(read({ lot: `${day}标段`, openingTime: openingTime(day) }));
    }
    expect(readdirSync(home.notices).filter((name) => name.endsWith(".json"))).toHaveLength(LOTS_OF_A_PLATFORM + 1);
    expect(await notices.newest(other)).not.toBeNull();
    // Those that are opened first are gone, and one that is there is renewed in its own place.
    expect(await notices.newest({ ...lot, lot: "2标段" })).toBeNull();
    expect(await notices.newest({ ...lot, lot: "3标段" })).not.toBeNull();
    await notices.keep(read({ lot: "3标段", sequence: 2, openingTime: openingTime(3) }));
    expect(await notices.newest({ ...lot, lot: "4标段" })).not.toBeNull();
  });
});
