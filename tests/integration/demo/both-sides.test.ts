import { encodeKeyBlockContent, writePackage } from "@certbridge/bid";
import { issueTimeStampToken } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { readReceipt } from "@certbridge/trust";
import { createNonces, createOpeningDesk, createVerifier } from "@certbridge/verify";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeEvidence } from "../../../apps/host/src/evidence-file/judge.ts";
import { type Desk, openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { gm } from "../../support/authority.ts";
import { evidenceOf } from "../../support/evidence.ts";
import { temporaryFolder } from "../../support/host.ts";
import { seal } from "../../support/sealed-bid.ts";
import { collect, memory } from "../../unit/verify/bid-world.ts";

/** The companion program's own verbs and the server's library, face to face: what each makes, the other takes. */
const MINUTE = 60_000;
const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk(folder.path);
});

/** The platform of the desk's registry, with its time-stamping authority. */
async function openPlatform() {
  const { bidding, store, host, time } = desk;
  const { platform, stamper, registry } = bidding;
  const clock = () => time.now;
  let serial = 0;
  const timeStamping = {
    keysSm3: registry.timeStampKeysSm3 ?? [],
    stamp: async (imprint: Uint8Array) =>
      issueTimeStampToken(gm, {
        imprint,
        genTime: new Date(clock()),
        serialNumber: Uint8Array.of(2, ++serial),
        policy: "2.999.1",
        certificate: stamper.certificate,
        privateKey: stamper.privateKey,
      }),
  };
  const own = { platformId: "demo-a", privateKey: platform.privateKey, certificate: platform.certificate.der };
  const chain = (await store.list()).flatMap((key) => key.chain);
  const verifier = createVerifier({
    gm,
    clock,
    origins: [bidding.origin],
    nonces: createNonces({ clock }),
    trust: {
      authorities: { anchors: chain.slice(-1), usccRules: registry.authorities.flatMap((row) => row.usccRules) },
      credentialIssuers: [],
    },
  });
  return { opening: createOpeningDesk({ gm, clock, platform: own, timeStamping }), verifier, random: host.random };
}

const BID = [{ name: "投标函.txt", bytes: new TextEncoder().encode("我方愿意承包本工程。") }];

test("a bid that the program signs is taken in; the order is obeyed; the key that it releases opens the files", async () => {
  const { bidding, handlers, keyId, store, time } = desk;
  const { opening, verifier, random } = await openPlatform();
  const notice = opening.issueNotice({
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: new Date(bidding.openingAt).toISOString(),
    sequence: 1,
  });

  const { sequence: _ofANotice, format: _alsoOfANotice, committee: _none, ...lot } = notice.said;
  const header: BidHeader = {
    ...lot,
    format: "shared-certificate-bid:1",
    packageId: encodeBase64Url(random(16)),
    signingCertificateSm3: keyId,
  };
  const fileKey = new Uint8Array(random(32));
  const headerBytes = encodeCanonical(header);
  const keyBlock = seal(gm, encodeKeyBlockContent(gm, fileKey, headerBytes), [store.encryptionOf(keyId)]);
  const consent = desk.consented();
  const asked = {
    origin: bidding.origin,
    notice: text(notice.der),
    header: text(headerBytes),
    keyBlock: text(keyBlock),
  };
  const { ledgerHead = "" } = await handlers.beginBid({ ...consent, ...asked });
  let submitHead: string | undefined;
  const held = new Uint8Array(2 * 1_048_592);
  const len = await writePackage({
    gm,
    crc32,
    header,
    fileKey,
    keyBlock,
    ledgerHead,
    files: BID.map(({ name, bytes }) => ({ name, size: bytes.length, chunks: () => [bytes] })),
    sink: { write: (at, bytes) => held.set(bytes, at) },
    async sign(trailer) {
      const { consentId } = consent;
      const finished = await handlers.finishBid({ consentId, trailer: text(trailer) });
      submitHead = finished.ledgerHead;
      return decodeBase64Url(finished.signature);
    },
  });
  await handlers.confirmBid({ consentId: consent.consentId, packageId: header.packageId });
  const source = memory(held.subarray(0, len));

  const received = await verifier.verifyPackage(source, { notices: [notice.said] });
  const receipt = await opening.issueReceipt(received, submitHead);
  const asker = { registry: bidding.registry, origin: bidding.origin };
  const { packageId } = header;
  expect(readReceipt(gm, asker, receipt.der).said).toMatchObject({ packageId, encryptHead: ledgerHead, submitHead });
  const { origin } = bidding;
  expect(await handlers.saveReceipt({ origin, packageId, receipt: text(receipt.der) })).toEqual({ kept: true });

  time.now = bidding.openingAt + 2 * MINUTE;
  const order = await opening.issueOrder({ notice: notice.said, roomCertificate: bidding.room.certificate.der });
  const question = { origin: bidding.origin, keyBlock: text(keyBlock), order: text(order.der) };
  expect(await handlers.readOrder(question)).toMatchObject({ keyIds: [keyId], clockBehind: false });
  const answer = await handlers.releaseKey({ ...desk.consented(), ...question, clockAccepted: false });

  const { sink, got } = collect();
  const room = { order: order.der, privateKey: bidding.room.privateKey };
  const { signatureSm3 } = received;
  const released = decodeBase64Url(answer.releasedKey);
  const opened = await verifier.openPackage(source, released, room, { signatureSm3, sink });
  expect(opened.files).toEqual(BID.map(({ name, bytes }) => ({ name, size: bytes.length })));
  expect(got).toEqual(BID.map(({ bytes }) => bytes));

  // Three heads, each countersigned: at encrypting, handing in and opening.
  const key = { received, order: order.der, releasedKey: released, receivedAt: time.now };
  const answered = await opening.issueOpeningReceipt({ ...key, refusal: null });
  expect(await handlers.saveReceipt({ origin, packageId, receipt: text(answered.der) })).toEqual({ kept: true });
  const judged = judgeEvidence(gm, bidding.registry, await evidenceOf(desk, packageId));
  expect(judged.findings.filter(({ outcome }) => outcome !== "holds")).toEqual([]);
  expect(judged.countersignatures.map(({ when, head, line }) => [when, head, line])).toEqual([
    ["encrypt", ledgerHead, 1],
    ["submit", submitHead, 2],
    ["open", answered.said.openHead, 3],
  ]);
  expect(judged.ledger.lines.map(({ step }) => step)).toEqual(["trial", "encrypt", "submit", "release", "opened"]);

  // Half an hour and more behind the order, the program gives nothing any more.
  time.now += 31 * MINUTE;
  const late = handlers.releaseKey({ ...desk.consented(), ...question, clockAccepted: false });
  expect(await outcomeOf(late)).toBe("ORDER_REFUSED too-late");
});
