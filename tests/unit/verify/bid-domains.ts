/** The purposes that have to do with bids, for domains.ts: one key that is a platform's and a bidder's, as no key is. */
import { openPackage, verifyPackage } from "@certbridge/bid";
import { createDemoTimeStamps, obtainKeys } from "@certbridge/demo/bidders";
import { addUnsignedAttribute, hexOf, oid, parseCertificate, parseSignedData, verifySignedData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import {
  BID_RECEIPT,
  BID_REPORT,
  BID_TRAILER,
  NOTICE,
  OPENING_RECEIPT,
  ORDER,
  RELEASED_KEY,
} from "@certbridge/protocol/content-types";
import { readNotice, readOpeningReceipt, readOrder, readReceipt } from "@certbridge/trust";
import { createOpeningDesk, type Verifier } from "@certbridge/verify";
import { crc32 } from "node:zlib";
import { releaseKey, sealBid } from "../../support/sealed-bid.ts";
import { memory } from "./bid-world.ts";
import { type createWorld, gm, OTHER_ORIGIN, START } from "./world.ts";

/** How a domain makes and shows its SignedData. */
export interface CmsPurpose {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Whether the content stays outside of the message. */
  readonly detached?: boolean;
  show(cms: Uint8Array): Promise<unknown>;
}

const said = {
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "一标段",
  openingTime: new Date(START - 3600_000).toISOString(),
  sequence: 1,
} as const;

const contentIn = (der: Uint8Array): Uint8Array => parseSignedData(der).content ?? new Uint8Array(0);

export async function createBidPurposes(world: ReturnType<typeof createWorld>, verifier: Verifier) {
  const { platformKeys: keys, authorities } = world;
  const clock = () => START;
  const timeStamps = createDemoTimeStamps(gm, authorities.jiangnan, clock);
  const platform = { platformId: "demo-a", privateKey: keys.signingKey, certificate: keys.signing };
  const desk = createOpeningDesk({ gm, platform, timeStamping: timeStamps.timeStamping, clock });
  const signingKeysSm3 = [hexOf(gm.sm3(parseCertificate(keys.signing).publicKey))];
  const row = { id: "demo-a", name: "甲", origins: [OTHER_ORIGIN], signingKeysSm3, enabled: true };
  const registry = { platforms: [row], authorities: [], timeStampKeysSm3: [timeStamps.keySm3] };
  const asker = { registry, origin: OTHER_ORIGIN };

  const notice = desk.issueNotice(said);
  const bid = await sealBid(gm, keys, notice.said, [{ name: "报价.txt", bytes: Uint8Array.of(1) }]);
  const opened = await openPackage({ gm, crc32, source: memory(bid.bytes) });
  const signatureSm3 = gm.sm3(opened.entries.signature);
  const room = obtainKeys(gm, authorities.jiangnan, keys.applicant);
  const order = await desk.issueOrder({ notice: notice.said, roomCertificate: room.encryption });
  const receipt = encodeCanonical({
    format: "shared-certificate-receipt:1",
    platformId: "demo-a",
    projectCode: said.projectCode,
    lot: said.lot,
    packageId: bid.header.packageId,
    signatureSm3: encodeBase64Url(signatureSm3),
    packageLen: bid.bytes.length,
    receivedAt: new Date(START).toISOString(),
  });
  const nothing = encodeBase64Url(new Uint8Array(32));
  const answer = encodeCanonical({
    format: "shared-certificate-opening-receipt:1",
    platformId: "demo-a",
    projectCode: said.projectCode,
    lot: said.lot,
    packageId: bid.header.packageId,
    signatureSm3: encodeBase64Url(signatureSm3),
    orderSm3: nothing,
    releasedKeySm3: nothing,
    refusal: null,
    receivedAt: new Date(START).toISOString(),
  });
  /** With a genuine stamp over whatever signature it has. */
  const stamped = (cms: Uint8Array): Uint8Array => {
    const octets = parseSignedData(cms).signers[0]?.signatureOctets ?? new Uint8Array(0);
    return addUnsignedAttribute(cms, { type: oid.signatureTimeStamp, value: timeStamps.stamp(gm.sm3(octets)) });
  };

  return {
    notice: {
      contentType: NOTICE,
      content: contentIn(notice.der),
      show: async (cms) => readNotice(gm, asker, cms),
    },
    receipt: {
      contentType: BID_RECEIPT,
      content: receipt,
      show: async (cms) => readReceipt(gm, asker, stamped(cms)),
    },
    "opening receipt": {
      contentType: OPENING_RECEIPT,
      content: answer,
      show: async (cms) => readOpeningReceipt(gm, asker, stamped(cms)),
    },
    order: {
      contentType: ORDER,
      content: contentIn(order.der),
      show: async (cms) => readOrder(gm, asker, stamped(cms)),
    },
    "bid trailer": {
      contentType: BID_TRAILER,
      content: opened.entries.trailer,
      detached: true,
      show: async (cms) => verifyPackage(gm, { ...opened, entries: { ...opened.entries, signature: cms } }),
    },
    "bid report": {
      contentType: BID_REPORT,
      content: new TextEncoder().encode("{}"),
      show: async (cms) => verifySignedData(gm, cms, { contentType: BID_REPORT }),
    },
    "released key": {
      contentType: RELEASED_KEY,
      content: contentIn(releaseKey(gm, keys, bid.keyBlock, order.der)),
      show: (cms) =>
        verifier.verifyReleasedKey(
          memory(bid.bytes),
          cms,
          { order: order.der, privateKey: room.encryptionKey },
          { signatureSm3 },
        ),
    },
  } as const satisfies Readonly<Record<string, CmsPurpose>>;
}
