/** From a bid that is kept to the room that opens its key: rehearsals, notices, orders, and every refusal. */
import { encodeKeyBlockContent } from "@certbridge/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostParams } from "@certbridge/protocol/host";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { packageName } from "../../../apps/host/src/bids.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { withLock } from "../../../apps/host/src/lock.ts";
import { LOTS_OF_A_PLATFORM } from "../../../apps/host/src/notices.ts";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { DAY, gm, party } from "../../support/authority.ts";
import { makeBid, type MadeBid, openReleased, openStamper, sealKeyBlock } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, someBytes, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const MINUTE = 60_000;
let desk: Desk;
let made: MadeBid;

beforeEach(async () => {
  desk = await openDesk(folder.path);
  made = await desk.handIn();
  desk.store.calls.length = 0;
});

const toOpening = () => (desk.time.now = desk.bidding.openingAt + 2 * MINUTE);
const instant = (ms: number) => new Date(desk.bidding.openingAt + ms).toISOString();
const steps = async () =>
  ((await desk.host.ledger.read(made.header.packageId))?.lines ?? [])
    .slice(2)
    .map(({ step, failure }) =>
      failure === null
        ? step
        : `${step} ${failure.layer} ${failure.code}${failure.rule === null ? "" : ` ${failure.rule}`}`,
    );

function order(options: Parameters<Desk["bidding"]["order"]>[0] = {}) {
  return { order: text(desk.bidding.order(options)) };
}

const askOrder = (change: Partial<{ keyBlock: string; order: string; origin: string }> = {}) =>
  desk.handlers.readOrder({ origin: desk.bidding.origin, keyBlock: text(made.keyBlock), ...order(), ...change });

const releaseBackup = (change: Partial<HostParams<"releaseBackup">> = {}) =>
  desk.handlers.releaseBackup({
    origin: desk.bidding.origin,
    keyBlock: text(made.keyBlock),
    ...order(),
    clockAccepted: false,
    ...change,
  });

async function listed() {
  const { bids } = await desk.handlers.bids({});
  return bids.map(({ packageId, readiness, keyId, results, rehearsedAt }) => ({
    packageId,
    readiness,
    keyId,
    rehearsedAt,
    noted: results.flatMap(({ rule, outcome }) =>
      outcome === "good" || outcome === "unknown" ? [] : `${rule} ${outcome}`,
    ),
  }));
}

const rehearse = (keyId = desk.keyId, packageId = made.header.packageId) =>
  desk.handlers.rehearseBid({ ...desk.consented(keyId), packageId });

