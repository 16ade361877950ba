/** An open bid taken to the bidder's other computer: what its bidder and its platform signed is believed, and nothing else. */
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CarriedBid, readOpenBidsFile, writeOpenBidsFile } from "@certbridge/protocol/bid";
import { hexOf } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Cli } from "../../../apps/host/src/cli/cli.ts";
import { runCommand } from "../../../apps/host/src/cli/program.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import type { Host } from "../../../apps/host/src/host.ts";
import { createHandlers } from "../../../apps/host/src/verbs/index.ts";
import { gm, party } from "../../support/authority.ts";
import { carryBid, type MadeBid } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, someBytes, text } from "../../support/bid-desk.ts";
import { newId, PIN, temporaryFolder } from "../../support/host.ts";
import { openRooms, openRun } from "../../support/host-rooms.ts";
import { sealFor } from "../../support/client.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
let made: MadeBid;
let signatureSm3: string;
let other: Host;
let count = 0;

/** Another computer, where the same CA锁 is. */
const openOther = (change: Partial<Parameters<typeof openRooms>[0]> = {}): Promise<Host> =>
  openRooms({
    folder: join(folder.path, `other-${++count}`),
    clock: () => desk.time.now,
    stores: [desk.store],
    registry: desk.host.registry,
    ...change,
  });

beforeEach(async () => {
  desk = await openDesk(folder.path);
  made = desk.make();
  const { consentId } = await desk.begin(made);
  const { signature } = await desk.finish(consentId, made);
  await desk.confirm(consentId, made);
  signatureSm3 = encodeBase64Url(gm.sm3(decodeBase64Url(signature)));
  other = await openOther();
});

const at = (host: Host) => createHandlers(host, openRun(host));
const carry = async (): Promise<CarriedBid> =>
  (await desk.handlers.exportBid({ packageId: made.header.packageId })).bid;
const bring = (bid: CarriedBid, host = other) => at(host).importBid({ bid });
const receiptOf = (stampedAt?: number) =>
  text(
    desk.bidding.receipt(
      { packageId: made.header.packageId, signatureSm3 },
      stampedAt === undefined ? {} : { stampedAt },
    ),
  );

function consented(host: Host, keyId = desk.keyId) {
  const consentId = newId();
  return { consentId, keyId, sealedPin: sealFor(host.identity.publicKey, consentId, PIN) };
}

