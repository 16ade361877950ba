import { createTimeStampAuthority } from "@certbridge/demo/time-stamps";
import { hexOf, parseCertificate, parseSignedData, verifySignedData, verifyTimeStampToken } from "@certbridge/pki";
import { bidReceipt, openingOrder, openingReceipt } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { BID_RECEIPT, OPENING_RECEIPT, ORDER } from "@certbridge/protocol/content-types";
import { readNotice } from "@certbridge/trust";
import { createOpeningDesk, type TimeStamping } from "@certbridge/verify";
import { beforeAll, describe, expect, test } from "vitest";
import { releaseKey } from "../../support/sealed-bid.ts";
import { type BidWorld, createBidWorld, OPENING, said } from "./bid-world.ts";
import { codeOf, DAY_MS, gm, OTHER_ORIGIN, START } from "./world.ts";

/** What a platform signs about bids: notices, receipts, orders. */
const STAMP = "1.2.840.113549.1.9.16.2.14";

let world: BidWorld;
beforeAll(() => {
  world = createBidWorld();
});

/** Content, signer, and the time of the stamp over the signature's octets, all proved. */
function prove(der: Uint8Array, contentType: string) {
  const { content, signer } = verifySignedData(gm, der, { contentType });
  const [info] = parseSignedData(der).signers;
  const [token, another] = info?.unsignedAttributes(STAMP) ?? [];
  if (content === null || info === undefined || token === undefined || another !== undefined) throw new Error("no");
  const imprint = gm.sm3(info.signatureOctets);
  const { genTime } = verifyTimeStampToken(gm, token, { imprint, trusted: [world.timeStamps.keySm3] });
  return { content, signer, at: genTime.getTime() };
}

const deskWith = (timeStamping: TimeStamping) => {
  const { platform, clock } = world;
  return createOpeningDesk({ gm, platform, timeStamping, clock });
};

describe("a notice", () => {
  test("is one that the bidder's side reads", () => {
    const { desk, platform } = world;
    const key = hexOf(gm.sm3(parseCertificate(platform.certificate).publicKey));
    const row = { id: "demo-a", name: "甲", origins: [OTHER_ORIGIN], signingKeysSm3: [key], enabled: true };
    const registry = { platforms: [row], authorities: [] };
    const committee = encodeBase64Url(world.jianye.encryption);
    const { der, said: says } = desk.issueNotice({ ...said, committee });
    expect(readNotice(gm, { registry, origin: OTHER_ORIGIN }, der).said).toEqual(says);
    expect(says).toEqual({ ...said, committee, format: "shared-certificate-notice:1", platformId: "demo-a" });
  });

  test.each([
    ["sequence 0", { sequence: 0 }],
    ["no lot", { lot: "" }],
    ["a lot that nobody can see", { lot: "一\u202e标段" }],
    ["a time that is none", { openingTime: "2026-02-30T10:00:00Z" }],
  ])("with %s is not made", (_what, change) => {
    expect(() => world.desk.issueNotice({ ...said, ...change })).toThrow(RangeError);
  });
});

describe("a receipt", () => {
  test("says what came and when, by two clocks", async () => {
    const { desk, seal, receive, platform } = world;
    const bid = await seal();
    const received = await receive(bid.bytes);
    const { der, said: says, stampedAt } = await desk.issueReceipt(received);
    const { content, signer, at } = prove(der, BID_RECEIPT);
    expect(signer.der).toEqual(platform.certificate);
    expect(at).toBe(stampedAt);
    expect(parseCanonical(bidReceipt, content, 32_768, "receipt")).toEqual(says);
    expect(says).toEqual({
      format: "shared-certificate-receipt:1",
      platformId: "demo-a",
      projectCode: said.projectCode,
      lot: said.lot,
      packageId: bid.header.packageId,
      signatureSm3: encodeBase64Url(received.signatureSm3),
      packageLen: bid.bytes.length,
      receivedAt: new Date(START).toISOString().replace(".000", ""),
    });
  });

  test("countersigns the head that the page brought, and leaves out what is none", async () => {
    const { desk, seal, receive } = world;
    const received = {
      ...(await receive((await seal()).bytes)),
      ledgerHead: encodeBase64Url(gm.sm3(Uint8Array.of(1))),
    };
    const submitHead = encodeBase64Url(gm.sm3(Uint8Array.of(2)));
    const { said: says } = await desk.issueReceipt(received, submitHead);
    expect([says.encryptHead, says.submitHead]).toEqual([received.ledgerHead, submitHead]);
    for (const other of ["AA", 1, null, `${submitHead}=`]) {
      expect((await desk.issueReceipt(received, other)).said).not.toHaveProperty("submitHead");
    }
  });

  test.each([
    ["a day behind", DAY_MS],
    ["half an hour and a second behind", 30 * 60_000 + 1000],
    ["61 seconds before", -61_000],
  ])("stamped %s is not given", async (_what, skewMs) => {
    const { authorities, clock, seal, receive } = world;
    const skewed = createTimeStampAuthority({
      gm,
      authority: authorities.jiangnan,
      name: "慢",
      policy: "1.2.3",
      clock: () => clock() + skewMs,
    });
    const received = await receive((await seal()).bytes);
    expect(await codeOf(deskWith(skewed.timeStamping).issueReceipt(received))).toBe("TIME_STAMP_REFUSED");
  });
});