describe("bids, rehearseBid", () => {
  test("a bid waits until its opening is over, and says how it stands", async () => {
    const { packageId } = made.header;
    const { keyId } = desk;
    const noted = ["second-recipient warning"];
    expect(await listed()).toEqual([{ packageId, readiness: "amber", keyId, rehearsedAt: null, noted }]);
    desk.time.now = desk.bidding.openingAt + 2 * DAY;
    expect(await listed()).toHaveLength(1);
    desk.time.now += 1;
    expect(await listed()).toEqual([]);
    expect(desk.store.calls).toEqual([]);
  });

  test("a renewed certificate warns, and the bid opens by the new key all the same", async () => {
    const keyId = desk.store.renew(desk.keyId);
    expect(await listed()).toMatchObject([
      { readiness: "amber", keyId, noted: ["renewed-certificate warning", "second-recipient warning"] },
    ]);
    const rehearsed = await rehearse(keyId);
    expect(rehearsed.results).toContainEqual({ rule: "trial-opening", outcome: "good" });
    expect(rehearsed.rehearsedAt).toBe(new Date(desk.time.now).toISOString());
    expect(desk.store.calls).toEqual(["open"]);
    expect(desk.store.open()).toBe(0);
    expect(await outcomeOf(rehearse(desk.keyId))).toBe("KEY_NOT_FOUND");
    expect(await steps()).toEqual(["rehearse", "rehearse key KEY_NOT_FOUND"]);
  });

  test("a key that is not here is asked for, also where another one of the bidder's is", async () => {
    desk.store.remove(desk.keyId);
    const noted = ["key-present warning", "second-recipient warning"];
    expect(await listed()).toMatchObject([{ readiness: "amber", keyId: desk.keyId, noted }]);
    // A second CA锁 that was issued before.
    desk.store.add({ at: desk.time.now - 30 * DAY });
    expect(await listed()).toMatchObject([{ readiness: "amber", noted }]);
  });

  test("a certificate that was issued in the place of the bid's since is red", async () => {
    desk.store.remove(desk.keyId);
    desk.store.add({ at: desk.time.now + 2 * DAY });
    desk.time.now += 2 * DAY;
    expect(await listed()).toMatchObject([
      { readiness: "red", keyId: desk.keyId, noted: ["renewed-certificate bad", "second-recipient warning"] },
    ]);
  });

  test("so is one that begins a little before the bid was made: CAs date them back, for clocks that are behind", async () => {
    desk.store.remove(desk.keyId);
    desk.store.add({ at: desk.time.now + DAY - 5 * 60_000 });
    expect(await listed()).toMatchObject([{ readiness: "red" }]);
  });

  test("a clock behind the receipt is told", async () => {
    const kept = await desk.host.bids.find(made.header.packageId);
    const receipt = { at: new Date(desk.time.now + 120_000).toISOString(), der: kept?.bid.report ?? "" };
    await desk.host.bids.received(made.header.packageId, receipt);
    expect((await listed())[0]?.noted).toContain("clock warning");
    desk.time.now += 60_000;
    expect((await listed())[0]?.noted).not.toContain("clock warning");
  });

  test("a platform that floods its own notices does not get a bid's own forgotten", async () => {
    const { origin } = desk.bidding;
    const later = new Date(desk.bidding.openingAt + 2 * DAY).toISOString();
    await desk.handlers.updateNotice({
      origin,
      notice: text(desk.bidding.notice({ sequence: 2, openingTime: later })),
    });
    for (let count = 0; count <= LOTS_OF_A_PLATFORM; count++) {
      const openingTime = new Date(desk.bidding.openingAt + (10 + count) * DAY).toISOString();
      const notice = text(desk.bidding.notice({ lot: `${count + 100}标段`, openingTime }));
      await desk.handlers.updateNotice({ origin, notice });
    }
    expect(await desk.host.notices.newest(made.header)).toBeNull();
    expect((await desk.handlers.bids({})).bids[0]?.lot).toMatchObject({ openingTime: later, sequence: 2 });
    desk.time.now = desk.bidding.openingAt + 120_000;
    // Not before the person agreed: a page would learn by it whose computer this is.
    expect(await outcomeOf(askOrder())).toBe("done");
    desk.store.calls.length = 0;
    // By key and by backup key file; with the bid's own key block, and with one whose bytes are not those that were kept.
    const reordered = { keyBlock: text(sealKeyBlock(made.content, [desk.store.encryptionOf(desk.keyId)])) };
    for (const change of [{}, reordered]) {
      expect(await outcomeOf(desk.release(made, change))).toBe("ORDER_REFUSED opening");
      expect(await outcomeOf(releaseBackup(change))).toBe("ORDER_REFUSED opening");
    }
    expect(desk.store.calls).toEqual([]);
    // Of the other key block nobody knows whose it is.
    const refused = "release platform ORDER_REFUSED opening";
    expect(await steps()).toEqual([refused, refused]);
  });

  test("which rungs a bid has is told: a backup key file that was saved, a file for another computer", async () => {
    const { packageId } = made.header;
    const rungs = async () => (await desk.handlers.bids({})).bids[0]?.rungs;
    expect(await rungs()).toEqual({ recipients: 1, backupAt: null, exportedAt: null });
    await desk.handlers.noteBackup({ packageId });
    await desk.handlers.exportBid({ packageId });
    const at = new Date(desk.time.now).toISOString();
    expect(await rungs()).toEqual({ recipients: 1, backupAt: at, exportedAt: at });
    expect(await desk.handlers.noteBackup({ packageId: text(new Uint8Array(16)) })).toEqual({});
  });

  test("a second key of the bidder that opens it is as good", async () => {
    const second = desk.store.add({ name: "江南建设（手机）" });
    const both = [desk.keyId, second].map((keyId) => desk.store.encryptionOf(keyId));
    const other = await desk.handIn(desk.make({}, both));
    desk.store.remove(desk.keyId);
    const found = (await listed()).find(({ packageId }) => packageId === other.header.packageId);
    expect(found).toMatchObject({ readiness: "green", keyId: second, noted: [] });
    // It was never tried with this one.
    const { bids } = await desk.handlers.bids({});
    const shown = bids.find(({ packageId }) => packageId === other.header.packageId);
    for (const rule of ["trial-opening", "device-key"] as const) {
      expect(shown?.results).toContainEqual({ rule, outcome: "unknown" });
    }
  });

  test("a rehearsal answers one bit, also where the kept key block does not open any more", async () => {
    const kept = await desk.host.bids.find(made.header.packageId);
    if (kept === null) throw new Error("a bid expected");
    const keyBlock = text(sealKeyBlock(desk.make().content, [desk.store.encryptionOf(desk.keyId)]));
    await desk.host.bids.drop(made.header.packageId);
    await desk.host.bids.keep({ ...kept.bid, keyBlock });
    const answer = await rehearse();
    expect(answer.results).toContainEqual({ rule: "trial-opening", outcome: "bad" });
    expect(answer.readiness).toBe("red");
    expect((await listed())[0]?.noted).toContain("trial-opening bad");
    expect(await steps()).toEqual(["rehearse package BID_NOT_OPENED"]);
  });

  test("takes no package that was not made here, and tries no PIN for one", async () => {
    expect(await outcomeOf(rehearse(desk.keyId, desk.make().header.packageId))).toBe("INVALID_REQUEST packageId");
    expect(desk.store.calls).toEqual([]);
  });
});

