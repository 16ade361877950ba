import { addUnsignedAttribute, attachContent, oid, parseSignedData, signData } from "@certbridge/pki";
import { type BidHeader, bidHeader, type OpeningOrder, openingOrder } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { ORDER } from "@certbridge/protocol/content-types";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { DAY, gm, party } from "../../support/authority.ts";
import { openReleased, openStamper, sealKeyBlock } from "../../support/bidding.ts";
import { openDesk, outcomeOf, someBytes, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";
import { encodeKeyBlockContent } from "@certbridge/bid";

/**
 * Invariant 4: a released key implies every equality of its order. Field by field of order and header, by the types that both have: a field
 * that is new has to say here what becomes of another value in it. property/host/release.test.ts tries many values.
 */

const folder = temporaryFolder();
afterAll(folder.remove);

const desk = await openDesk(folder.path);
const { bidding, store, keyId } = desk;
const made = await desk.handIn();
desk.time.now = bidding.openingAt + 120_000;
const at = (ms: number) => new Date(bidding.openingAt + ms).toISOString();
const life = { notBefore: new Date(bidding.openingAt - DAY), notAfter: new Date(bidding.openingAt + DAY) };
const anotherRoom = party("别的开标室", null, { keyUsage: ["keyEncipherment"], ...life });

const genuine = bidding.order();
const parsed = parseSignedData(genuine);
const said = JSON.parse(Buffer.from(parsed.content ?? []).toString("utf8")) as OpeningOrder;
const [stamp = new Uint8Array(0)] = parsed.signers[0]?.unsignedAttributes(oid.signatureTimeStamp) ?? [];

beforeEach(() => {
  store.calls.length = 0;
});

/** Nothing was signed, so that nothing left; and no key stayed open. */
async function refused(change: Parameters<typeof desk.release>[1]): Promise<string> {
  const outcome = await outcomeOf(desk.release(made, { order: text(genuine), ...change }));
  expect(store.calls).not.toContain("sign");
  expect(store.open()).toBe(0);
  return outcome;
}

/** For each field another value, and what comes of it where platform and authority signed and stamped it so. */
const orderFields: { readonly [F in keyof OpeningOrder]: readonly (readonly [value: string, outcome: string])[] } = {
  format: [["shared-certificate-order:2", "MALFORMED"]],
  platformId: [["demo-b", "PLATFORM_UNPROVED"]],
  projectCode: [["JN-2026-119", "ORDER_REFUSED lot"]],
  lot: [
    ["2标段", "ORDER_REFUSED lot"],
    ["1标段 ", "ORDER_REFUSED lot"],
  ],
  openingTime: [
    [at(-1), "ORDER_REFUSED opening"],
    [at(61_000), "ORDER_REFUSED too-early"],
  ],
  // Whichever room the platform names itself, and whatever it draws, is another order of its own: it is what the key is released to.
  roomCertificate: [
    [text(anotherRoom.certificate.der), "done"],
    [text(bidding.platform.certificate.der), "ORDER_REFUSED room-certificate"],
  ],
  nonce: [[text(new Uint8Array(32)), "done"]],
  notAfter: [
    [at(-1), "ORDER_REFUSED too-late"],
    [at(DAY), "ORDER_REFUSED time-stamp"],
  ],
};
const orderCases = Object.keys(openingOrder.entries).flatMap((field) =>
  orderFields[field as keyof OpeningOrder].map(([value, outcome]) => [field, value, outcome] as const),
);

function sign(content: object, detached = false): Uint8Array {
  const { certificate, privateKey } = bidding.platform;
  const signing = { contentType: ORDER, content: encodeCanonical(content), certificate, privateKey, detached };
  return signData(gm, { ...signing, signedAt: new Date(bidding.openingAt) });
}
const stamped = (der: Uint8Array) => addUnsignedAttribute(der, { type: oid.signatureTimeStamp, value: stamp });

describe.each(orderCases)("an order with another %s (%s)", (field, value, outcome) => {
  test("under the signature that there was", async () => {
    const content = encodeCanonical({ ...said, [field]: value });
    expect(await refused({ order: text(attachContent(stamped(sign(said, true)), content)) })).toBe("PLATFORM_UNPROVED");
  });

  test("signed again, with the stamp that there was", async () => {
    const order = text(stamped(sign({ ...said, [field]: value })));
    const first = ["MALFORMED", "PLATFORM_UNPROVED"].includes(outcome) ? outcome : "ORDER_REFUSED time-stamp";
    expect(await refused({ order })).toBe(first);
  });

  test(`signed and stamped again: ${outcome}`, async () => {
    const order = bidding.order({ change: { [field]: value } });
    if (outcome !== "done") expect(await refused({ order: text(order) })).toBe(outcome);
    else {
      const { releasedKey } = await desk.release(made, { order: text(order) });
      const room = field === "roomCertificate" ? anotherRoom : bidding.room;
      const { said: released, opened } = openReleased(room, Buffer.from(releasedKey, "base64url"));
      expect(opened?.fileKey).toEqual(made.fileKey);
      // It says which order, and which room: evidence of who asked.
      expect(released.orderSm3).toBe(text(gm.sm3(parseSignedData(order).content ?? new Uint8Array(0))));
      expect(released.roomCertificateSm3).toBe(text(gm.sm3(room.certificate.der)));
    }
  });
});

/**
 * Another value of each field of the header, and what comes of a key block with it whose commitment is right: of another file key and another
 * id, then. Null where no such key block can be made: what is no header is not written.
 */
const headerFields: { readonly [F in keyof BidHeader]: readonly [value: string, outcome: string | null] } = {
  format: ["shared-certificate-bid:2", null],
  packageId: [text(new Uint8Array(16)), "done"],
  platformId: ["demo-b", "ORDER_REFUSED lot"],
  projectCode: ["JN-2026-119", "ORDER_REFUSED lot"],
  projectName: ["别的工程", "done"],
  lot: ["2标段", "ORDER_REFUSED lot"],
  openingTime: [at(1), "ORDER_REFUSED opening"],
  signingCertificateSm3: [text(new Uint8Array(32)), "done"],
};

describe.each(Object.keys(bidHeader.entries) as (keyof BidHeader)[])("a header with another %s", (field) => {
  const [value, outcome] = headerFields[field];
  const headerWith = (more: object) => encodeCanonical({ ...made.header, ...more, [field]: value });
  const sealed = (content: Uint8Array) => text(sealKeyBlock(content, [store.encryptionOf(keyId)]));

  test("under this bid's commitment: it does not open", async () => {
    const content = Buffer.concat([made.content.subarray(0, 64), headerWith({})]);
    expect(await refused({ keyBlock: sealed(content) })).toBe("BID_NOT_OPENED");
  });

  if (outcome === null) return;

  test(`by another file key, under another id: ${outcome}`, async () => {
    const keyBlock = sealed(encodeKeyBlockContent(gm, someBytes(32), headerWith({ packageId: text(someBytes(16)) })));
    if (outcome !== "done") expect(await refused({ keyBlock })).toBe(outcome);
    // Its own maker's bid, whoever that is, and of this lot: what is signed then names the package, and is no key of this one.
    else {
      const { packageId, releasedKey } = await desk.release(made, { keyBlock, order: text(genuine) });
      const { opened } = openReleased(bidding.room, Buffer.from(releasedKey, "base64url"));
      expect(packageId).not.toBe(made.header.packageId);
      expect(opened?.fileKey).not.toEqual(made.fileKey);
    }
  });

  if (field === "packageId") return;

  test("by another file key, under this bid's id: it is not this bid", async () => {
    const keyBlock = sealed(encodeKeyBlockContent(gm, someBytes(32), headerWith({})));
    expect(await refused({ keyBlock })).toBe("BID_NOT_OPENED");
  });
});

test.each(["https://bid-b.demo.test", "https://bid-a.demo.test:8443", "http://bid-a.demo.test", "https://a.test"])(
  "the page is another's: %s",
  async (origin) => {
    expect(await refused({ origin })).toBe("PLATFORM_UNPROVED");
  },
);

test.each<[string, Parameters<typeof bidding.order>[0] & object, string]>([
  ["none", { stampedAt: null }, "ORDER_REFUSED time-stamp"],
  ["before the opening", { stampedAt: bidding.openingAt - 1 }, "ORDER_REFUSED too-early"],
  ["over something else", { imprint: new Uint8Array(32) }, "ORDER_REFUSED time-stamp"],
  ["by somebody whom the registry does not have", { stamper: openStamper(life) }, "ORDER_REFUSED time-stamp"],
])("the stamp: %s", async (_what, options, outcome) => {
  expect(await refused({ order: text(bidding.order(options)) })).toBe(outcome);
});

test("everything as it was: released", async () => {
  const { releasedKey } = await desk.release(made, { order: text(genuine) });
  expect(openReleased(bidding.room, Buffer.from(releasedKey, "base64url")).opened?.fileKey).toEqual(made.fileKey);
});
