/** Certificates: what is read from them, and what is refused. */
import { element, encodeName, issueCertificate, keyIdentifier, hexOf, oid, parseCertificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party, threeTiers } from "../../support/authority.ts";

const { root, sub, leaf } = threeTiers();
const own = "2.25.51834460437964684057172297333550632240.9";

const COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 4, 3);
const nameOf = (attribute: Uint8Array): Uint8Array => element(0x30, element(0x31, attribute));

const refused = (der: Uint8Array): boolean => {
  try {
    parseCertificate(der);
    return false;
  } catch (error) {
    expect(OperationError.is(error, "MALFORMED")).toBe(true);
    return true;
  }
};

/** The certificate with bytes replaced once, lengths left as they are. */
function replaced(der: Uint8Array, from: string, to: string): Uint8Array {
  const hex = hexOf(der);
  expect(hex).toContain(from);
  expect(from.length).toBe(to.length);
  return Uint8Array.from(Buffer.from(hex.replace(from, to), "hex"));
}

describe("parseCertificate", () => {
  test("reads what was issued", () => {
    const { certificate } = leaf;
    expect(certificate.subject.attribute(oid.organization)).toBe("互认测试机构");
    expect(certificate.subject.toString()).toBe("CN=张三,O=互认测试机构,C=CN");
    expect(certificate.issuer.der).toEqual(sub.certificate.subject.der);
    expect(certificate.notBefore).toEqual(new Date(NOW.getTime() - DAY));
    expect(certificate.publicKey).toEqual(leaf.publicKey);
    expect(certificate.keyUsage).toEqual(new Set(["digitalSignature", "nonRepudiation"]));
    expect(certificate.basicConstraints).toBeNull();
    expect(sub.certificate.basicConstraints).toEqual({ ca: true, pathLen: 0 });
    expect(root.certificate.basicConstraints).toEqual({ ca: true, pathLen: null });
    expect(certificate.authorityKeyId).toBe(hexOf(keyIdentifier(gm, sub.publicKey)));
    expect(certificate.subjectKeyId).toBe(hexOf(keyIdentifier(gm, leaf.publicKey)));
    expect(certificate.critical).toEqual([oid.keyUsage]);
    expect(gm.sm2Verify(sub.publicKey, certificate.tbs, certificate.signature)).toBe(true);
  });

  test("reads extensions and policies of a UUID's arc, and purposes", () => {
    const value = element(0x0c, new TextEncoder().encode("值"));
    const purposes = element(0x30, element(0x06, Uint8Array.of(0x2b, 6, 1, 5, 5, 7, 3, 8)));
    const { certificate } = party("甲", sub, {
      keyUsage: ["digitalSignature"],
      policies: [own, "2.999"],
      extensions: [
        { type: own, value },
        { type: oid.extendedKeyUsage, critical: true, value: purposes },
      ],
    });
    expect(certificate.policies).toEqual([own, "2.999"]);
    expect(certificate.extension(own)).toEqual(value);
    expect(certificate.extension("2.25.1")).toBeNull();
    expect(certificate.extendedKeyUsage).toEqual(["1.3.6.1.5.5.7.3.8"]);
    expect(certificate.critical).toContain(oid.extendedKeyUsage);
  });

  test("does not depend on the caller's bytes afterwards", () => {
    const der = new Uint8Array(leaf.certificate.der);
    const certificate = parseCertificate(der);
    der.fill(0);
    expect(certificate.der).toEqual(leaf.certificate.der);
    expect(certificate.subject.der).toEqual(leaf.certificate.subject.der);
  });

  test.each([
    [Uint8Array.of(0x80, 1), "8001"],
    [Uint8Array.of(0, 0, 5), "05"],
    [new Uint8Array(20).fill(0xff), "FF".repeat(20)],
  ])("writes the serial number %o as %s", (serialNumber, text) => {
    expect(party("乙", sub, { keyUsage: [], serialNumber }).certificate.serialNumber).toBe(text);
  });

  test("refuses a negative serial number", () => {
    const { certificate } = party("乙", sub, { keyUsage: [], serialNumber: Uint8Array.of(0x77, 0x66, 0x55) });
    expect(refused(replaced(certificate.der, "0203776655", "0203f76655"))).toBe(true);
  });

  test("keeps dates on both sides of 2050", () => {
    const notAfter = new Date("2075-06-01T12:34:56Z");
    const { certificate } = party("丙", sub, { keyUsage: [], notAfter });
    expect(certificate.notAfter).toEqual(notAfter);
    const early = new Date("1950-01-01T00:00:00Z");
    expect(party("丙", sub, { keyUsage: [], notBefore: early }).certificate.notBefore).toEqual(early);
  });

  test("escapes what would read as another name", () => {
    const subject = encodeName([[oid.commonName, ' a,b+c="d\\e\u0007#f ']]);
    const { certificate } = party("", sub, { keyUsage: [], subject });
    expect(certificate.subject.toString()).toBe(String.raw`CN=\ a\,b\+c=\"d\\e\07#f\ `);
  });

  test.each([
    ["UTF8String", 0x0c, "e68b9be6a087", "招标"],
    ["PrintableString", 0x13, "4142", "AB"],
    ["TeletexString", 0x14, "41e9", "Aé"],
    ["IA5String", 0x16, "6140", "a@"],
    ["UniversalString", 0x1c, "00006807000207b700200000", "标𠞷\ufffd"],
    ["BMPString", 0x1e, "62db6807", "招标"],
    ["no string", 0x03, "0001", "03020001"],
  ])("reads a name of %s", (_kind, tag, contents, text) => {
    const value = element(tag, Uint8Array.from(Buffer.from(contents, "hex")));
    const subject = nameOf(element(0x30, COMMON_NAME, value));
    expect(party("", sub, { keyUsage: [], subject }).certificate.subject.commonName).toBe(text);
  });

  test.each([
    ["no value", nameOf(element(0x30, COMMON_NAME))],
    ["more than a value", nameOf(element(0x30, COMMON_NAME, element(0x13), element(0x13)))],
    ["no type", nameOf(element(0x30, element(0x13), element(0x13)))],
    ["no set", element(0x30, element(0x30, element(0x30, COMMON_NAME, element(0x13))))],
    ["no sequence", element(0x31, element(0x31, element(0x30, COMMON_NAME, element(0x13))))],
  ])("refuses a name with %s", (_what, subject) => {
    expect(() => party("", sub, { keyUsage: [], subject })).toThrow("MALFORMED");
  });

  test("refuses version 1, another curve, another signature algorithm, and a repeated extension", () => {
    const { der } = leaf.certificate;
    expect(refused(der)).toBe(false);
    expect(refused(replaced(der, "a003020102", "a003020100"))).toBe(true);
    // prime256v1 has a shorter name; the next GM/T number stands for any other curve.
    expect(refused(replaced(der, "06082a811ccf5501822d", "06082a811ccf5501822e"))).toBe(true);
    expect(refused(replaced(der, "06082a811ccf55018375", "06082a811ccf55018376"))).toBe(true);
    const twice = { type: own, value: Uint8Array.of(5, 0) };
    expect(() => party("丁", sub, { keyUsage: [], extensions: [twice, twice] })).toThrow();
  });

  test("refuses broken values of the extensions that it reads", () => {
    for (const type of [oid.basicConstraints, oid.certificatePolicies, oid.extendedKeyUsage]) {
      for (const value of [Uint8Array.of(), Uint8Array.of(5, 0), Uint8Array.of(0x30, 2, 5)]) {
        expect(() => party("戊", sub, { keyUsage: [], extensions: [{ type, value }] })).toThrow("MALFORMED");
      }
    }
  });

  test("takes 16 KiB, and not a byte more", () => {
    const issue = (len: number) =>
      issueCertificate(
        gm,
        {
          subject: leaf.certificate.subject.der,
          publicKey: leaf.publicKey,
          serialNumber: Uint8Array.of(1),
          notBefore: NOW,
          notAfter: NOW,
          keyUsage: [],
          extensions: [{ type: own, value: new Uint8Array(len) }],
        },
        sub.issuer,
      );
    // The signature's DER is 70 to 72 bytes long, so that the length is tried for.
    const around = limits.certificateLen - issue(1000).length + 1000 - 8;
    for (let len = around - 8; len <= around + 8; len++) {
      const der = issue(len);
      expect(refused(der)).toBe(der.length > limits.certificateLen);
    }
  });
});