describe("updateNotice", () => {
  const update = (change: Parameters<Desk["bidding"]["notice"]>[0], origin = desk.bidding.origin) =>
    desk.handlers.updateNotice({ origin, notice: text(desk.bidding.notice(change)) });

  test("moves the bids of its lot, and no others", async () => {
    const moved = await update({ sequence: 2, openingTime: instant(DAY) });
    expect(moved).toMatchObject({
      packageIds: [made.header.packageId],
      lot: { sequence: 2, openingTime: instant(DAY) },
    });
    expect((await desk.handlers.bids({})).bids[0]?.lot.openingTime).toBe(instant(DAY));
    expect((await update({ lot: "2标段" })).packageIds).toEqual([]);
  });

  test("an older one, a contradicting one, and another platform's are refused; readNotice refuses them, too", async () => {
    await update({ sequence: 2, openingTime: instant(DAY) });
    for (const outdated of [{ sequence: 1 }, { sequence: 2, openingTime: instant(2 * DAY) }]) {
      expect(await outcomeOf(update(outdated))).toBe("NOTICE_OUTDATED");
      const read = { origin: desk.bidding.origin, notice: text(desk.bidding.notice(outdated)) };
      expect(await outcomeOf(desk.handlers.readNotice(read))).toBe("NOTICE_OUTDATED");
    }
    expect(await outcomeOf(update({ sequence: 3 }, "https://bid-b.demo.test"))).toBe("PLATFORM_UNPROVED");
  });
});