describe("on the other computer", () => {
  test("a committee that only the platform names counts as no spare there, either", async () => {
    const committee = party("救济委员会", null, { keyUsage: ["keyEncipherment"] }).certificate;
    const notice = text(desk.bidding.notice({ sequence: 2, committee: text(committee.der) }));
    const bid = desk.make({}, [desk.store.encryptionOf(desk.keyId), committee.der]);
    const { consentId } = await desk.begin(bid, { notice });
    await desk.finish(consentId, bid);
    await desk.confirm(consentId, bid);
    const { packageId } = bid.header;
    await bring((await desk.handlers.exportBid({ packageId })).bid);
    const spareAt = async (host: Host) =>
      (await at(host).bids({})).bids
        .find((each) => each.packageId === packageId)
        ?.results.find(({ rule }) => rule === "second-recipient")?.outcome;
    expect(await spareAt(desk.host)).toBe("warning");
    expect(await spareAt(other)).toBe("warning");
    const platforms = other.registry.platforms.map((platform) => ({
      ...platform,
      committeeKeysSm3: [hexOf(gm.sm3(committee.publicKey))],
    }));
    expect(await spareAt({ ...other, registry: { ...other.registry, platforms } })).toBe("good");
  });

  test("the bid is listed, rehearsed, and its key released; by the key that is renewed there, too", async () => {
    await desk.handlers.saveReceipt({
      origin: desk.bidding.origin,
      packageId: made.header.packageId,
      receipt: receiptOf(),
    });
    const newer = text(desk.bidding.notice({ sequence: 4 }));
    await desk.handlers.updateNotice({ origin: desk.bidding.origin, notice: newer });
    expect(await bring(await carry())).toEqual({ packageId: made.header.packageId, outcome: "added" });

    const [listed] = (await at(other).bids({})).bids;
    expect(listed).toMatchObject({
      packageId: made.header.packageId,
      keyId: desk.keyId,
      rehearsedAt: null,
      lot: { sequence: 4 },
    });
    expect(listed?.receiptAt).not.toBeNull();
    // It was tried there, not here.
    for (const rule of ["trial-opening", "device-key"] as const) {
      expect(listed?.results).toContainEqual({ rule, outcome: "unknown" });
    }
    const { packageId } = made.header;
    const rehearsed = await at(other).rehearseBid({ ...consented(other), packageId });
    expect(rehearsed.results).toContainEqual({ rule: "trial-opening", outcome: "good" });
    // The record of this computer begins here; the other one's has its own.
    expect((await other.ledger.read(packageId))?.lines.map(({ step }) => step)).toEqual(["rehearse"]);

    desk.time.now = desk.bidding.openingAt + 120_000;
    const keyId = desk.store.renew(desk.keyId);
    const asked = { origin: desk.bidding.origin, keyBlock: text(made.keyBlock), order: text(desk.bidding.order()) };
    const released = await at(other).releaseKey({ ...consented(other, keyId), ...asked, clockAccepted: false });
    expect(released.packageId).toBe(packageId);
  });

  test("what comes out of it can be taken on to a third one", async () => {
    const carried = await carry();
    await bring(carried);
    expect((await at(other).exportBid({ packageId: made.header.packageId })).bid).toEqual(carried);
  });

  test("a renewed certificate of the same code may bring it in, before it was here", async () => {
    const carried = await carry();
    desk.store.renew(desk.keyId);
    expect(await bring(carried)).toMatchObject({ outcome: "added" });
  });

  test("a second time it says nothing new, but a receipt and a notice that were not here", async () => {
    const before = await carry();
    await bring(before);
    await at(other).rehearseBid({ ...consented(other), packageId: made.header.packageId });
    const newer = text(desk.bidding.notice({ sequence: 2 }));
    expect(await bring({ ...before, receipt: receiptOf(), notice: newer })).toMatchObject({ outcome: "known" });
    // The first file again takes nothing away.
    expect(await bring(before)).toMatchObject({ outcome: "known" });
    const { bid } = (await other.bids.find(made.header.packageId)) ?? { bid: null };
    expect(bid?.receipt).not.toBeNull();
    expect(bid?.rehearsal).not.toBeNull();
    expect((await other.notices.newest(made.header))?.sequence).toBe(2);
  });

  test("of the receipts there and here the first and the newest stay, in whatever order they come, and go on", async () => {
    const carried = await carry();
    const first = desk.bidding.openingAt - 86_400_000 + 60_000;
    const [early, between, late] = [0, 60_000, 120_000].map((later) => receiptOf(first + later));
    await bring({ ...carried, receipt: between ?? null });
    await bring({ ...carried, receipt: early ?? null, laterReceipt: late ?? "" });
    await bring({ ...carried, receipt: between ?? null });
    const both = { receipt: early, laterReceipt: late };
    expect((await at(other).exportBid({ packageId: made.header.packageId })).bid).toMatchObject(both);
    const { bid } = (await other.bids.find(made.header.packageId)) ?? { bid: null };
    expect([bid?.receipt?.der, bid?.laterReceipt?.der]).toEqual([early, late]);
  });
});

