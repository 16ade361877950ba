/** What stands beside a signature, and which certificate the signed attributes bind. */
import {
  addUnsignedAttribute,
  attachContent,
  element,
  encodeSignature,
  encodeSignedAttributes,
  encodeSignedData,
  parseSignedData,
  signData,
  verifySignedData,
} from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { gm, NOW, party } from "../../support/authority.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import {
  attribute,
  binding,
  bytes,
  codeOf,
  content,
  craft,
  expected,
  leaf,
  merge,
  OID,
  plain,
  sequence,
  type Shape,
  sub,
} from "./crafted.ts";

const TYPE = "1.2.840.113549.1.9.16.2.14";
const TYPE_DER = "060b2a864886f70d010910020e";
const [one, two] = [element(4, Uint8Array.of(1)), element(4, Uint8Array.of(2))];
const signed = (detached = false) =>
  signData(gm, { ...expected, content, detached, signedAt: NOW, ...leaf, chain: [sub.certificate] });

describe("unsigned attributes", () => {
  const beside = (cms: Uint8Array, type = TYPE) =>
    verifySignedData(gm, cms, { ...expected, content }).signerInfo.unsignedAttributes(type);

  test("are put to a finished message, one after the other, and change nothing that is proved", () => {
    for (const detached of [true, false]) {
      const cms = signed(detached);
      expect(beside(cms)).toEqual([]);
      const stamped = addUnsignedAttribute(cms, { type: TYPE, value: two });
      expect(beside(stamped)).toEqual([two]);
      const twice = addUnsignedAttribute(stamped, { type: TYPE, value: one });
      expect(beside(twice)).toEqual([one, two]);
      expect(beside(addUnsignedAttribute(twice, { type: "1.2.3", value: one }), "1.2.3")).toEqual([one]);
      const [before, after] = [cms, twice].map((der) => verifySignedData(gm, der, { ...expected, content }));
      expect(after?.signerInfo.signatureOctets).toEqual(before?.signerInfo.signatureOctets);
      expect(after?.signer.der).toEqual(before?.signer.der);
    }
  });

  test("stay where content is attached afterwards", () => {
    const stamped = addUnsignedAttribute(signed(true), { type: TYPE, value: one });
    expect(beside(attachContent(stamped, content))).toEqual([one]);
  });

  test("are put in while the message is made", () => {
    const attributes = encodeSignedAttributes(gm, { ...expected, digest: gm.sm3(content), signedAt: NOW, ...leaf });
    const signature = gm.sm2Sign(leaf.privateKey, attributes);
    const parts = { ...expected, content, attributes, signature, certificate: leaf.certificate, chain: [] };
    const made = encodeSignedData({ ...parts, unsignedAttributes: [{ type: TYPE, value: one }] });
    expect(beside(made)).toEqual([one]);
    expect(addUnsignedAttribute(encodeSignedData(parts), { type: TYPE, value: one })).toEqual(made);
    expect(encodeSignedData({ ...parts, unsignedAttributes: [] })).toEqual(encodeSignedData(parts));
  });

  test("show the signature as it stands, which is what a time stamp is over", () => {
    const octets = (shape: Shape) => parseSignedData(craft(shape)).signers[0];
    const der = octets({});
    expect(der?.signatureOctets).toEqual(encodeSignature(der?.signature ?? content));
    const raw = octets({ raw: true });
    expect(raw?.signatureOctets).toEqual(raw?.signature);
  });

  const many = (length: number) => Array.from({ length }, () => one);
  test.each<[string, Uint8Array, number]>([
    ["none", element(0xa1), 0],
    ["one of two values", element(0xa1, attribute(TYPE_DER, one, two)), 2],
    ["one of no value", element(0xa1, attribute(TYPE_DER)), 0],
    ["thirty-two", element(0xa1, ...many(32).map((value) => attribute(TYPE_DER, value))), 32],
    ["one of thirty-two values", element(0xa1, attribute(TYPE_DER, ...many(32))), 32],
  ])("are read: %s", (_what, behind, count) => {
    expect(beside(craft({ behind: [behind] }))).toHaveLength(count);
  });

  test.each<[string, readonly Uint8Array[]]>([
    ["under another tag", [element(0xa2, attribute(TYPE_DER, one))]],
    ["twice", [element(0xa1), element(0xa1)]],
    ["without a type", [element(0xa1, sequence(element(0x31, one)))]],
    ["without values", [element(0xa1, sequence(TYPE_DER))]],
    ["with more than values", [element(0xa1, sequence(TYPE_DER, element(0x31), element(0x31)))]],
    ["more than thirty-two", [element(0xa1, ...many(33).map((value) => attribute(TYPE_DER, value)))]],
    ["of more than thirty-two values", [element(0xa1, attribute(TYPE_DER, ...many(33)))]],
  ])("are refused %s", (_what, behind) => {
    expect(codeOf(() => parseSignedData(craft({ behind })))).toBe("MALFORMED");
  });

  test("are put to one signer's message alone, DER alone, and as many as are read", () => {
    const add = (cms: Uint8Array, value: Uint8Array = one) =>
      codeOf(() => addUnsignedAttribute(cms, { type: TYPE, value }));
    expect(add(craft({}))).toBe("OK");
    expect(add(craft({}), Uint8Array.of(4, 2, 0))).toBe("MALFORMED");
    expect(add(craft({ signers: 2 }))).toBe("MALFORMED");
    expect(add(merge(craft({}), signed()))).toBe("MALFORMED");
    expect(add(leaf.certificate.der)).toBe("MALFORMED");
    const full = craft({ behind: [element(0xa1, ...many(32).map((value) => attribute(TYPE_DER, value)))] });
    expect(add(full)).toBe("MALFORMED");
    expect(() => addUnsignedAttribute(craft({}), { type: "none", value: one })).toThrow(RangeError);
  });
});