describe("readOrder", () => {
  test("says what it asks for, when it was stamped, and which keys open the block; no key is used", async () => {
    toOpening();
    const other = desk.store.renew(desk.keyId);
    const another = desk.store.add({ name: "别人" });
    expect(await askOrder()).toEqual({
      lot: {
        platformName: "江南公共资源交易平台（演示）",
        projectCode: "JN-2026-118",
        lot: "1标段",
        openingTime: instant(0),
      },
      packageId: made.header.packageId,
      stampedAt: instant(MINUTE),
      stampedFrom: instant(MINUTE),
      clockBehind: false,
      keyIds: [other],
      hereIds: [other, another],
    });
    expect(desk.store.calls).toEqual([]);
    expect(await steps()).toEqual([]);
  });

  test("says where only the clock is behind, and where no key is here", async () => {
    expect(await askOrder()).toMatchObject({ clockBehind: true });
    desk.store.remove(desk.keyId);
    expect(await askOrder()).toMatchObject({ keyIds: [] });
  });

  test("what is refused is written down", async () => {
    toOpening();
    expect(await outcomeOf(askOrder(order({ stampedAt: null })))).toBe("ORDER_REFUSED time-stamp");
    expect(await outcomeOf(askOrder({ origin: "https://other.test" }))).toBe("PLATFORM_UNPROVED");
    const written = ["release platform ORDER_REFUSED time-stamp", "release platform PLATFORM_UNPROVED"];
    await expect.poll(steps).toEqual(written);
  });

  test("does not keep the page waiting for what is written: that would tell whose computer this is", async () => {
    toOpening();
    const refused = order({ stampedAt: null });
    // Nobody can write a line meanwhile.
    const outcome = await withLock(homeAt(desk.home).ledger, () => outcomeOf(askOrder(refused)));
    expect(outcome).toBe("ORDER_REFUSED time-stamp");
    await expect.poll(steps).toEqual(["release platform ORDER_REFUSED time-stamp"]);
  });

  test("answers alike whether the bid was made here or not: a page cannot find out without a question whose computer this is", async () => {
    toOpening();
    const foreign = text(desk.make().keyBlock);
    for (const change of [{ lot: "2标段" }, { projectCode: "JN-2026-119" }]) {
      const asked = order({ change });
      expect(await outcomeOf(askOrder(asked))).toBe("done");
      const [own, other] = [await askOrder(asked), await askOrder({ ...asked, keyBlock: foreign })];
      // Which bid it is goes to the person's window alone.
      expect({ ...own, packageId: null }).toEqual(other);
    }
    expect(await steps()).toEqual([]);
  });
});

describe("releaseBackup, noteBackupRelease", () => {
  test("says when the order was stamped, and uses no key; what came of the file is written down", async () => {
    toOpening();
    const stamp = { stampedAt: instant(MINUTE), stampedFrom: instant(MINUTE) };
    expect(await releaseBackup()).toEqual(stamp);
    expect(await steps()).toEqual([]);
    const { packageId } = made.header;
    const [sm3, envelope] = [text(someBytes(32)), text(someBytes(100))];
    const format = "shared-certificate-released-key:1-backup";
    const released = encodeCanonical({ format, packageId, orderSm3: sm3, roomCertificateSm3: sm3, envelope });
    const { keyBlock } = desk.make();
    const { stampedAt } = stamp;
    const note = (came: HostParams<"noteBackupRelease">["came"], of = keyBlock) =>
      desk.handlers.noteBackupRelease({ keyBlock: text(of), stampedAt, came });
    await note({ code: "BACKUP_KEY_REFUSED" }, made.keyBlock);
    // Whose key block the page brought says nothing of the file: the key names its bid itself.
    await note({ releasedKey: text(released) });
    await note({ code: "INTERRUPTED" });
    expect(await steps()).toEqual(["release person BACKUP_KEY_REFUSED", "release"]);
    expect((await desk.host.ledger.read(packageId))?.lines.at(-1)).toMatchObject({
      stampedAt,
      message: text(gm.sm3(released)),
    });
    expect(await outcomeOf(note({ releasedKey: text(made.headerBytes) }))).toBe("MALFORMED");
    expect(desk.store.calls).toEqual([]);
  });

  test("is refused where releaseKey is, and written down", async () => {
    toOpening();
    expect(await outcomeOf(releaseBackup(order({ change: { lot: "2标段" } })))).toBe("ORDER_REFUSED lot");
    expect(await outcomeOf(releaseBackup({ origin: "https://bid-b.demo.test" }))).toBe("PLATFORM_UNPROVED");
    desk.time.now = desk.bidding.openingAt - 10 * MINUTE;
    expect(await outcomeOf(releaseBackup())).toBe("CLOCK_BEHIND");
    expect(await outcomeOf(releaseBackup({ clockAccepted: true }))).toBe("done");
    expect(await steps()).toEqual([
      "release platform ORDER_REFUSED lot",
      "release platform PLATFORM_UNPROVED",
      "release clock CLOCK_BEHIND",
    ]);
  });
});