test("a certificate whose key is no point of the curve proves nothing", () => {
  const publicKey = new Uint8Array(65).fill(1);
  publicKey[0] = 4;
  const { certificate } = party("己", sub, { keyUsage: ["digitalSignature"], publicKey });
  expect(gm.sm2Verify(certificate.publicKey, leaf.certificate.tbs, leaf.certificate.signature)).toBe(false);
});

test("issueCertificate refuses what cannot be written", () => {
  const content = {
    subject: leaf.certificate.subject.der,
    publicKey: leaf.publicKey,
    serialNumber: Uint8Array.of(1),
    notBefore: NOW,
    notAfter: NOW,
    keyUsage: [],
  };
  const issue = (change: object) => () => issueCertificate(gm, { ...content, ...change }, sub.issuer);
  expect(issue({})).not.toThrow();
  expect(issue({ serialNumber: new Uint8Array(0) })).toThrow(RangeError);
  expect(issue({ serialNumber: new Uint8Array(21).fill(1) })).toThrow(RangeError);
  expect(issue({ notAfter: new Date("10000-01-01") })).toThrow(RangeError);
  expect(issue({ notBefore: new Date("1949-12-31") })).toThrow(RangeError);
  expect(issue({ subject: Uint8Array.of(0x30, 1) })).toThrow("MALFORMED");
  expect(issue({ policies: ["1.2.x"] })).toThrow(RangeError);
});
