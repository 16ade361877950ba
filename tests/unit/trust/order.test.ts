import { NOTICE } from "@certbridge/protocol/content-types";
import { addUnsignedAttribute, oid, parseSignedData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { readOrder, type Registry } from "@certbridge/trust";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party } from "../../support/authority.ts";
import { openBidding, openStamper, type OrderOptions } from "../../support/bidding.ts";
import { openAuthority } from "../../support/host.ts";

const bidding = openBidding(openAuthority(NOW.getTime()), NOW.getTime());
const { registry, origin } = bidding;
const life = { notBefore: new Date(NOW.getTime() - DAY), notAfter: new Date(NOW.getTime() + DAY) };

function codeOf(order: Uint8Array | OrderOptions, from = origin, by: Registry = registry): string {
  try {
    readOrder(gm, { registry: by, origin: from }, order instanceof Uint8Array ? order : bidding.order(order));
    return "read";
  } catch (error) {
    if (OperationError.is(error, "ORDER_REFUSED")) return error.details?.rule ?? "";
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

describe("readOrder", () => {
  test("gives what it says, whose it is, when it was stamped, and the room", () => {
    const stampedAt = NOW.getTime() + 1234;
    const read = readOrder(gm, { registry, origin }, bidding.order({ stampedAt }));
    expect(read.said).toMatchObject({ platformId: "demo-a", lot: "1标段" });
    expect(read.platform.name).toBe("江南公共资源交易平台（演示）");
    expect([read.stampedAt.getTime(), read.stampedFrom.getTime()]).toEqual([stampedAt, stampedAt]);
    expect(read.room.der).toEqual(bidding.room.certificate.der);
    expect(read.contentSm3).toHaveLength(32);
  });

  test.each([1, 999, 1000, 61_500])("the earliest that its stamp may be of, by an accuracy of %i ms", (accuracyMs) => {
    const stampedAt = NOW.getTime() + 1234;
    const read = readOrder(gm, { registry, origin }, bidding.order({ stampedAt, accuracyMs }));
    expect(read.stampedAt.getTime()).toBe(stampedAt);
    expect(read.stampedFrom.getTime()).toBe(stampedAt - accuracyMs);
  });

  test.each<[string, OrderOptions, string]>([
    ["signed by another", { by: party("别人", null, { keyUsage: ["digitalSignature"] }) }, "PLATFORM_UNPROVED"],
    ["in another platform's name", { change: { platformId: "demo-b" } }, "PLATFORM_UNPROVED"],
    ["signed as a notice", { contentType: NOTICE }, "PLATFORM_UNPROVED"],
    ["without a time stamp", { stampedAt: null }, "time-stamp"],
    ["stamped by another authority", { stamper: openStamper(life) }, "time-stamp"],
    ["whose stamp is of something else", { imprint: gm.sm3(new Uint8Array(1)) }, "time-stamp"],
    ["with a key too many", { change: { more: 1 } }, "MALFORMED"],
    ["with a room that is no certificate", { change: { roomCertificate: "AAAA" } }, "MALFORMED"],
    ["with a short nonce", { change: { nonce: encodeBase64Url(new Uint8Array(31)) } }, "MALFORMED"],
  ])("refuses one %s", (_what, options, code) => {
    expect(codeOf(options)).toBe(code);
  });

  test("refuses one whose room has a key off the curve", () => {
    const { der, publicKey } = bidding.room.certificate;
    const room = Buffer.from(der);
    const last = room.indexOf(publicKey) + publicKey.length - 1;
    room.writeUInt8(room.readUInt8(last) ^ 1, last);
    expect(codeOf({ change: { roomCertificate: encodeBase64Url(room) } })).toBe("room-certificate");
  });

  test("refuses one of another page, and one of a page that is no platform's", () => {
    expect(codeOf({}, "https://bid-b.demo.test")).toBe("PLATFORM_UNPROVED");
    expect(codeOf({}, "https://other.test")).toBe("PLATFORM_UNPROVED");
  });

  test("refuses every stamp where the registry believes no authority", () => {
    const { timeStampKeysSm3: _none, ...without } = registry;
    expect(codeOf({}, origin, without)).toBe("time-stamp");
    expect(codeOf({}, origin, { ...registry, timeStampKeysSm3: [] })).toBe("time-stamp");
  });

  test("refuses two stamps, another order's stamp, and bytes that are none", () => {
    const type = oid.signatureTimeStamp;
    const order = bidding.order();
    const [stamp] = parseSignedData(order).signers[0]?.unsignedAttributes(type) ?? [];
    if (stamp === undefined) throw new Error("a stamp expected");
    const bare = bidding.order({ stampedAt: null });
    expect(codeOf(addUnsignedAttribute(order, { type, value: stamp }))).toBe("time-stamp");
    expect(codeOf(addUnsignedAttribute(bare, { type, value: stamp }))).toBe("time-stamp");
    expect(codeOf(addUnsignedAttribute(bare, { type, value: Uint8Array.of(5, 0) }))).toBe("time-stamp");
  });

  test("refuses what is no message, and one that is too long", () => {
    expect(codeOf(Uint8Array.of(1, 2, 3))).toBe("MALFORMED");
    expect(codeOf(new Uint8Array(40_000))).toBe("MALFORMED");
  });
});
