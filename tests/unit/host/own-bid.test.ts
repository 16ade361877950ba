/** A bid that its bidder opens for their own use, by no order: one private-key call, and a file key that only the worker can read. */
import { readSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostParams } from "@certbridge/protocol/host";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { DAY, gm } from "../../support/authority.ts";
import { type MadeBid, sealKeyBlock } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
let made: MadeBid;
const worker = gm.sm2KeyPair();

beforeEach(async () => {
  desk = await openDesk(folder.path);
  made = await desk.handIn();
  desk.store.calls.length = 0;
});

const of = ({ headerBytes, keyBlock }: Pick<MadeBid, "headerBytes" | "keyBlock">) => ({
  header: text(headerBytes),
  keyBlock: text(keyBlock),
});

const open = (change: Partial<HostParams<"openOwnBid">> = {}) =>
  desk.handlers.openOwnBid({ ...desk.consented(), ...of(made), worker: text(worker.publicKey), ...change });

const steps = async () =>
  ((await desk.host.ledger.read(made.header.packageId))?.lines ?? [])
    .slice(2)
    .map(({ step, failure }) => (failure === null ? step : `${step} ${failure.layer} ${failure.code}`));

describe("readOwnBid", () => {
  test("whose platform it is for, and which keys open it; no key is used, and nothing is written down", async () => {
    const other = desk.store.add({ name: "江南建设（手机）" });
    expect(await desk.handlers.readOwnBid(of(made))).toEqual({
      platformName: "江南公共资源交易平台（演示）",
      origins: [desk.bidding.origin],
      keyIds: [desk.keyId],
    });
    expect((await desk.handlers.readOwnBid(of(desk.make({}, [desk.store.encryptionOf(other)])))).keyIds).toEqual([
      other,
    ]);
    const nowhere = await desk.handlers.readOwnBid(of(desk.make({ platformId: "gone" })));
    expect(nowhere).toMatchObject({ platformName: "gone", origins: [] });
    expect(desk.store.calls).toEqual([]);
    expect(await steps()).toEqual([]);
  });

  test("no header, or no key block, is malformed", async () => {
    const { header, keyBlock } = of(made);
    expect(await outcomeOf(desk.handlers.readOwnBid({ header: keyBlock, keyBlock }))).toBe("MALFORMED");
    expect(await outcomeOf(desk.handlers.readOwnBid({ header, keyBlock: header }))).toBe("MALFORMED");
  });
});

describe("openOwnBid", () => {
  test("gives the file key for this worker and this consent alone, long before the opening", async () => {
    const consent = desk.consented();
    const { sealedKey } = await open(consent);
    const plaintext = gm.sm2Decrypt(worker.privateKey, decodeBase64Url(sealedKey)) ?? new Uint8Array(0);
    expect(readSealedFileKey(consent.consentId, plaintext)).toEqual(made.fileKey);
    expect(readSealedFileKey(desk.consented().consentId, plaintext)).toBeNull();
    expect(gm.sm2Decrypt(gm.sm2KeyPair().privateKey, decodeBase64Url(sealedKey))).toBeNull();
    expect(Buffer.from(decodeBase64Url(sealedKey)).includes(Buffer.from(made.fileKey))).toBe(false);
    expect(desk.store.calls).toEqual(["open"]);
    expect(desk.store.open()).toBe(0);
    expect(await steps()).toEqual(["own"]);
  });

  test("a consent is used once", async () => {
    const consent = desk.consented();
    await open(consent);
    expect(await outcomeOf(open(consent))).toBe("INVALID_REQUEST consentId");
    expect(desk.store.calls).toEqual(["open"]);
  });

  test("a wrong PIN leaves the consent, and is written down", async () => {
    const { consentId } = desk.consented();
    const wrong = desk.consented(desk.keyId, "000000");
    expect(await outcomeOf(open(wrong))).toBe("PIN_INCORRECT");
    expect(await outcomeOf(open({ ...wrong, consentId }))).toBe("INVALID_REQUEST sealedPin");
    expect(desk.store.calls).toEqual([]);
    expect(await steps()).toEqual(["own person PIN_INCORRECT", "own program INVALID_REQUEST"]);
  });

  test("a key that it is not for is refused before its PIN is tried", async () => {
    const other = desk.store.add({ name: "另一家" });
    expect(await outcomeOf(open(desk.consented(other)))).toBe("KEY_NOT_FOUND");
    expect(desk.store.calls).toEqual([]);
  });

  test("a renewed certificate's key opens it, and one that expired", async () => {
    const keyId = desk.store.renew(desk.keyId);
    expect(await outcomeOf(open(desk.consented(keyId)))).toBe("done");
    desk.time.now += 500 * DAY;
    expect(await outcomeOf(open(desk.consented(keyId)))).toBe("done");
    expect(desk.store.calls).toEqual(["open", "open"]);
  });

  test("the key block of another bid does not open behind this one's header", async () => {
    const other = await desk.handIn(desk.make());
    desk.store.calls.length = 0;
    expect(await outcomeOf(open({ keyBlock: text(other.keyBlock) }))).toBe("BID_NOT_OPENED");
    expect(desk.store.calls).toEqual(["open"]);
    expect(desk.store.open()).toBe(0);
  });

  test("under a known package id with another file key, it does not open either", async () => {
    const forged = desk.make(made.header);
    expect(forged.headerBytes).toEqual(made.headerBytes);
    expect(await outcomeOf(open({ keyBlock: text(forged.keyBlock) }))).toBe("BID_NOT_OPENED");
    expect(await steps()).toEqual(["own package BID_NOT_OPENED"]);
  });

  test("what is in the envelope and no key block gives nothing", async () => {
    const keyBlock = text(sealKeyBlock(new Uint8Array(80).fill(9), [desk.store.encryptionOf(desk.keyId)]));
    expect(await outcomeOf(open({ keyBlock }))).toBe("BID_NOT_OPENED");
  });

  test("nothing is tried for a worker to which nothing can be encrypted", async () => {
    const off = encodeBase64Url(Uint8Array.of(4, ...new Uint8Array(64).fill(1)));
    expect(await outcomeOf(open({ worker: off }))).toBe("INVALID_REQUEST worker");
    expect(desk.store.calls).toEqual([]);
  });
});