describe("is refused", () => {
  const altered = (value: string): string => {
    const bytes = decodeBase64Url(value);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    return encodeBase64Url(bytes);
  };

  async function mustRefuse(bid: CarriedBid, code: RegExp, host = other): Promise<void> {
    expect(await outcomeOf(bring(bid, host))).toMatch(code);
    expect(await host.bids.all()).toEqual([]);
    expect(await host.notices.newest(made.header)).toBeNull();
  }

  test.each(["header", "trailer", "keyBlock", "encryptionCertificate", "report"] as const)(
    "where one bit of its %s is another",
    async (name) => {
      const carried = await carry();
      await mustRefuse({ ...carried, [name]: altered(carried[name]) }, /^MALFORMED$/);
    },
  );

  test("where its signature is another one than it says, or by somebody else", async () => {
    const carried = await carry();
    const { signature = "" } = carried;
    await mustRefuse({ ...carried, signature: altered(signature) }, /^MALFORMED$/);
    const cut = decodeBase64Url(signature).subarray(0, -1);
    await mustRefuse({ ...carried, signature: text(cut), signatureSm3: text(gm.sm3(cut)) }, /^MALFORMED$/);
    const another = desk.make();
    const { signature: theirs } = await desk.finish((await desk.begin(another)).consentId, another);
    const theirSm3 = text(gm.sm3(decodeBase64Url(theirs)));
    await mustRefuse({ ...carried, signature: theirs, signatureSm3: theirSm3 }, /^MALFORMED$/);
  });

  test("where notice or receipt is altered, of another platform, lot or package", async () => {
    const carried = await carry();
    const { notice } = carried;
    await mustRefuse({ ...carried, notice: altered(notice ?? "") }, /^(MALFORMED|PLATFORM_UNPROVED)$/);
    const stranger = party("假平台", null, { keyUsage: ["digitalSignature"] });
    await mustRefuse({ ...carried, notice: text(desk.bidding.notice({}, stranger)) }, /^PLATFORM_UNPROVED$/);
    await mustRefuse({ ...carried, notice: text(desk.bidding.notice({ lot: "2标段" })) }, /^MALFORMED$/);
    const { packageId } = made.header;
    const receipt = (of: { packageId: string; signatureSm3: string }, options = {}) =>
      text(desk.bidding.receipt(of, options));
    const of = { packageId, signatureSm3 };
    await mustRefuse({ ...carried, receipt: receipt({ ...of, packageId: text(someBytes(16)) }) }, /^MALFORMED$/);
    await mustRefuse({ ...carried, receipt: receipt({ ...of, signatureSm3: text(someBytes(32)) }) }, /^MALFORMED$/);
    await mustRefuse({ ...carried, receipt: receipt(of, { by: stranger }) }, /^PLATFORM_UNPROVED$/);
    await mustRefuse({ ...carried, receipt: receipt(of, { change: { lot: "2标段" } }) }, /^MALFORMED$/);
    await mustRefuse({ ...carried, receipt: receipt(of, { stampedAt: null }) }, /^PLATFORM_UNPROVED$/);
    const late = (laterReceipt: string) => ({ ...carried, receipt: receipt(of), laterReceipt });
    await mustRefuse(late(receipt({ ...of, signatureSm3: text(someBytes(32)) })), /^MALFORMED$/);
    await mustRefuse(late(receipt(of, { by: stranger })), /^PLATFORM_UNPROVED$/);
  });

  test("where the registry here has no such platform", async () => {
    const registry = { ...desk.host.registry, platforms: [] };
    await mustRefuse(await carry(), /^PLATFORM_UNPROVED$/, await openOther({ registry }));
  });

  test("where no key here opens it", async () => {
    await mustRefuse(await carry(), /^KEY_NOT_FOUND$/, await openOther({ stores: [] }));
    const carried = await carry();
    desk.store.remove(desk.keyId);
    desk.store.add({ name: "另一家公司", uscc: "91320100MA1DEM0025" });
    await mustRefuse(carried, /^KEY_NOT_FOUND$/);
  });

  test("where somebody else signed it, though this key would open it: for a package id of ours, too", async () => {
    const attacker = party("对手", null, { keyUsage: ["digitalSignature"] });
    const encryption = desk.store.encryptionOf(desk.keyId);
    const keyId = encodeBase64Url(gm.sm3(attacker.certificate.der));
    const { packageId } = made.header;
    const forged = desk.make({ packageId, signingCertificateSm3: keyId }, [encryption]);
    await mustRefuse(carryBid(forged, encryption, attacker), /^KEY_NOT_FOUND$/);
    // Under the bidder's own certificate's name it does not hold at all.
    await mustRefuse(carryBid(desk.make({ packageId }), encryption, attacker), /^MALFORMED$/);
  });

  test("where another bid of the same id is here already", async () => {
    const carried = await carry();
    await bring(carried);
    const { signature: _left, ...unsigned } = carried;
    const another = { ...unsigned, signatureSm3: text(someBytes(32)) };
    expect(await outcomeOf(bring(another))).toBe("INVALID_REQUEST packageId");
  });

  test("where a notice of the same number says something else", async () => {
    const later = new Date(desk.bidding.openingAt + 60_000).toISOString();
    await other.notices.keep({
      said: { ...(await saidOf()), openingTime: later },
      der: desk.bidding.notice({ openingTime: later }),
    });
    expect(await outcomeOf(bring(await carry()))).toBe("NOTICE_OUTDATED");
    expect(await other.bids.all()).toEqual([]);
  });
  const saidOf = async () => {
    const said = await desk.host.notices.newest(made.header);
    if (said === null) throw new Error("a notice expected");
    return said;
  };
});