describe("another family, and no certificates", () => {
  const attributes = encodeSignedAttributes(gm, { ...expected, digest: gm.sm3(content), signedAt: NOW, ...leaf });
  const signature = gm.sm2Sign(leaf.privateKey, attributes);
  const parts = { ...expected, content, attributes, signature, certificate: leaf.certificate, chain: [] };

  test("RFC 5652's has its own identifiers and version", () => {
    const made = encodeSignedData({ ...parts, family: "rfc" });
    const hex = Buffer.from(made).toString("hex");
    expect(hex).toContain(`${OID.pkcs7SignedData}a0`);
    expect(hex).toContain(OID.sm2WithSm3);
    expect(hex).not.toContain(OID.signedData);
    // Content that is no plain data of PKCS#7 counts 3, RFC 5652 clause 5.1.
    expect(hex).toContain("02010331");
    expect(verifySignedData(gm, made, expected).signer.der).toEqual(leaf.certificate.der);
    expect(encodeSignedData({ ...parts, family: "gm" })).toEqual(encodeSignedData(parts));
  });

  test("without certificates it verifies for who has the signer's", () => {
    const bare = encodeSignedData({ ...parts, chain: null });
    expect(parseSignedData(bare).certificates).toEqual([]);
    expect(codeOf(() => verifySignedData(gm, bare, expected))).toBe("MALFORMED");
    expect(codeOf(() => verifySignedData(gm, bare, { ...expected, signer: leaf.certificate }))).toBe("OK");
  });
});

describe("the certificate that is bound", () => {
  const other = party("李四", sub, { keyUsage: ["digitalSignature"] }).certificate.der;
  const own = leaf.certificate.der;
  const v1 = (certificate: Uint8Array) =>
    attribute(
      "060b2a864886f70d010910020c",
      sequence(sequence(sequence(element(4, foreignHash("SHA-1", certificate))))),
    );
  const v2 = (hash: Uint8Array, algorithm: readonly (Uint8Array | string)[] = []) =>
    attribute(OID.signingCertificateV2, sequence(sequence(sequence(...algorithm, element(4, hash)))));
  const named = [sequence(OID.sha256)];
  const verdict = (attributes: readonly Uint8Array[], more: object) =>
    codeOf(() =>
      verifySignedData(gm, craft({ attributes: [...plain, ...attributes] }), { ...expected, bound: true, ...more }),
    );

  test.each<[string, readonly Uint8Array[], string, string]>([
    ["nothing", [], "SIGNATURE_INVALID", "SIGNATURE_INVALID"],
    ["version 2, SM3", [binding(own)], "OK", "OK"],
    ["version 2, SM3, another's", [binding(other)], "SIGNATURE_INVALID", "SIGNATURE_INVALID"],
    ["version 2, SHA-256 named", [v2(foreignHash("SHA-256", own), named)], "SIGNATURE_INVALID", "OK"],
    ["version 2, SHA-256 by default", [v2(foreignHash("SHA-256", own))], "SIGNATURE_INVALID", "OK"],
    ["version 2, SHA-256, another's", [v2(foreignHash("SHA-256", other))], "SIGNATURE_INVALID", "SIGNATURE_INVALID"],
    ["version 2, a hash of no name", [v2(gm.sm3(own), [sequence(OID.sm2)])], "SIGNATURE_INVALID", "SIGNATURE_INVALID"],
    ["version 1", [v1(own)], "SIGNATURE_INVALID", "OK"],
    ["version 1, another's", [v1(other)], "SIGNATURE_INVALID", "SIGNATURE_INVALID"],
    ["both", [v1(own), binding(own)], "OK", "OK"],
    ["both, version 1 another's", [v1(other), binding(own)], "OK", "SIGNATURE_INVALID"],
    ["both, version 2 another's", [v1(own), binding(other)], "SIGNATURE_INVALID", "SIGNATURE_INVALID"],
    ["version 1, broken", [attribute("060b2a864886f70d010910020c", bytes("0500"))], "SIGNATURE_INVALID", "MALFORMED"],
    ["version 2, broken", [attribute(OID.signingCertificateV2, sequence(sequence()))], "MALFORMED", "MALFORMED"],
  ])("%s", (_what, attributes, alone, withSha) => {
    expect([verdict(attributes, {}), verdict(attributes, { hash: foreignHash })]).toEqual([alone, withSha]);
  });

  test("need not be, where nobody asks for it", () => {
    expect(verdict([], { bound: false })).toBe("OK");
    expect(verdict([v1(other)], { bound: false })).toBe("OK");
  });
});