describe("an opening receipt", () => {
  const openHead = encodeBase64Url(gm.sm3(Uint8Array.of(3)));

  async function released() {
    world.setTime(START);
    const bid = await world.seal();
    const received = await world.receive(bid.bytes);
    world.setTime(OPENING + 1500);
    const order = await world.desk.issueOrder({ notice: world.notice, roomCertificate: world.jianye.encryption });
    const key = releaseKey(gm, world.jianye, bid.keyBlock, order.der, { said: { ledgerHead: openHead } });
    return { received, order: order.der, releasedKey: key, receivedAt: OPENING + 2000 };
  }

  test("answers a key, right or refused, with the head that the key has, by two clocks", async () => {
    const asked = await released();
    for (const refusal of [null, "RELEASED_KEY_WRONG"] as const) {
      const { der, said: says, stampedAt } = await world.desk.issueOpeningReceipt({ ...asked, refusal });
      const { content, signer, at } = prove(der, OPENING_RECEIPT);
      expect([signer.der, at]).toEqual([world.platform.certificate, stampedAt]);
      expect(parseCanonical(openingReceipt, content, 32_768, "receipt")).toEqual(says);
      expect(says).toEqual({
        format: "shared-certificate-opening-receipt:1",
        platformId: "demo-a",
        projectCode: said.projectCode,
        lot: said.lot,
        packageId: asked.received.packageId,
        signatureSm3: encodeBase64Url(asked.received.signatureSm3),
        orderSm3: encodeBase64Url(gm.sm3(parseSignedData(asked.order).content ?? new Uint8Array(0))),
        releasedKeySm3: encodeBase64Url(gm.sm3(asked.releasedKey)),
        openHead,
        refusal,
        receivedAt: new Date(OPENING + 2000).toISOString().replace(".000", ""),
      });
    }
  });

  test("has no head of a key that is altered, of another package, or none at all", async () => {
    const asked = await released();
    const altered = asked.releasedKey.slice();
    altered[altered.length - 3] = (altered.at(-3) ?? 0) ^ 1;
    const other = { ...asked.received, packageId: encodeBase64Url(new Uint8Array(16)) };
    const refusal = "RELEASED_KEY_MALFORMED" as const;
    for (const change of [
      { releasedKey: altered },
      { releasedKey: Uint8Array.of(0x30, 0) },
      { releasedKey: new Uint8Array(0) },
      { received: other },
    ]) {
      const { said: says } = await world.desk.issueOpeningReceipt({ ...asked, refusal, ...change });
      expect(says).not.toHaveProperty("openHead");
    }
  });
});

describe("an order", () => {
  const ask = () => ({ notice: world.notice, roomCertificate: world.jianye.encryption });

  test("before the opening time is not given", async () => {
    world.setTime(OPENING - 1);
    expect(await codeOf(world.desk.issueOrder(ask()))).toBe("OPENING_NOT_BEGUN");
  });

  test("is stamped, in force for less than half an hour, and fresh each time", async () => {
    world.setTime(OPENING + 1500);
    const { der, said: says, stampedAt } = await world.desk.issueOrder(ask());
    const { content, at } = prove(der, ORDER);
    expect(parseCanonical(openingOrder, content, 32_768, "order")).toEqual(says);
    expect(at).toBe(stampedAt);
    expect(at).toBeGreaterThanOrEqual(OPENING);
    expect(Date.parse(says.notAfter) - at).toBeLessThanOrEqual(30 * 60_000);
    expect(says.roomCertificate).toBe(encodeBase64Url(world.jianye.encryption));
    expect((await world.desk.issueOrder(ask())).said.nonce).not.toBe(says.nonce);
  });

  test("stamped before the opening is not given, nor one that would be in force for too long", async () => {
    const { authorities, clock } = world;
    const skewed = (ms: number) =>
      createTimeStampAuthority({
        gm,
        authority: authorities.jiangnan,
        name: "慢",
        policy: "1.2.3",
        clock: () => clock() + ms,
      }).timeStamping;
    expect(await codeOf(deskWith(skewed(-1501)).issueOrder(ask()))).toBe("OPENING_NOT_BEGUN");
    const lifeMs = 30 * 60_000;
    expect(await codeOf(deskWith(skewed(-1400)).issueOrder({ ...ask(), lifeMs }))).toBe("TIME_STAMP_REFUSED");
    expect(await codeOf(deskWith(skewed(0)).issueOrder({ ...ask(), lifeMs }))).toBe("accepted");
  });

  test("whose stamp is another authority's, over something else, or none, is not given", async () => {
    const { timeStamps } = world;
    const { timeStamping } = timeStamps;
    const codeWith = (change: Partial<TimeStamping>) =>
      codeOf(deskWith({ ...timeStamping, ...change }).issueOrder(ask()));
    expect(await codeWith({ keysSm3: [] })).toBe("TIME_STAMP_REFUSED");
    expect(await codeWith({ stamp: async () => timeStamps.stamp(new Uint8Array(32)) })).toBe("TIME_STAMP_REFUSED");
    expect(await codeWith({ stamp: async () => Uint8Array.of(0x30, 0) })).toBe("TIME_STAMP_REFUSED");
    const failing = deskWith({ ...timeStamping, stamp: () => Promise.reject(new Error("unreachable")) });
    await expect(failing.issueOrder(ask())).rejects.toThrow("unreachable");
  });

  test("may be stamped in the form of RFC 3161", async () => {
    const { timeStamps } = world;
    const stamp = async (imprint: Uint8Array) => timeStamps.stamp(imprint, "rfc");
    const desk = deskWith({ ...timeStamps.timeStamping, stamp });
    expect(prove((await desk.issueOrder(ask())).der, ORDER).at).toBe(OPENING + 1500);
  });
});
