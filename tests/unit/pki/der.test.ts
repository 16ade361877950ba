/** The strict walk that foreign bytes pass before anything else reads them. */
import { checkDer, element } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { expect, test } from "vitest";

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