describe("releaseKey", () => {
  test("gives the key to the room, and to nobody else: two calls", async () => {
    toOpening();
    const { bidding, store, keyId } = desk;
    const asked = bidding.order();
    const { releasedKey, packageId } = await desk.release(made, { order: text(asked) });
    expect(packageId).toBe(made.header.packageId);
    expect(store.calls).toEqual(["open", "sign"]);
    expect(store.open()).toBe(0);
    const { said, signer, opened } = openReleased(bidding.room, decodeBase64Url(releasedKey));
    expect(opened?.fileKey).toEqual(made.fileKey);
    expect(opened?.header).toEqual(made.header);
    expect(text(gm.sm3(signer.der))).toBe(keyId);
    const keyBlockSm3 = text(gm.sm3(made.keyBlock));
    expect(said).toMatchObject({
      packageId,
      keyBlockSm3,
      roomCertificateSm3: text(gm.sm3(bidding.room.certificate.der)),
    });
    expect(openReleased(bidding.platform, decodeBase64Url(releasedKey)).opened).toBeNull();
    expect(Buffer.from(decodeBase64Url(releasedKey)).includes(Buffer.from(made.fileKey))).toBe(false);
    expect(await steps()).toEqual(["release"]);
    expect((await desk.host.ledger.read(packageId))?.lines.at(-1)?.stampedAt).toBe(instant(MINUTE));
  });

  test("what cannot be read stops no release: another bid's record, this one's, its ledger", async () => {
    toOpening();
    const { packageId } = made.header;
    const { bids, ledger } = homeAt(desk.home);
    // A folder in a file's place cannot be read by anybody, whoever runs the tests.
    for (const path of [`${"0".repeat(32)}.json`, `${packageName(packageId)}.json`].map((name) => join(bids, name))) {
      rmSync(path, { force: true });
      mkdirSync(path);
      const { releasedKey } = await desk.release(made);
      expect(openReleased(desk.bidding.room, decodeBase64Url(releasedKey)).said).toHaveProperty("ledgerHead");
      expect(await outcomeOf(desk.handlers.bids({}))).toBe("done");
    }
    rmSync(join(ledger, `${packageName(packageId)}.jsonl`));
    mkdirSync(join(ledger, `${packageName(packageId)}.jsonl`));
    const { releasedKey } = await desk.release(made);
    const { said, opened } = openReleased(desk.bidding.room, decodeBase64Url(releasedKey));
    expect(said).not.toHaveProperty("ledgerHead");
    expect(opened?.fileKey).toEqual(made.fileKey);
  });

  test("a bid that another computer made is released, too", async () => {
    toOpening();
    const foreign = desk.make();
    const { packageId } = await desk.release(foreign);
    expect(packageId).toBe(foreign.header.packageId);
    expect((await desk.host.ledger.read(packageId))?.lines).toMatchObject([{ step: "release", failure: null }]);
  });

  test("a certificate that was renewed, or has expired since, releases what was encrypted for it", async () => {
    toOpening();
    const keyId = desk.store.renew(desk.keyId);
    const { releasedKey } = await desk.release(made, desk.consented(keyId));
    expect(openReleased(desk.bidding.room, decodeBase64Url(releasedKey)).opened?.fileKey).toEqual(made.fileKey);
    const short = desk.store.add({ lifeMs: 5 * DAY });
    const bid = makeBid(short, instant(0), [desk.store.encryptionOf(short)]);
    const { packageId } = await desk.release(bid, desk.consented(short));
    expect(packageId).toBe(bid.header.packageId);
  });

  test("where only the clock is behind, the person sees both times and decides", async () => {
    desk.time.now = desk.bidding.openingAt - 10 * MINUTE;
    const doing = desk.release(made);
    await expect(doing).rejects.toMatchObject({
      code: "CLOCK_BEHIND",
      details: { stampedAt: instant(MINUTE), localAt: instant(-10 * MINUTE) },
    });
    expect(desk.store.calls).toEqual([]);
    expect((await desk.release(made, { clockAccepted: true })).packageId).toBe(made.header.packageId);
    expect(await steps()).toEqual(["release clock CLOCK_BEHIND", "release"]);
  });

  test.each<[string, () => Parameters<Desk["release"]>[1], string]>([
    ["another lot's", () => order({ change: { lot: "2标段" } }), "ORDER_REFUSED lot"],
    ["another project's", () => order({ change: { projectCode: "JN-2026-119" } }), "ORDER_REFUSED lot"],
    [
      "one before the announced opening",
      () => order({ change: { openingTime: instant(-DAY) } }),
      "ORDER_REFUSED opening",
    ],
    [
      "one that was stamped before the opening",
      () => order({ stampedAt: desk.bidding.openingAt - 1 }),
      "ORDER_REFUSED too-early",
    ],
    ["one without a stamp", () => order({ stampedAt: null }), "ORDER_REFUSED time-stamp"],
    [
      "one that is stamped by another authority",
      () =>
        order({ stamper: openStamper({ notBefore: new Date(0), notAfter: new Date(desk.bidding.openingAt + DAY) }) }),
      "ORDER_REFUSED time-stamp",
    ],
    [
      "one that lives too long",
      () => order({ change: { notAfter: instant(32 * MINUTE) } }),
      "ORDER_REFUSED time-stamp",
    ],
    ["but one that is over by less than the skew", () => order({ change: { notAfter: instant(MINUTE) } }), "done"],
    [
      "one that is long over",
      () => order({ change: { notAfter: instant(0) }, stampedAt: desk.bidding.openingAt }),
      "ORDER_REFUSED too-late",
    ],
    [
      "one whose room cannot be encrypted to",
      () => order({ change: { roomCertificate: text(desk.bidding.platform.certificate.der) } }),
      "ORDER_REFUSED room-certificate",
    ],
    [
      "one signed by another",
      () => order({ by: party("别人", null, { keyUsage: ["digitalSignature"] }) }),
      "PLATFORM_UNPROVED",
    ],
    ["one brought by another page", () => ({ origin: "https://bid-b.demo.test" }), "PLATFORM_UNPROVED"],
    ["a notice in its place", () => ({ order: text(desk.bidding.notice()) }), "PLATFORM_UNPROVED"],
    ["an altered one", () => ({ order: text(desk.bidding.order().fill(7, 300, 301)) }), "PLATFORM_UNPROVED"],
    ["no message", () => ({ order: "AAAA" }), "MALFORMED"],
    ["no key block", () => ({ keyBlock: "AAAA" }), "MALFORMED"],
    ["another's key", () => desk.consented(desk.store.add({ name: "别人" })), "KEY_NOT_FOUND"],
  ])("%s is refused without a private-key call", async (_what, change, outcome) => {
    desk.time.now = desk.bidding.openingAt + 2 * MINUTE + (outcome === "done" ? 0 : 1);
    expect(await outcomeOf(desk.release(made, change()))).toBe(outcome);
    if (outcome !== "done") expect(desk.store.calls).toEqual([]);
    expect(desk.store.open()).toBe(0);
  });

  test("of a bid that is not known here, the order is held against what the key block says, once it is open", async () => {
    toOpening();
    const lots = [{ lot: "2标段" }, { projectCode: "JN-2026-119" }, { platformId: "demo-b" }] as const;
    for (const change of lots) expect(await outcomeOf(desk.release(desk.make(change)))).toBe("ORDER_REFUSED lot");
    const later = desk.make({ openingTime: instant(DAY) });
    expect(await outcomeOf(desk.release(later))).toBe("ORDER_REFUSED opening");
    expect(desk.store.calls).toEqual(["open", "open", "open", "open"]);
    expect(desk.store.open()).toBe(0);
    expect((await desk.host.ledger.read(later.header.packageId))?.lines[0]?.failure?.rule).toBe("opening");
  });

  test("the newest notice's opening binds, though the bid was made before", async () => {
    toOpening();
    const { handlers, bidding } = desk;
    const notice = text(bidding.notice({ sequence: 2, openingTime: instant(DAY) }));
    await handlers.updateNotice({ origin: bidding.origin, notice });
    expect(await outcomeOf(desk.release(made))).toBe("ORDER_REFUSED opening");
    expect(desk.store.calls).toEqual([]);
  });

  test.each<[string, () => Uint8Array]>([
    ["bytes without a commitment", () => someBytes(300)],
    ["another file key", () => Buffer.concat([someBytes(32), made.content.subarray(32)])],
    [
      "a header with an earlier opening",
      () =>
        Buffer.concat([made.content.subarray(0, 64), encodeCanonical({ ...made.header, openingTime: instant(-DAY) })]),
    ],
    ["nothing", () => new Uint8Array(0)],
  ])("a key block with %s is one answer, and releases nothing", async (_what, content) => {
    toOpening();
    const keyBlock = text(sealKeyBlock(content(), [desk.store.encryptionOf(desk.keyId)]));
    expect(await outcomeOf(desk.release(made, { keyBlock }))).toBe("BID_NOT_OPENED");
    expect(desk.store.calls).toEqual(["open"]);
    expect(desk.store.open()).toBe(0);
  });

  test("another file key under the id of a bid that was made here is not signed: the header is public, and it would count against the bidder", async () => {
    toOpening();
    const fileKey = someBytes(32);
    const content = encodeKeyBlockContent(gm, fileKey, made.headerBytes);
    const keyBlock = text(sealKeyBlock(content, [desk.store.encryptionOf(desk.keyId)]));
    expect(await outcomeOf(desk.release(made, { keyBlock }))).toBe("BID_NOT_OPENED");
    const other = desk.make({ packageId: made.header.packageId, projectName: "别的工程" });
    expect(await outcomeOf(desk.release(other))).toBe("BID_NOT_OPENED");
    expect(desk.store.calls).toEqual(["open", "open"]);
    expect(desk.store.open()).toBe(0);
    expect(await steps()).toEqual(["release package BID_NOT_OPENED", "release package BID_NOT_OPENED"]);
  });

  test("a wrong PIN is written down and leaves the consent; a consent is used once", async () => {
    toOpening();
    expect(await outcomeOf(desk.release(made, desk.consented(desk.keyId, "wrong-pin")))).toBe("PIN_INCORRECT");
    const consent = desk.consented();
    expect(await outcomeOf(desk.release(made, consent))).toBe("done");
    expect(await outcomeOf(desk.release(made, consent))).toBe("INVALID_REQUEST consentId");
    expect(await steps()).toEqual(["release person PIN_INCORRECT", "release", "release program INVALID_REQUEST"]);
  });
});
