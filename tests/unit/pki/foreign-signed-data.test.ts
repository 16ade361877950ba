/** GM/T 0010 SignedData as the field sends it: what is taken, and what is refused with which word. */
import { element, oid, parseSignedData, sameBytes, signData, verifySignedData } from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party } from "../../support/authority.ts";
import {
  attribute,
  attributes,
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
  verdict,
} from "./crafted.ts";

const other = party("李四", sub, { keyUsage: ["digitalSignature"] });

describe("what the field sends", () => {
  const keyId = element(0x80, bytes(leaf.certificate.subjectKeyId ?? ""));

  test.each<[string, Shape]>([
    ["as it is crafted", {}],
    ["with PKCS#7's identifiers", { type: OID.pkcs7SignedData, dataType: OID.pkcs7Data }],
    ["with both families mixed", { type: OID.pkcs7SignedData }],
    ["with 501 for the signature", { signature: sequence(OID.sm2WithSm3) }],
    ["with NULL parameters", { digest: sequence(OID.sm3, "0500"), signature: sequence(OID.sm2, "0500") }],
    ["with r ‖ s", { raw: true }],
    ["with attributes in another order", { attributes: plain.toReversed() }],
    ["without a signing time", { attributes: [attributes.type, attributes.digest] }],
    ["by key identifier", { sid: keyId }],
    ["with a list of revocations", { crls: true }],
    ["with a certificate of another kind beside", { certificates: [sequence("020101"), leaf.certificate.der] }],
    ["with the certificate bound", { attributes: [...plain, binding(leaf.certificate.der)] }],
  ])("verifies %s", (_what, shape) => {
    expect(verdict(shape)).toBe("OK");
    expect(verdict(shape, oid.pkcs7Data)).toBe("OK");
  });

  test.each<[string, ReturnType<typeof codeOf>, Shape]>([
    ["no signed attributes", "SIGNATURE_INVALID", { attributes: null }],
    ["no attribute at all", "SIGNATURE_INVALID", { attributes: [] }],
    ["no content type", "SIGNATURE_INVALID", { attributes: plain.slice(1) }],
    ["no message digest", "SIGNATURE_INVALID", { attributes: plain.slice(0, 2) }],
    [
      "another content type signed",
      "SIGNATURE_INVALID",
      {
        attributes: [attribute(OID.contentType, bytes(OID.signedData)), attributes.digest],
      },
    ],
    ["another content type around", "SIGNATURE_INVALID", { dataType: OID.signedData }],
    ["an attribute twice", "MALFORMED", { attributes: [...plain, attributes.digest] }],
    [
      "an attribute of two values",
      "MALFORMED",
      {
        attributes: [attributes.type, attribute(OID.messageDigest, element(4, gm.sm3(content)), element(4))],
      },
    ],
    [
      "a digest that is no OCTET STRING",
      "MALFORMED",
      {
        attributes: [attributes.type, attribute(OID.messageDigest, bytes("0500"))],
      },
    ],
    [
      "another digest",
      "CONTENT_MISMATCH",
      {
        attributes: [attributes.type, attribute(OID.messageDigest, element(4, new Uint8Array(32)))],
      },
    ],
    [
      "an empty digest",
      "CONTENT_MISMATCH",
      { attributes: [attributes.type, attribute(OID.messageDigest, element(4))] },
    ],
    [
      "a signing time that is none",
      "MALFORMED",
      {
        attributes: [attributes.type, attributes.digest, attribute(OID.signingTime, bytes("0500"))],
      },
    ],
    ["two signers", "MALFORMED", { signers: 2 }],
    ["no signer", "MALFORMED", { signers: 0 }],
    ["very many signers", "MALFORMED", { signers: 33 }],
    ["no certificate", "MALFORMED", { certificates: [] }],
    ["another's certificate", "MALFORMED", { certificates: [other.certificate.der] }],
    [
      "another's serial number",
      "SIGNATURE_INVALID",
      {
        sid: sequence(other.certificate.issuer.der, element(2, bytes(other.certificate.serialNumber))),
        certificates: [leaf.certificate.der, other.certificate.der],
      },
    ],
    ["SHA-256", "MALFORMED", { digest: sequence(OID.sha256) }],
    ["SM3 for a signature", "MALFORMED", { signature: sequence(OID.sm3) }],
    ["a type that is no SignedData", "MALFORMED", { type: OID.data }],
    ["another certificate bound", "SIGNATURE_INVALID", { attributes: [...plain, binding(other.certificate.der)] }],
    [
      "a certificate bound by SHA-256",
      "SIGNATURE_INVALID",
      {
        attributes: [...plain, binding(leaf.certificate.der, sequence(OID.sha256))],
      },
    ],
    [
      "a broken binding",
      "MALFORMED",
      {
        attributes: [...plain, attribute(OID.signingCertificateV2, sequence())],
      },
    ],
  ])("refuses %s: %s", (_what, code, shape) => {
    expect(verdict(shape)).toBe(code);
  });

  test("thirty-two signers and certificates are read, not one more", () => {
    const certificates = (length: number) => Array.from({ length }, () => leaf.certificate.der);
    const parse = (shape: Shape) => codeOf(() => parseSignedData(craft(shape)));
    expect([parse({ signers: 32 }), parse({ signers: 33 })]).toEqual(["OK", "MALFORMED"]);
    const counts = [32, 33].map((length) => parse({ certificates: certificates(length) }));
    expect(counts).toEqual(["OK", "MALFORMED"]);
  });

  test("several signers: the one who is asked for", () => {
    const message = craft({});
    const twin = party("张三", sub, { keyUsage: ["digitalSignature"] });
    const add = signData(gm, {
      ...expected,
      content,
      signedAt: NOW,
      certificate: twin.certificate,
      privateKey: twin.privateKey,
    });
    // The second message's SignerInfo, put beside the first one's.
    const merged = merge(message, add);
    expect(parseSignedData(merged).signers).toHaveLength(2);
    const check = (more: object) => codeOf(() => verifySignedData(gm, merged, { ...expected, ...more }));
    expect(check({})).toBe("MALFORMED");
    expect(check({ signer: leaf.certificate })).toBe("OK");
    expect(check({ signer: twin.certificate })).toBe("OK");
    expect(check({ signer: other.certificate })).toBe("MALFORMED");
    expect(
      sameBytes(
        verifySignedData(gm, merged, { ...expected, signer: twin.certificate }).signer.der,
        twin.certificate.der,
      ),
    ).toBe(true);
  });

  test("a renewed certificate with the same key does not take over a bound message", () => {
    const renewed = party("张三", sub, {
      keyUsage: ["digitalSignature"],
      publicKey: leaf.publicKey,
      serialNumber: bytes(leaf.certificate.serialNumber),
      notAfter: new Date(NOW.getTime() + 900 * DAY),
    }).certificate;
    const bound = [...plain, binding(leaf.certificate.der)];
    expect(verdict({ attributes: bound, certificates: [renewed.der] })).toBe("SIGNATURE_INVALID");
    expect(verdict({ certificates: [renewed.der] })).toBe("OK");
  });
});
