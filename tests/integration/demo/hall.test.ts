import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BidderKeys, obtainKeys } from "@certbridge/demo/bidders";
import { hexOf } from "@certbridge/pki";
import { createOpeningDesk, type TimeStamping } from "@certbridge/verify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createBids } from "../../../apps/demo/src/platform/bids.ts";
import { createHall } from "../../../apps/demo/src/platform/hall.ts";
import { createLots, type Lot } from "../../../apps/demo/src/platform/lots.ts";
import { withPatience } from "../../../apps/demo/src/platform/patience.ts";
import type { RoomKey } from "../../../apps/demo/src/platform/room-key.ts";
import { createUploads } from "../../../apps/demo/src/platform/uploads.ts";
import { writeAll } from "../../../apps/demo/src/platform/write-all.ts";
import { type ReleaseChanges, releaseKey, strangeContent } from "../../support/sealed-bid.ts";
import { type BidWorld, createBidWorld, OPENING, said } from "../../unit/verify/bid-world.ts";
import { codeOf, gm } from "../../unit/verify/world.ts";

/** Intake and hall with an authority, a disk's queue and a clock that the test has in its hand: real packages, keys and stamps. */
const folder = mkdtempSync(join(tmpdir(), "hall-room-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let world: BidWorld;
let made: ReturnType<typeof createRooms>;
beforeAll(() => {
  world = createBidWorld();
});

const PART_LEN = 8 * 1024 * 1024;
const accountOf = ({ applicant }: BidderKeys) => ({
  ...applicant,
  source: "form",
  facts: {},
  received: {},
  declared: null,
  createdAt: 0,
});

function createRooms() {
  const { clock, timeStamps, platform, verifier } = world;
  /** What happens before a token is given, and before a package is judged. */
  const before = { stamp: async () => {}, judge: async () => {} };
  const timeStamping: TimeStamping = {
    keysSm3: timeStamps.timeStamping.keysSm3,
    stamp: async (imprint) => {
      await before.stamp();
      return timeStamps.timeStamping.stamp(imprint);
    },
  };
  const desk = createOpeningDesk({ gm, platform, timeStamping: withPatience(timeStamping, 200), clock });
  const lots = createLots(desk);
  const uploads = createUploads(gm, join(folder, "uploads"));
  const judging: typeof verifier = {
    ...verifier,
    async verifyPackage(source, expected) {
      await before.judge();
      return verifier.verifyPackage(source, expected);
    },
  };
  const bids = createBids({ verifier: judging, desk, lots, uploads, folder: join(folder, "packages"), clock });
  const keys: RoomKey[] = [];
  const hall = createHall({
    bids,
    desk,
    verifier,
    makeRoomKey() {
      const { encryption, encryptionKey } = obtainKeys(gm, world.authorities.jiangnan, world.platformKeys.applicant);
      keys.push({ certificate: encryption, privateKey: encryptionKey });
      return keys.at(-1) as RoomKey;
    },
    folder: join(folder, "opened"),
    clock,
    report: () => undefined,
  });
  return { before, lots, uploads, bids, hall, keys };
}

let lotsMade = 0;
let lot: Lot;
beforeEach(() => {
  world.setTime(OPENING - 60_000);
  made = createRooms();
  lotsMade++;
  const { projectCode, projectName } = said;
  lot = made.lots.announce({ id: `hall-${lotsMade}`, projectCode, projectName, lot: "一标段", openingAt: OPENING });
});

/** A package of this bidder's, uploaded whole. */
async function upload(bidder: BidderKeys) {
  const sealed = await world.seal({}, bidder, lot.newest.said);
  const { uscc } = bidder.applicant;
  const { id } = await made.uploads.begin({ uscc, lotId: lot.id, size: sealed.bytes.length });
  for (let at = 0, part = 0; at < sealed.bytes.length; at += PART_LEN, part++) {
    const bytes = sealed.bytes.subarray(at, at + PART_LEN);
    await made.uploads.putPart(made.uploads.find(id, uscc), part, hexOf(gm.sm3(bytes)), bytes);
  }
  return { ...sealed, uploadId: id, submit: () => made.bids.submit(accountOf(bidder), id) };
}

const release = (bidder: BidderKeys, changes?: ReleaseChanges) => {
  const { bid } = made.hall.seat(lot.id, bidder.applicant.uscc);
  const order = made.hall.order(lot.id)?.der ?? new Uint8Array(0);
  const key = releaseKey(gm, bidder, bid.verified.keyBlock, order, changes);
  return { key, done: made.hall.release(lot, bidder.applicant.uscc, key) };
};

const seatOf = (bidder: BidderKeys) => made.hall.seat(lot.id, bidder.applicant.uscc);

/** A promise that is kept by hand, and one that somebody waits for it. */
function gate() {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const wait = async () => {
    reach();
    await opened;
  };
  return { open, reached, wait };
}

const isPending = async (one: Promise<unknown>): Promise<boolean> => {
  const nothing = {};
  const turn = new Promise((go) => void setTimeout(() => go(nothing), 50));
  return (await Promise.race([one, turn])) === nothing;
};

describe("which bid is opened", () => {
  test("is settled by the order: what came in time and is still being judged is waited for, however long that takes", async () => {
    const bidder = world.newcomer();
    await (await upload(bidder)).submit();
    const second = await upload(bidder);
    const { open, wait } = gate();
    made.before.judge = wait;
    const judged = second.submit();
    world.setTime(OPENING + 1000);
    const begun = made.hall.begin(lot);
    expect(await isPending(begun)).toBe(true);
    expect(made.hall.state(lot.id)).toBe("opening");
    open();
    await begun;
    await judged;
    expect(seatOf(bidder).bid.verified.packageId).toBe(second.header.packageId);
  });

  test("and by when its last byte came, not by how long it was judged", async () => {
    const bidder = world.newcomer();
    const first = await upload(bidder);
    const second = await upload(bidder);
    const { open, reached, wait } = gate();
    made.before.judge = wait;
    const slow = first.submit();
    await reached;
    made.before.judge = async () => {};
    world.setTime(OPENING - 50_000);
    await second.submit();
    open();
    await slow;
    expect(made.bids.find(lot.id, bidder.applicant.uscc)?.verified.packageId).toBe(second.header.packageId);
    expect(made.bids.of(lot.id)).toHaveLength(1);
  });

  test("a package that the server failed to judge counts by when it came, its parts stay, and the order has it judged once more", async () => {
    const [bidder, other] = [world.newcomer(), world.newcomer()];
    const isBroken = () => Promise.reject(new Error("EIO"));
    const { uscc } = bidder.applicant;
    const first = await upload(bidder);
    made.before.judge = isBroken;
    await expect(first.submit()).rejects.toThrow("EIO");
    const part = first.bytes.subarray(0, PART_LEN);
    const again = made.uploads.putPart(made.uploads.find(first.uploadId, uscc), 0, hexOf(gm.sm3(part)), part);
    await expect(again).rejects.toMatchObject({ code: "UPLOAD_UNKNOWN" });
    made.before.judge = async () => {};
    const receivedAt = OPENING - 60_000;
    world.setTime(receivedAt + 1000);
    const second = await upload(bidder);
    await second.submit();
    world.setTime(receivedAt + 2000);
    // Judged after the other one, it came before it.
    expect((await first.submit()).verified.receivedAt).toBe(receivedAt);
    expect(made.bids.find(lot.id, uscc)?.uploadId).toBe(second.uploadId);

    made.before.judge = isBroken;
    const lone = await upload(other);
    await expect(lone.submit()).rejects.toThrow("EIO");
    // What waits for the server gives way to nothing that is only begun.
    for (let begun = 0; begun < 6; begun++) {
      await made.uploads.begin({ uscc: other.applicant.uscc, lotId: lot.id, size: 1 });
    }
    made.before.judge = async () => {};
    world.setTime(OPENING + 1000);
    await made.hall.begin(lot);
    expect(seatOf(other).bid).toMatchObject({ uploadId: lone.uploadId, verified: { receivedAt: receivedAt + 2000 } });
    expect((await lone.submit()).receipt).not.toBeNull();
  });

  test("no later one takes its place, not even where the server's clock goes back", async () => {
    const bidder = world.newcomer();
    const first = await upload(bidder);
    await first.submit();
    world.setTime(OPENING + 1000);
    await made.hall.begin(lot);
    await release(bidder).done;
    await made.hall.idle();
    const second = await upload(bidder);
    expect(await codeOf(second.submit())).toBe("PACKAGE_LATE");
    world.setTime(OPENING - 1000);
    await (await upload(bidder)).submit();
    expect(made.hall.seats(lot.id).map(({ bid, status }) => [bid.verified.packageId, status])).toEqual([
      [first.header.packageId, "opened"],
    ]);
    expect(seatOf(bidder).bid.verified.packageId).toBe(first.header.packageId);
  });
});

describe("a time-stamping authority", () => {
  const fail = async () => {
    throw new Error("the authority is down");
  };

  test("that fails loses no bid: it counts, and its receipt is had by asking once more", async () => {
    const bidder = world.newcomer();
    const handed = await upload(bidder);
    made.before.stamp = fail;
    await expect(handed.submit()).rejects.toMatchObject({ code: "RECEIPT_DELAYED" });
    const kept = made.bids.find(lot.id, bidder.applicant.uscc);
    expect(kept).toMatchObject({ receipt: null, verified: { receivedAt: OPENING - 60_000 } });
    expect(existsSync(kept?.path ?? "")).toBe(true);
    world.setTime(OPENING - 30_000);
    await expect(handed.submit()).rejects.toMatchObject({ code: "RECEIPT_DELAYED" });
    made.before.stamp = async () => {};
    const [once, again] = await Promise.all([handed.submit(), handed.submit()]);
    expect(again.receipt).toBe(once.receipt);
    expect(once.receipt.said).toMatchObject({ packageId: handed.header.packageId });
    expect(Date.parse(once.receipt.said.receivedAt)).toBe(OPENING - 60_000);
    expect(made.bids.of(lot.id)).toHaveLength(1);
  });

  test("that never answers holds up neither the bidder nor the opening", async () => {
    const bidder = world.newcomer();
    await (await upload(bidder)).submit();
    world.setTime(OPENING + 1000);
    await made.hall.begin(lot);
    made.before.stamp = () => new Promise(() => undefined);
    await release(bidder).done;
    await made.hall.idle();
    expect(seatOf(bidder)).toMatchObject({ status: "opened", answer: null });
    const other = await upload(world.newcomer());
    world.setTime(OPENING - 1000);
    await expect(other.submit()).rejects.toMatchObject({ code: "RECEIPT_DELAYED" });
  });

  test("is asked behind the answer to whoever released the key, right or refused", async () => {
    const bidder = world.newcomer();
    await (await upload(bidder)).submit();
    world.setTime(OPENING + 1000);
    await made.hall.begin(lot);
    const { open, wait } = gate();
    made.before.stamp = wait;
    expect(await codeOf(release(bidder, { content: new Uint8Array(64) }).done)).toBe("RELEASED_KEY_WRONG");
    expect(seatOf(bidder)).toMatchObject({ status: "failed", answer: null });
    const { key, done } = release(bidder);
    await done;
    expect(seatOf(bidder)).toMatchObject({ status: "opening", answer: null, releasedAt: OPENING + 1000 });
    open();
    await made.hall.idle();
    // Of the two that were asked for, that to the last key stays.
    const { answer, status } = seatOf(bidder);
    expect(status).toBe("opened");
    expect(answer?.said).toMatchObject({
      refusal: null,
      releasedKeySm3: Buffer.from(gm.sm3(key)).toString("base64url"),
    });
  });
});

describe("what is kept of a bidder", () => {
  const FLOOD = 60;

  test("shows who is to blame, whatever else the bidder's page has sent", async () => {
    const bidder = world.newcomer();
    const bid = await upload(bidder);
    await bid.submit();
    const { uscc } = bidder.applicant;
    expect(() => made.hall.report(lot, uscc, "KEY_NOT_FOUND")).toThrow("HALL_NOT_OPEN");
    world.setTime(OPENING + 1000);
    await made.hall.begin(lot);
    for (let at = 0; at < FLOOD; at++) made.hall.report(lot, uscc, "KEY_NOT_FOUND");
    for (let at = 0; at < FLOOD; at++) {
      expect(await codeOf(made.hall.release(lot, uscc, Uint8Array.of(0x30, at)))).toBe("RELEASED_KEY_MALFORMED");
    }
    const wrong = release(bidder, { content: strangeContent(gm, bid.header) });
    expect(await codeOf(wrong.done)).toBe("RELEASED_KEY_WRONG");
    for (let at = 0; at < FLOOD; at++) made.hall.report(lot, uscc, "KEY_NOT_FOUND");
    const seat = seatOf(bidder);
    expect(seat.troubles.filter(({ blamed }) => blamed)).toMatchObject([{ code: "RELEASED_KEY_WRONG" }]);
    expect(seat.troubles.length).toBeLessThanOrEqual(50);
    expect(seat.evidence).toHaveLength(50);
    expect(seat.evidence).toContain(wrong.key);
    await made.hall.idle();
    expect(seatOf(bidder).answer?.said.refusal).toBe("RELEASED_KEY_WRONG");
  });
});

describe("a room's key", () => {
  const isWiped = ({ privateKey }: RoomKey): boolean => privateKey.every((byte) => byte === 0);

  test("is overwritten when the hall is closed, and not before what is being opened is open", async () => {
    const bidder = world.newcomer();
    await (await upload(bidder)).submit();
    world.setTime(OPENING + 1000);
    await made.hall.begin(lot);
    await release(bidder).done;
    made.hall.close(lot);
    expect(made.keys.map(isWiped)).toEqual([false]);
    await made.hall.idle();
    expect(seatOf(bidder).status).toBe("opened");
    expect(made.keys.map(isWiped)).toEqual([true]);
  });

  test("is overwritten when a new order has another, and where no order went out", async () => {
    const bidder = world.newcomer();
    await (await upload(bidder)).submit();
    world.setTime(OPENING + 1000);
    made.before.stamp = async () => {
      throw new Error("the authority is down");
    };
    await expect(made.hall.begin(lot)).rejects.toThrow("the authority is down");
    made.before.stamp = async () => {};
    await made.hall.begin(lot);
    world.setTime(OPENING + 31 * 60_000);
    await made.hall.begin(lot);
    expect(made.keys.map(isWiped)).toEqual([true, true, false]);
  });
});

describe("bytes on a disk", () => {
  /** Takes so many bytes at once, and no more than there is room for. */
  const disk = (atOnce: number, room: number) => {
    const there: number[] = [];
    const write = async (bytes: Uint8Array, from: number, len: number, at: number) => {
      if (there.length >= room) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      const bytesWritten = Math.min(atOnce, len, room - there.length);
      for (let place = 0; place < bytesWritten; place++) there[at + place] = bytes[from + place] ?? 0;
      return { bytesWritten, buffer: bytes };
    };
    return { there, file: { write: write as never } };
  };

  test("are all written, a write that took fewer is gone on with, and a full disk is an error", async () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, at) => at);
    const slow = disk(7, 1000);
    await writeAll(slow.file, bytes, 0);
    expect(slow.there).toEqual([...bytes]);
    await expect(writeAll(disk(64, 90).file, bytes, 0)).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(writeAll(disk(0, 90).file, bytes, 0)).rejects.toThrow("nothing was written");
  });
});