describe("the file", () => {
  test("is read back entry by entry, and nothing else is one", async () => {
    const file = writeOpenBidsFile([await carry()]);
    expect(readOpenBidsFile(Buffer.from(file))).toHaveLength(1);
    const entries = (len: number) => ({ format: "shared-certificate-open-bids:1", bids: Array.from({ length: len }) });
    const json = (value: unknown) => Buffer.from(JSON.stringify(value));
    expect(readOpenBidsFile(json(entries(limits.openBidsInFile)))).toHaveLength(limits.openBidsInFile);
    expect(readOpenBidsFile(json(entries(limits.openBidsInFile + 1)))).toBeNull();
    expect(readOpenBidsFile(json(entries(0)))).toBeNull();
    expect(readOpenBidsFile(json({ ...entries(1), more: 1 }))).toBeNull();
    expect(readOpenBidsFile(Buffer.from([0xff, 0xfe]))).toBeNull();
    const padded = Buffer.concat([Buffer.from(file), Buffer.alloc(limits.openBidsFileLen, " ")]);
    expect(readOpenBidsFile(padded)).toBeNull();
    expect(readOpenBidsFile(padded.subarray(0, limits.openBidsFileLen))).toHaveLength(1);
  });

  test("says neither key nor PIN", async () => {
    const file = writeOpenBidsFile([await carry()]);
    for (const secret of [text(made.fileKey), Buffer.from(made.fileKey).toString("hex"), PIN]) {
      expect(file).not.toContain(secret);
    }
  });
});

describe("certbridge-host bids", () => {
  async function run(host: Host, ...args: string[]) {
    const lines: string[] = [];
    const complaints: string[] = [];
    const cli = {
      version: "0.1.0",
      home: homeAt(folder.path),
      openHost: () => Promise.resolve({ host, store: null }),
      say: (line: string) => void lines.push(line),
    };
    const status = await runCommand(cli as unknown as Cli, args, (line) => void complaints.push(line));
    return { status, out: lines.join("\n"), complaints: complaints.join("\n") };
  }

  test("export writes a file for its owner only, and import takes what is whole", async () => {
    const path = join(folder.path, `open-${count}.cbopen`);
    expect(await run(desk.host, "bids", "export", path)).toMatchObject({ status: 0, complaints: "" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await run(desk.host, "bids", "export", path)).status).toBe(1);

    const { format, bids } = JSON.parse(readFileSync(path, "utf8")) as { format: string; bids: object[] };
    chmodSync(path, 0o600);
    writeFileSync(path, JSON.stringify({ format, bids: [{ ...bids[0], more: 1 }, ...bids] }));
    const imported = await run(other, "bids", "import", path);
    expect(imported.status).toBe(1);
    expect(imported.out).toMatch(/✗ .*open bid/);
    expect(imported.out).toContain(`✓ ${made.header.packageId}`);
    expect(imported.complaints).toContain("1份标书未导入");
    expect((await run(other, "bids")).out).toContain(made.header.packageId);
    // Nothing that happened there is in the record here, and that is no fault of it.
    await at(other).rehearseBid({ ...consented(other), packageId: made.header.packageId });
    expect(await run(other, "ledger", made.header.packageId)).toMatchObject({ status: 0, complaints: "" });
  });

  test("a computer without bids exports none, and what is no file of bids is said so", async () => {
    const path = join(folder.path, `none-${count}.cbopen`);
    expect((await run(other, "bids", "export", path)).complaints).toContain("没有等待开标的标书");
    writeFileSync(path, "{}");
    expect((await run(other, "bids", "import", path)).complaints).toContain("Not a file of open bids");
  });
});
