/** A bid in the legacy profile, by the companion program: what it signs, what it keeps, and its key at the opening. docs/formats/legacy-package.md */
import {
  beginLegacyPackage,
  contentKeyOfFileKey,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
  writeLegacyContent,
} from "@certbridge/bid";
import { parseCertificate } from "@certbridge/pki";
import { bidFormats } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeEach, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { crc32, filler, memorySink, memorySource, sourceOf } from "../../support/bid.ts";
import { type Desk, openDesk, outcomeOf, someBytes, text } from "../../support/bid-desk.ts";
import { openReleased } from "../../support/bidding.ts";
import { temporaryFolder } from "../../support/host.ts";
import { collectEvidence } from "../../../apps/host/src/evidence-file/collect.ts";
import { judgeEvidence } from "../../../apps/host/src/evidence-file/judge.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
let notice: string;
beforeEach(async () => {
  desk = await openDesk(folder.path, ({ platforms }) => ({
    platforms: platforms.map((platform) => ({ ...platform, legacyPackages: true })),
  }));
  notice = text(desk.bidding.notice({ profile: "legacy" }));
});

const files = [
  { name: "商务标.pdf", bytes: filler(70_000) },
  { name: "空.txt", bytes: new Uint8Array(0) },
];

/** As the workshop writes it, up to the signature. */
async function write() {
  const made = desk.make({ format: bidFormats.legacy });
  const sink = memorySink();
  const writer = await beginLegacyPackage(gm, sink, {
    header: made.headerBytes,
    keyBlock: made.keyBlock,
    fileKey: made.fileKey,
    recipients: [parseCertificate(desk.store.encryptionOf(desk.keyId))],
    iv: someBytes(16),
  });
  const trailer = await writeLegacyContent({ crc32, writer, files: files.map((file) => sourceOf(file)) });
  return { made: { ...made, trailer }, writer, whole: () => sink.whole() };
}

test("from the notice to the opened files: the same calls of the key, and the key is released on an order", async () => {
  const { made, writer, whole } = await write();
  const { origin } = desk.bidding;
  expect((await desk.handlers.readNotice({ origin, notice })).profile).toBe("legacy");
  const { consentId, results } = await desk.begin(made, { notice });
  expect(results).toContainEqual({ rule: "trial-opening", outcome: "good" });
  const { signature } = await desk.finish(consentId, made);
  await desk.confirm(consentId, made);
  expect(desk.store.calls).toEqual(["open", "sign", "sign"]);
  await writer.finish(decodeBase64Url(signature));
  const source = memorySource(whole());
  const opened = await openLegacyPackage({ gm, source });
  expect(encodeBase64Url(gm.sm3(verifyLegacyPackage(gm, opened).signer.der))).toBe(desk.keyId);
  expect(opened.context?.header).toEqual(made.header);

  const [bid] = (await desk.handlers.bids({})).bids;
  expect(bid?.lot.profile).toBe("legacy");
  const { bid: carried } = await desk.handlers.exportBid({ packageId: made.header.packageId });
  expect(decodeBase64Url(carried.trailer)).toEqual(made.trailer);
  const evidence = await collectEvidence(desk.host, made.header.packageId);
  if (evidence === null) throw new Error("no evidence");
  const { findings } = judgeEvidence(gm, desk.host.registry, evidence);
  for (const check of ["package-signature", "report"]) expect(findings).toContainEqual({ check, outcome: "holds" });
  const other = { trailer: carried.trailer, signature: carried.report };
  const swapped = judgeEvidence(gm, desk.host.registry, { ...evidence, signed: other });
  expect(swapped.findings).toContainEqual({ check: "package-signature", outcome: "fails" });
  desk.time.now = desk.bidding.openingAt + 60_000;
  const { releasedKey } = await desk.release(made);
  const released = openReleased(desk.bidding.room, decodeBase64Url(releasedKey)).opened;
  expect(released?.header).toEqual(made.header);
  const contentKey = contentKeyOfFileKey(gm, opened, released?.fileKey ?? new Uint8Array(32));
  const read = await readLegacyFiles({ gm, crc32, opened, contentKey, sink: { write: () => undefined } });
  expect(read).toEqual(files.map(({ name, bytes }) => ({ name, size: bytes.length })));
});

test("the header must be of the profile that the notice asks for", async () => {
  const { made } = await write();
  expect(await outcomeOf(desk.begin(made))).toBe("INVALID_REQUEST header");
  expect(await outcomeOf(desk.begin(desk.make(), { notice }))).toBe("INVALID_REQUEST header");
  expect(desk.store.calls).toEqual([]);
});

test("a trailer of the other profile is not signed", async () => {
  const { made } = await write();
  const { consentId } = await desk.begin(made, { notice });
  const standard = desk.make();
  expect(await outcomeOf(desk.finish(consentId, { ...made, trailer: standard.trailer }))).toBe("MALFORMED");
  const begun = await desk.begin(standard);
  expect(await outcomeOf(desk.finish(begun.consentId, { ...standard, trailer: made.trailer }))).toBe("MALFORMED");
});

test("a platform that is not marked gets none", async () => {
  const other = await openDesk(folder.path);
  const { origin } = other.bidding;
  const asked = { origin, notice: text(other.bidding.notice({ profile: "legacy" })) };
  expect(await outcomeOf(other.handlers.readNotice(asked))).toBe("LEGACY_NOT_REGISTERED");
  expect(await outcomeOf(other.handlers.prepareBid({ keyId: other.keyId, ...asked }))).toBe("LEGACY_NOT_REGISTERED");
});
