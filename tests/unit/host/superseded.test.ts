/** A package in whose place a newer one was received: kept, carried and opened like any other, and no worry any more. */
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Cli } from "../../../apps/host/src/cli/cli.ts";
import { runCommand } from "../../../apps/host/src/cli/program.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { whichOf } from "../../../extension/background/operations/own-bids.ts";
import { DAY, gm } from "../../support/authority.ts";
import { type MadeBid, makeBid } from "../../support/bidding.ts";
import { type Desk, openDesk, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;

beforeEach(async () => {
  desk = await openDesk(folder.path);
});

interface Made {
  readonly id: string;
  readonly signatureSm3: string;
}

/** Encrypted a minute after what was before. */
async function encrypt(made: MadeBid = desk.make(), keyId = desk.keyId, notice?: string): Promise<Made> {
  desk.time.now += 60_000;
  const asked = { ...desk.consented(keyId), ...(notice === undefined ? {} : { notice }) };
  const { consentId } = await desk.begin(made, asked);
  const { signature } = await desk.finish(consentId, made);
  await desk.confirm(consentId, made);
  return { id: made.header.packageId, signatureSm3: encodeBase64Url(gm.sm3(decodeBase64Url(signature))) };
}

/** The platform received it so many minutes later than a day before the opening. */
async function receive({ id, signatureSm3 }: Made, minutes: number, change = {}): Promise<void> {
  const stampedAt = desk.bidding.openingAt - DAY + minutes * 60_000;
  const receipt = text(desk.bidding.receipt({ packageId: id, signatureSm3 }, { stampedAt, change }));
  const { origin } = desk.bidding;
  await desk.handlers.saveReceipt({ origin, packageId: id, receipt });
}

/** By package id, in the order in which they are listed. */
const listed = async () => (await desk.handlers.bids({})).bids.map((bid) => [bid.packageId, bid.supersededBy ?? null]);

test("the newer one's receipt does it; that it was made does not", async () => {
  const old = await encrypt();
  await receive(old, 1);
  const fresh = await encrypt();
  expect(Object.fromEntries(await listed())).toEqual({ [old.id]: null, [fresh.id]: null });
  await receive(fresh, 2);
  expect(await listed()).toEqual([
    [fresh.id, null],
    [old.id, fresh.id],
  ]);
  const third = await encrypt();
  expect(Object.fromEntries(await listed())).toEqual({ [old.id]: fresh.id, [fresh.id]: null, [third.id]: null });
  await receive(third, 3);
  expect(Object.fromEntries(await listed())).toEqual({ [old.id]: third.id, [fresh.id]: third.id, [third.id]: null });
});

test("a draft that was never handed in is superseded as well, if it is older", async () => {
  const draft = await encrypt();
  const handedIn = await encrypt();
  const later = await encrypt();
  await receive(handedIn, 1);
  expect(Object.fromEntries(await listed())).toEqual({
    [draft.id]: handedIn.id,
    [handedIn.id]: null,
    [later.id]: null,
  });
});

test("where clock and time stamps say different things, none is: each of them may count", async () => {
  const first = await encrypt();
  const second = await encrypt();
  await receive(second, 1);
  await receive(first, 2);
  expect(Object.fromEntries(await listed())).toEqual({ [first.id]: null, [second.id]: null });
});

test("one that was handed in again is the newest again, for the list as for the opening", async () => {
  const first = await encrypt();
  await receive(first, 1);
  const second = await encrypt();
  await receive(second, 2);
  expect(await listed()).toContainEqual([first.id, second.id]);
  await receive(first, 3);
  expect(Object.fromEntries(await listed())).toEqual({ [first.id]: null, [second.id]: null });
  const { bids } = await desk.handlers.bids({});
  expect(whichOf(bids, first.id)).toMatchObject({ which: { isNewest: true } });
  expect(whichOf(bids, second.id)).toMatchObject({ which: { isNewest: false } });
});

test("another lot's, and another company's, supersede none; a renewed certificate's does", async () => {
  const old = await encrypt();
  const opening = new Date(desk.bidding.openingAt).toISOString();
  const lot = { lot: "2标段" };
  const elsewhere = await encrypt(desk.make(lot), desk.keyId, text(desk.bidding.notice(lot)));
  await receive(elsewhere, 5, lot);
  const company = desk.store.add({ name: "别家有限公司", uscc: "91320000134778801B" });
  const theirs = await encrypt(makeBid(company, opening, [desk.store.encryptionOf(company)], {}), company);
  await receive(theirs, 6);
  expect(Object.fromEntries(await listed())).toEqual({ [old.id]: null, [elsewhere.id]: null, [theirs.id]: null });

  const renewed = desk.store.renew(desk.keyId, { name: "改了名的有限公司" });
  const fresh = await encrypt(makeBid(renewed, opening, [desk.store.encryptionOf(renewed)], {}), renewed);
  await receive(fresh, 7);
  expect(Object.fromEntries(await listed())).toMatchObject({ [old.id]: fresh.id, [theirs.id]: null });
});

test("it is still tried, carried and released; the command line counts it no more", async () => {
  const made = desk.make();
  const old = await encrypt(made);
  const fresh = await encrypt();
  await receive(fresh, 1);
  const tried = await desk.handlers.rehearseBid({ ...desk.consented(), packageId: old.id });
  expect(tried).toMatchObject({ packageId: old.id, supersededBy: fresh.id });
  expect((await desk.handlers.exportBid({ packageId: old.id })).bid.header).toBe(text(made.headerBytes));
  await desk.host.bids.rehearsed(old.id, { at: new Date(desk.time.now).toISOString(), opened: false });

  const lines: string[] = [];
  const openHost = () => Promise.resolve({ host: desk.host, store: null });
  const home = homeAt(folder.path);
  const say = (line: string) => void lines.push(line);
  const cli = { version: "0.1.0", home, openHost, say } as unknown as Cli;
  expect(await runCommand(cli, ["bids"], () => undefined)).toBe(0);
  expect(lines.find((line) => line.startsWith(old.id))).toContain("已由新文件替代");
  expect(lines.filter((line) => line.includes("✗"))).toEqual([]);
  lines.length = 0;
  expect(await runCommand(cli, ["bids", "check"], () => undefined)).toBe(0);
  expect(lines.join("\n")).toContain(fresh.id);
  expect(lines.join("\n")).not.toContain(old.id);

  desk.time.now = desk.bidding.openingAt + 120_000;
  expect((await desk.release(made)).packageId).toBe(old.id);
});
