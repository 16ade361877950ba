/** The strict walk that foreign bytes pass before anything else reads them. */
import { checkDer, element, issueRevocationList, parseRevocationList, parseSignedData } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party } from "../../support/authority.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const ascii = (tag: number, text: string): Uint8Array => element(tag, new TextEncoder().encode(text));

function nested(depth: number): Uint8Array {
  let der: Uint8Array = element(0x30);
  for (let i = 1; i < depth; i++) der = element(0x30, der);
  return der;
}

function isRefused(der: Uint8Array): boolean {
  try {
    checkDer(der, 1 << 20, "test");
    return false;
  } catch (error) {
    expect(OperationError.is(error, "MALFORMED") && error.details?.what).toBe("test");
    return true;
  }
}

test.each([
  ["NULL", bytes("0500")],
  ["an empty SEQUENCE", bytes("3000")],
  ["BOOLEAN TRUE", bytes("0101ff")],
  ["INTEGER 0", bytes("020100")],
  ["INTEGER −1", bytes("0201ff")],
  ["INTEGER 128 with its sign byte", bytes("02020080")],
  ["an empty BIT STRING", bytes("030100")],
  ["a BIT STRING with unused bits", bytes("03020780")],
  ["an OID with an arc above 127", bytes("06032a8101")],
  ["128 bytes in the long form", element(0x04, new Uint8Array(128))],
  ["UTCTime", ascii(0x17, "261123090000Z")],
  ["GeneralizedTime", ascii(0x18, "20501123090000Z")],
  ["GeneralizedTime with a fraction", ascii(0x18, "20261123090000.25Z")],
  ["29 February of a leap year", ascii(0x17, "240229000000Z")],
  ["as many levels as there may be", nested(limits.derDepth)],
])("accepts %s", (_what, der) => {
  expect(isRefused(der)).toBe(false);
});

test.each([
  ["nothing", bytes("")],
  ["a tag alone", bytes("30")],
  ["an indefinite length", bytes("30800000")],
  ["the reserved length ff", bytes("04ff00")],
  ["a length of five bytes", bytes("0485 0000000001 00")],
  ["a long form of a short length", bytes("04817f" + "00".repeat(127))],
  ["a long form with a leading zero", bytes("04820080" + "00".repeat(128))],
  ["contents that end too early", bytes("040200")],
  ["contents beyond those around them", bytes("3003040200")],
  ["bytes after the end", bytes("050000")],
  ["a tag above 30", bytes("1f1f00")],
  ["end-of-contents", bytes("0000")],
  ["BOOLEAN 1", bytes("010101")],
  ["BOOLEAN of two bytes", bytes("0102ffff")],
  ["an empty INTEGER", bytes("0200")],
  ["a padded positive INTEGER", bytes("0202007f")],
  ["a padded negative INTEGER", bytes("0202ff80")],
  ["NULL with contents", bytes("050100")],
  ["a BIT STRING without its first byte", bytes("0300")],
  ["eight unused bits", bytes("03020800")],
  ["unused bits of nothing", bytes("030101")],
  ["unused bits that are set", bytes("03020781")],
  ["an empty OID", bytes("0600")],
  ["an OID that does not end", bytes("06022a81")],
  ["an OID with needless zeros", bytes("06032a8001")],
  ["a primitive SEQUENCE", bytes("1000")],
  ["a primitive SET", bytes("1100")],
  ["a constructed OCTET STRING", bytes("2403040100")],
  ["UTCTime without seconds", ascii(0x17, "2611230900Z")],
  ["UTCTime of another zone", ascii(0x17, "261123090000+0800")],
  ["30 February", ascii(0x17, "260230090000Z")],
  ["29 February of another year", ascii(0x17, "250229000000Z")],
  ["hour 24", ascii(0x17, "261123240000Z")],
  ["a leap second", ascii(0x17, "261231235960Z")],
  ["a fraction with a trailing zero", ascii(0x18, "20261123090000.50Z")],
  ["one level too many", nested(limits.derDepth + 1)],
])("refuses %s", (_what, der) => {
  expect(isRefused(der)).toBe(true);
});

test("the largest size, and one byte more", () => {
  const der = element(0x04, new Uint8Array(100));
  expect(() => checkDer(der, der.length, "test")).not.toThrow();
  expect(() => checkDer(der, der.length - 1, "test")).toThrow();
});

/** A SEQUENCE that has this many elements, itself among them. */
const flat = (elements: number): Uint8Array => element(0x30, bytes("0500".repeat(elements - 1)));

describe("the largest number of elements, and one more", () => {
  test("in any message, however they are nested", () => {
    expect([isRefused(flat(limits.derElements)), isRefused(flat(limits.derElements + 1))]).toEqual([false, true]);
    const half = flat(limits.derElements / 2);
    expect(isRefused(element(0x31, half, flat(limits.derElements / 2 - 1)))).toBe(false);
    expect(isRefused(element(0x31, half, half))).toBe(true);
  });

  test("in a revocation list", () => {
    const check = (elements: number) => checkDer(flat(elements), 1 << 23, "test", limits.revocationListElements);
    expect(() => check(limits.revocationListElements)).not.toThrow();
    expect(() => check(limits.revocationListElements + 1)).toThrow();
  });

  test("side by side in one: a certificate's policies", () => {
    const policies = (length: number) => Array.from({ length }, (_, arc) => `1.2.${arc}`);
    const read = (length: number) =>
      party("张三", null, { keyUsage: ["digitalSignature"], policies: policies(length) });
    expect(read(limits.derParts).certificate.policies).toHaveLength(limits.derParts);
    expect(() => read(limits.derParts + 1)).toThrow(expect.objectContaining({ code: "MALFORMED" }));
  });

  test("side by side in one: the entries of a revocation list", () => {
    const ca = party("根", null, { keyUsage: ["keyCertSign", "cRLSign"], ca: { pathLen: null } });
    const dates = { thisUpdate: NOW, nextUpdate: new Date(NOW.getTime() + DAY) };
    const entry = { serialNumber: Uint8Array.of(1), at: NOW };
    const read = (length: number) =>
      parseRevocationList(
        issueRevocationList(gm, { number: 1, ...dates, revoked: Array.from({ length }, () => entry) }, ca.issuer),
      );
    expect(read(limits.revocationListEntries).revoked).toEqual(new Set(["01"]));
    expect(() => read(limits.revocationListEntries + 1)).toThrow(expect.objectContaining({ code: "MALFORMED" }));
  });
});

test("millions of empty elements are refused by their number, before they are laid out", () => {
  const nulls = new Uint8Array(limits.attachedContentLen).map((_, at) => (at % 2 === 0 ? 0x05 : 0));
  const body = element(0x30, bytes("020101"), element(0x31, nulls));
  const signedData = element(0x30, bytes("060a2a811ccf550601040202"), element(0xa0, body));
  expect(() => parseSignedData(signedData)).toThrow(expect.objectContaining({ code: "MALFORMED" }));
});
