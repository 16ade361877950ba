/** From a notice to a bid that is kept: what is shown, what is refused, and which calls of the key there are. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { encodeEnvelopedData, hexOf, parseCertificate, verifySignedData } from "@certbridge/pki";
import { bidReport } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { BID_REPORT, BID_TRAILER } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { BEGUN_MS } from "../../../apps/host/src/begun.ts";
import { packageName } from "../../../apps/host/src/bids.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { DAY, gm, party } from "../../support/authority.ts";
import { sealKeyBlock } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, someBytes, text } from "../../support/bid-desk.ts";
import { newId, temporaryFolder, usccOf } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk(folder.path);
});

const steps = async (packageId: string) =>
  ((await desk.host.ledger.read(packageId))?.lines ?? []).map(({ step, failure }) =>
    failure === null ? step : `${step} ${failure.layer} ${failure.code}`,
  );

describe("readNotice, prepareBid", () => {
  test("say which lot it is, who can open the bid, and how it stands; no key is used and nothing kept", async () => {
    const { handlers, bidding, keyId, store, host } = desk;
    const second = store.add({ name: "江南建设（手机）" });
    store.add({ name: "别人", uscc: usccOf("91320000MA1HTHER0") });
    const committee = party("救济委员会", null, { keyUsage: ["keyEncipherment"] }).certificate;
    const notice = text(bidding.notice({ committee: text(committee.der) }));
    const { origin } = bidding;
    expect(await handlers.readNotice({ origin, notice })).toEqual({
      platformId: "demo-a",
      platformName: "江南公共资源交易平台（演示）",
      origins: [origin],
      projectCode: "JN-2026-118",
      projectName: "滨江路改造工程",
      lot: "1标段",
      openingTime: new Date(bidding.openingAt).toISOString(),
      sequence: 1,
    });
    const prepared = await handlers.prepareBid({ keyId, origin, notice });
    expect(prepared.recipients.map(({ role, certificate }) => [role, certificate])).toEqual([
      ["own", text(store.encryptionOf(keyId))],
      ["second", text(store.encryptionOf(second))],
      ["unlisted-committee", text(committee.der)],
    ]);
    // What the committee's certificate says of itself nobody has proved.
    expect(prepared.recipients.at(-1)?.authority).toBe("江南公共资源交易平台（演示）");
    expect(Object.fromEntries(prepared.results.map(({ rule, outcome }) => [rule, outcome]))).toEqual({
      "signing-certificate": "good",
      "encryption-certificate": "good",
      "same-subject": "good",
      "device-key": "unknown",
      "trial-opening": "unknown",
      "key-present": "good",
      "renewed-certificate": "good",
      "pin-tries": "good",
      clock: "unknown",
      revocation: "unknown",
      "second-recipient": "good",
    });
    expect(store.calls).toEqual([]);
    expect(await host.notices.newest({ platformId: "demo-a", projectCode: "JN-2026-118", lot: "1标段" })).toBeNull();
  });

  test("refuse a key that is not there, and a committee that cannot be encrypted to", async () => {
    const { handlers, bidding, keyId } = desk;
    const { origin } = bidding;
    const notice = text(bidding.notice());
    expect(await outcomeOf(handlers.prepareBid({ keyId: "A".repeat(43), origin, notice }))).toBe("KEY_NOT_FOUND");
    const committee = text(bidding.platform.certificate.der);
    const other = text(bidding.notice({ committee }));
    const refused = "NOTICE_REFUSED committee-certificate";
    expect(await outcomeOf(handlers.readNotice({ origin, notice: other }))).toBe(refused);
    expect(await outcomeOf(handlers.prepareBid({ keyId, origin, notice: other }))).toBe(refused);
  });

  test("a second key counts as a spare only where both of its certificates outlive the opening by the margin", async () => {
    const { handlers, bidding, keyId, store } = desk;
    const notice = text(bidding.notice());
    const spares = async () => {
      const { recipients, results } = await handlers.prepareBid({ keyId, origin: bidding.origin, notice });
      return [...recipients.map(({ role }) => role), results.find(({ rule }) => rule === "second-recipient")?.outcome];
    };
    const short = store.add({ name: "江南建设（旧锁）", lifeMs: 34 * DAY });
    expect(await spares()).toEqual(["own", "expiring-second", "warning"]);
    // It opens the bid all the same, and is no way out.
    const made = desk.make(
      {},
      [keyId, short].map((id) => store.encryptionOf(id)),
    );
    const { results, consentId } = await desk.begin(made);
    expect(results).toContainEqual({ rule: "second-recipient", outcome: "warning" });
    await handlers.abandonBid({ consentId, code: "CANCELLED" });
    store.add({ name: "江南建设（手机）", lifeMs: 40 * DAY });
    expect(await spares()).toEqual(["own", "second", "expiring-second", "good"]);
    expect(await outcomeOf(desk.begin(desk.make()))).toBe("done");
  });

  test("a committee counts as a way to open the bid only where the registry has its key", async () => {
    const committee = party("救济委员会", null, { keyUsage: ["keyEncipherment"] }).certificate;
    const spareOf = async (committeeKeysSm3: string[]) => {
      const { bidding, handlers, make, begin, finish, keyId, store } = await openDesk(folder.path, ({ platforms }) => ({
        platforms: platforms.map((platform) => ({ ...platform, committeeKeysSm3 })),
      }));
      const notice = text(bidding.notice({ committee: text(committee.der) }));
      const { recipients, results } = await handlers.prepareBid({ keyId, origin: bidding.origin, notice });
      const made = make({}, [store.encryptionOf(keyId), committee.der]);
      const { consentId } = await begin(made, { notice });
      await finish(consentId, made);
      await handlers.confirmBid({ consentId, packageId: made.header.packageId });
      const [bid] = (await handlers.bids({})).bids;
      const spare = (of: typeof results) => of.find(({ rule }) => rule === "second-recipient")?.outcome;
      return [recipients.at(-1)?.role, spare(results), spare(bid?.results ?? [])];
    };
    expect(await spareOf([])).toEqual(["unlisted-committee", "warning", "warning"]);
    expect(await spareOf([hexOf(gm.sm3(committee.publicKey))])).toEqual(["committee", "good", "good"]);
  });
});

describe("beginBid, finishBid", () => {
  test("try the key block on the key, sign the trailer and the report, and keep the bid: three calls", async () => {
    const { store, host, keyId } = desk;
    const made = desk.make();
    const { consentId, results } = await desk.begin(made);
    expect(results).toContainEqual({ rule: "trial-opening", outcome: "good" });
    expect(store.calls).toEqual(["open"]);
    expect(store.open()).toBe(1);
    const { signature, report } = await desk.finish(consentId, made);
    expect(store.calls).toEqual(["open", "sign", "sign"]);
    expect(store.open()).toBe(0);

    const signed = verifySignedData(gm, decodeBase64Url(signature), {
      contentType: BID_TRAILER,
      content: made.trailer,
    });
    expect(signed.content).toBeNull();
    expect(text(gm.sm3(signed.signer.der))).toBe(keyId);
    const proved = verifySignedData(gm, decodeBase64Url(report), { contentType: BID_REPORT });
    const said = parseCanonical(bidReport, proved.content ?? new Uint8Array(0), 65_536, "report");
    const ledger = await host.ledger.read(made.header.packageId);
    expect(said).toMatchObject({
      packageId: made.header.packageId,
      trailerSm3: text(gm.sm3(made.trailer)),
      encryptionCertificateSm3: text(gm.sm3(store.encryptionOf(keyId))),
      results,
      ledger: { entries: 2, head: text(ledger?.head ?? new Uint8Array(0)) },
    });
    expect(await steps(made.header.packageId)).toEqual(["trial", "encrypt"]);
    expect((await host.bids.find(made.header.packageId))?.bid).toMatchObject({ keyId, rehearsal: null, report });
    expect((await host.notices.newest(made.header))?.sequence).toBe(1);
  });

  test("a consent is used once, and finished once", async () => {
    const made = desk.make();
    const consent = desk.consented();
    const { consentId } = await desk.begin(made, consent);
    expect(await outcomeOf(desk.begin(desk.make(), consent))).toBe("INVALID_REQUEST consentId");
    await desk.finish(consentId, made);
    expect(await outcomeOf(desk.finish(consentId, made))).toBe("CONSENT_EXPIRED");
    expect(await outcomeOf(desk.begin(made))).toBe("INVALID_REQUEST packageId");
  });

  test.each([
    ["packageName", { projectName: "别的工程" }],
    ["projectCode", { projectCode: "JN-2026-119" }],
    ["lot", { lot: "2标段" }],
    ["platformId", { platformId: "demo-b" }],
    ["openingTime", { openingTime: "2030-01-01T00:00:00Z" }],
    ["signingCertificateSm3", { signingCertificateSm3: "A".repeat(43) }],
  ])("a header that has another %s is refused before the PIN", async (_what, change) => {
    expect(await outcomeOf(desk.begin(desk.make(change)))).toBe("INVALID_REQUEST header");
    expect(desk.store.calls).toEqual([]);
  });

  test("a header in another spelling is refused", async () => {
    const made = desk.make();
    const header = text(Buffer.concat([made.headerBytes, Buffer.from(" ")]));
    expect(await outcomeOf(desk.begin(made, { header }))).toBe("MALFORMED");
  });

  test.each<[string, (desk: Desk) => readonly Uint8Array[]]>([
    ["for others alone", (own) => [own.bidding.room.certificate.der]],
    ["for a stranger too", (own) => [own.store.encryptionOf(own.keyId), own.bidding.room.certificate.der]],
    ["twice for the own key", (own) => [own.store.encryptionOf(own.keyId), own.store.encryptionOf(own.keyId)]],
  ])("a key block %s is refused before the PIN", async (_what, recipients) => {
    expect(await outcomeOf(desk.begin(desk.make({}, recipients(desk))))).toBe("INVALID_REQUEST keyBlock");
    expect(desk.store.calls).toEqual([]);
  });

  test("the committee that the notice names must be there, a second key of the bidder may", async () => {
    const { bidding, store, keyId } = desk;
    const committee = party("救济委员会", null, { keyUsage: ["keyEncipherment"] }).certificate.der;
    const notice = text(bidding.notice({ committee: text(committee) }));
    const own = store.encryptionOf(keyId);
    const second = store.encryptionOf(store.add({ name: "江南建设（手机）" }));
    expect(await outcomeOf(desk.begin(desk.make({}, [own]), { notice }))).toBe("INVALID_REQUEST keyBlock");
    expect(await outcomeOf(desk.begin(desk.make({}, [own, second, committee]), { notice }))).toBe("done");
    expect(await outcomeOf(desk.begin(desk.make({}, [committee, own]), { notice }))).toBe("done");
  });

  test.each<[string, (desk: Desk) => Uint8Array]>([
    ["another package's", (own) => own.make().content],
    ["without a commitment", () => someBytes(200)],
    ["another file key's", (own) => Buffer.concat([someBytes(32), own.make().content.subarray(32)])],
  ])("a key block that holds %s content does not pass the trial, and the key is closed", async (_what, content) => {
    const made = desk.make();
    const keyBlock = sealKeyBlock(content(desk), [desk.store.encryptionOf(desk.keyId)]);
    expect(await outcomeOf(desk.begin({ ...made, keyBlock }))).toBe("BID_REFUSED trial-opening");
    expect(desk.store.calls).toEqual(["open"]);
    expect(desk.store.open()).toBe(0);
    expect(await steps(made.header.packageId)).toEqual(["trial package BID_REFUSED"]);
  });

  test("a key block of another key under the own name does not pass the trial", async () => {
    const made = desk.make();
    const own = parseCertificate(desk.store.encryptionOf(desk.keyId));
    const { publicKey } = gm.sm2KeyPair();
    const [contentKey, iv] = [someBytes(16), someBytes(16)];
    const recipients = [{ ...own, publicKey }];
    const keyBlock = encodeEnvelopedData(gm, { content: made.content, recipients, contentKey, iv });
    expect(await outcomeOf(desk.begin({ ...made, keyBlock }))).toBe("BID_REFUSED trial-opening");
  });

  test("a certificate that ends before the opening is refused before the PIN", async () => {
    const keyId = desk.store.add({ lifeMs: 15 * DAY });
    const made = desk.make({ signingCertificateSm3: keyId }, [desk.store.encryptionOf(keyId)]);
    expect(await outcomeOf(desk.begin(made, desk.consented(keyId)))).toBe("BID_REFUSED signing-certificate");
    expect(await steps(made.header.packageId)).toEqual(["trial key BID_REFUSED"]);
  });

  test("a wrong PIN leaves the consent, and is written down", async () => {
    const made = desk.make();
    const consent = desk.consented();
    const wrong = desk.consented(desk.keyId, "wrong-pin");
    expect(await outcomeOf(desk.begin(made, wrong))).toBe("PIN_INCORRECT");
    await desk.begin(made, consent);
    expect(await steps(made.header.packageId)).toEqual(["trial person PIN_INCORRECT", "trial"]);
  });

  test.each<[string, (trailer: Record<string, unknown>) => unknown]>([
    ["another header", (trailer) => ({ ...trailer, headerSm3: "A".repeat(43) })],
    ["another commitment", (trailer) => ({ ...trailer, commitment: "A".repeat(43) })],
    ["another key block", (trailer) => ({ ...trailer, keyBlockSm3: "A".repeat(43) })],
    ["a key too many", (trailer) => ({ ...trailer, more: 1 })],
    ["a payload of no whole segments", (trailer) => ({ ...trailer, payloadLen: 5 })],
  ])("a trailer with %s is not signed, and the key is closed", async (_what, change) => {
    const made = desk.make();
    const { consentId } = await desk.begin(made);
    const trailer = encodeCanonical(
      change(JSON.parse(new TextDecoder().decode(made.trailer)) as Record<string, unknown>),
    );
    expect(await outcomeOf(desk.finish(consentId, { ...made, trailer }))).toMatch(
      /^(MALFORMED|INVALID_REQUEST trailer)$/,
    );
    expect(desk.store.calls).toEqual(["open"]);
    expect(desk.store.open()).toBe(0);
    expect(await outcomeOf(desk.finish(consentId, made))).toBe("CONSENT_EXPIRED");
    expect(await desk.host.bids.find(made.header.packageId)).toBeNull();
  });

  test("what a newer notice overtook meanwhile is not kept", async () => {
    const made = desk.make();
    const { consentId } = await desk.begin(made);
    const { bidding, handlers } = desk;
    await handlers.updateNotice({ origin: bidding.origin, notice: text(bidding.notice({ sequence: 2 })) });
    expect(await outcomeOf(desk.finish(consentId, made))).toBe("NOTICE_OUTDATED");
    expect(await desk.host.bids.find(made.header.packageId)).toBeNull();
  });
});

describe("the key of a bid that was begun", () => {
  test("stays open beside others of the bidder's, four at most; a fifth is refused before the PIN", async () => {
    const bids = Array.from({ length: limits.bidsBegun }, () => desk.make());
    const begun = [];
    for (const bid of bids) begun.push({ bid, ...(await desk.begin(bid)) });
    expect(desk.store.open()).toBe(limits.bidsBegun);
    const another = desk.make();
    expect(await outcomeOf(desk.begin(another))).toBe("BIDS_IN_THE_MAKING");
    expect(desk.store.calls).toHaveLength(limits.bidsBegun);
    for (const { consentId, bid } of begun.toReversed()) {
      await desk.finish(consentId, bid);
      expect(await steps(bid.header.packageId)).toEqual(["trial", "encrypt"]);
    }
    expect(desk.store.open()).toBe(0);
    expect(await outcomeOf(desk.begin(another))).toBe("done");
  });

  test("is closed when it is abandoned, by its own consent only", async () => {
    const made = desk.make();
    const { consentId } = await desk.begin(made);
    expect(await desk.handlers.abandonBid({ consentId: newId(), code: "CANCELLED" })).toEqual({});
    expect(desk.store.open()).toBe(1);
    expect(await desk.handlers.abandonBid({ consentId, code: "CANCELLED" })).toEqual({});
    expect(desk.store.open()).toBe(0);
    expect(await outcomeOf(desk.finish(consentId, made))).toBe("CONSENT_EXPIRED");
    expect(await desk.handlers.abandonBid({ consentId, code: "CANCELLED" })).toEqual({});
    expect(await steps(made.header.packageId)).toEqual(["trial", "encrypt person CANCELLED"]);
  });

  test("was closed: a bid that was signed and then came to nothing is no open bid, by its own consent only", async () => {
    const [kept, lost] = [desk.make(), desk.make()];
    const first = await desk.begin(kept);
    await desk.finish(first.consentId, kept);
    const second = await desk.begin(lost);
    await desk.finish(second.consentId, lost);
    await desk.handlers.confirmBid({ consentId: first.consentId, packageId: kept.header.packageId });
    await desk.handIn();
    // What was handed over long ago is nobody's to take back.
    for (const consentId of [first.consentId, newId()]) {
      expect(await desk.handlers.abandonBid({ consentId, code: "CANCELLED" })).toEqual({});
    }
    expect(await desk.host.bids.find(kept.header.packageId)).not.toBeNull();
    expect(await desk.host.bids.find(lost.header.packageId)).not.toBeNull();
    for (let times = 0; times < 2; times++) {
      expect(await desk.handlers.abandonBid({ consentId: second.consentId, code: "STORAGE_FULL" })).toEqual({});
    }
    expect(await desk.host.bids.find(lost.header.packageId)).toBeNull();
    expect(await steps(lost.header.packageId)).toEqual(["trial", "encrypt", "encrypt program STORAGE_FULL"]);
  });

  test("is closed where the bid's record cannot be read, and takes nobody's place", async () => {
    const made = desk.make();
    await mkdir(join(homeAt(desk.home).ledger, `${packageName(made.header.packageId)}.jsonl`));
    await expect(desk.begin(made)).rejects.toMatchObject({ code: "EISDIR" });
    expect(desk.store.open()).toBe(0);
    expect(desk.run.begun.isOpen()).toBe(false);
  });

  test("is closed by the end of the run, and after two hours", async () => {
    const [one, two] = [desk.make(), desk.make()];
    await desk.begin(one);
    expect(desk.run.begun.isOpen()).toBe(true);
    await desk.run.begun.end();
    expect(desk.store.open()).toBe(0);
    const { consentId } = await desk.begin(two);
    await desk.pass(BEGUN_MS - 1);
    expect(desk.store.open()).toBe(1);
    await desk.pass(1);
    expect(desk.store.open()).toBe(0);
    expect(desk.run.begun.isOpen()).toBe(false);
    expect(await outcomeOf(desk.finish(consentId, two))).toBe("CONSENT_EXPIRED");
    // What rings is written down by itself.
    await expect.poll(() => steps(two.header.packageId)).toEqual(["trial", "encrypt person CONSENT_EXPIRED"]);
  });
});

describe("a bid that was signed", () => {
  async function sign() {
    const made = desk.make();
    const { consentId } = await desk.begin(made);
    const { signature } = await desk.finish(consentId, made);
    return { made, consentId, signature: decodeBase64Url(signature), packageId: made.header.packageId };
  }
  const listed = async () => (await desk.handlers.bids({})).bids.map(({ packageId }) => packageId);

  test("is none that waits for its opening until its package is whole; said twice it is no error", async () => {
    const { consentId, packageId } = await sign();
    expect(await listed()).toEqual([]);
    expect(desk.run.begun.isOpen()).toBe(true);
    for (let times = 0; times < 2; times++) await desk.handlers.confirmBid({ consentId, packageId });
    expect(await listed()).toEqual([packageId]);
    expect(desk.run.begun.isOpen()).toBe(false);
    expect(await outcomeOf(desk.handlers.confirmBid({ consentId, packageId: newId() }))).toBe(
      "INVALID_REQUEST packageId",
    );
    // What was handed over is nobody's to take back.
    await desk.handlers.abandonBid({ consentId, code: "CANCELLED" });
    expect(await listed()).toEqual([packageId]);
    expect(await steps(packageId)).toEqual(["trial", "encrypt"]);
  });

  test("is whole by the platform's receipt, too, and moved by a newer notice before", async () => {
    const { made, packageId, signature } = await sign();
    const { bidding, handlers } = desk;
    const { origin } = bidding;
    const openingTime = new Date(bidding.openingAt + DAY).toISOString();
    const notice = text(bidding.notice({ sequence: 2, openingTime }));
    expect((await handlers.updateNotice({ origin, notice })).packageIds).toEqual([]);
    const receipt = text(bidding.receipt({ packageId, signatureSm3: text(gm.sm3(signature)) }));
    expect(await handlers.saveReceipt({ origin, packageId, receipt })).toEqual({ kept: true });
    expect((await handlers.bids({})).bids).toMatchObject([{ packageId, lot: { openingTime } }]);
    expect(made.header.openingTime).not.toBe(openingTime);
  });

  test("is forgotten a day later where nobody finished it, by another run of the program; one that is whole is not", async () => {
    const { packageId } = await sign();
    const whole = await desk.handIn();
    const sweep = () => desk.host.bids.sweep(({ header }) => Promise.resolve(header.openingTime), null);
    desk.time.now += DAY;
    expect(await sweep()).toEqual([]);
    desk.time.now += 1;
    expect(await sweep()).toEqual([packageId]);
    expect(await desk.host.bids.find(packageId)).toBeNull();
    expect(await desk.host.bids.find(whole.header.packageId)).not.toBeNull();
    expect(await sweep()).toEqual([]);
  });
});
