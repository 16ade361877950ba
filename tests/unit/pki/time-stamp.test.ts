/** Time stamps, RFC 3161 and GM/T 0033: requests, tokens; what an authority does and does not do. */
import { createHash } from "node:crypto";
import {
  addUnsignedAttribute,
  type CertificateContent,
  createTimeStampRequest,
  element,
  hexOf,
  issueTimeStampToken,
  oid,
  parseTimeStampRequest,
  parseTimeStampToken,
  signData,
  verifyChain,
  verifySignedData,
} from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { gm, NOW } from "../../support/authority.ts";
import { codeOf, content, OID, sequence } from "./crafted.ts";
import { authority, craftStamp, genTime, imprint, root, sub, tsa, verdict, verify } from "./crafted-stamp.ts";

const nonce = Uint8Array.from({ length: 32 }, (_, at) => 0xf0 - at);
const POLICY = "1.2.156.1.2.3";
const stamping = { genTime, serialNumber: Uint8Array.of(0, 0x80, 7), policy: POLICY, ...tsa };
const request = parseTimeStampRequest(createTimeStampRequest(imprint, nonce));
const TIME_STAMPING = sequence("06082b06010505070308");
const purpose = (value: Uint8Array, critical = true) => [{ type: oid.extendedKeyUsage, critical, value }];

describe("a request", () => {
  test("is read as it was written", () => {
    expect(request).toEqual({
      imprint: { algorithm: oid.sm3, digest: imprint },
      policy: null,
      nonce,
      certificates: true,
    });
    const short = parseTimeStampRequest(createTimeStampRequest(imprint, Uint8Array.of(0, 0, 5), POLICY));
    expect(short).toMatchObject({ policy: POLICY, nonce: Uint8Array.of(5) });
  });

  test("has an imprint of 32 bytes and a nonce of 1 to 32", () => {
    expect(() => createTimeStampRequest(imprint.subarray(1), nonce)).toThrow(RangeError);
    for (const len of [0, 33]) expect(() => createTimeStampRequest(imprint, new Uint8Array(len))).toThrow(RangeError);
  });

  const sm3 = sequence(sequence(OID.sm3), element(4, imprint));
  test.each<[string, Uint8Array]>([
    ["version 2", sequence("020102", sm3)],
    ["no imprint", sequence("020101")],
    ["SM3 of 31 bytes", sequence("020101", sequence(sequence(OID.sm3), element(4, imprint.subarray(1))))],
    ["an imprint with more in it", sequence("020101", sequence(sequence(OID.sm3), element(4, imprint), "0500"))],
    ["a negative nonce", sequence("020101", sm3, "0201ff")],
    ["a nonce of 33 bytes", sequence("020101", sm3, element(2, new Uint8Array(33).fill(1)))],
    ["another order", sequence("020101", sm3, "0101ff", "020105")],
    ["extensions", sequence("020101", sm3, element(0xa0, sequence("06022a03", "0400")))],
    ["bytes behind it", Uint8Array.from([...createTimeStampRequest(imprint, nonce), 0])],
    ["more than 4096 bytes", sequence("020101", sm3, element(2, new Uint8Array(4100).fill(1)))],
  ])("is refused with %s", (_what, der) => {
    expect(codeOf(() => parseTimeStampRequest(der))).toBe("MALFORMED");
  });

  test("may want no certificates, and may be by another hash", () => {
    const sha = createHash("sha256").update(content).digest();
    for (const flag of [[], ["010100"]]) {
      const der = sequence("020101", sequence(sequence(OID.sha256, "0500"), element(4, sha)), ...flag);
      expect(parseTimeStampRequest(der)).toMatchObject({
        imprint: { algorithm: oid.sha256 },
        nonce: null,
        certificates: false,
      });
    }
  });
});

describe.each(["gm", "rfc"] as const)("a token of the family %s", (family) => {
  const token = issueTimeStampToken(gm, { ...stamping, imprint, family });

  test("proves who saw what when", () => {
    const { signer, ...proved } = verify(token);
    expect(signer.der).toEqual(tsa.certificate.der);
    expect(proved).toEqual({ genTime, policy: POLICY, serialNumber: "8007", accuracyMs: null });
    expect(parseTimeStampToken(token).info.nonce).toBeNull();
  });

  test("answers a request, with its nonce and the chain", () => {
    const answer = issueTimeStampToken(gm, { ...stamping, request, family, chain: [sub.certificate] });
    expect(parseTimeStampToken(answer).message.certificates).toHaveLength(2);
    expect(verdict(answer, { nonce })).toBe("OK");
    expect(verdict(answer, { nonce: Uint8Array.from([0, ...nonce]) })).toBe("OK");
    expect(verdict(answer, { nonce: nonce.subarray(1) })).toBe("NONCE_MISMATCH");
    expect(verdict(token, { nonce })).toBe("NONCE_MISMATCH");
  });

  test("comes without certificates where none are asked for", () => {
    const bare = issueTimeStampToken(gm, { ...stamping, request: { ...request, certificates: false }, family });
    expect(parseTimeStampToken(bare).message.certificates).toEqual([]);
    expect(verdict(bare)).toBe("MALFORMED");
    expect(verdict(bare, { signer: tsa.certificate })).toBe("OK");
    expect(verdict(bare, { signer: authority().certificate })).toBe("MALFORMED");
  });

  test("is refused for another imprint", () => {
    expect(verdict(token, { imprint: gm.sm3(imprint) })).toBe("CONTENT_MISMATCH");
    expect(verdict(token, { imprint: imprint.subarray(1) })).toBe("CONTENT_MISMATCH");
  });

  test("is refused of whom nobody trusts; what trust looks at is the signer and the time", () => {
    expect(verdict(token, { trusted: [] })).toBe("CHAIN_UNTRUSTED");
    expect(verdict(token, { trusted: [hexOf(gm.sm3(sub.publicKey))] })).toBe("CHAIN_UNTRUSTED");
    expect(verdict(token, { trusted: () => false })).toBe("CHAIN_UNTRUSTED");
    const chain = { intermediates: [sub.certificate], anchors: [root.certificate], usage: "timeStamp" } as const;
    const trusted = (leaf: typeof tsa.certificate, at: Date) => verifyChain(gm, { ...chain, leaf, at }).leaf === leaf;
    expect(verdict(token, { trusted })).toBe("OK");
  });

  test("is put to a signature and read from there", () => {
    const order = signData(gm, { contentType: oid.gmData, content, signedAt: NOW, ...sub });
    const octets = verifySignedData(gm, order, { contentType: oid.gmData }).signerInfo.signatureOctets;
    const stamp = issueTimeStampToken(gm, { ...stamping, imprint: gm.sm3(octets), family });
    const stamped = addUnsignedAttribute(order, { type: oid.signatureTimeStamp, value: stamp });
    const { signerInfo } = verifySignedData(gm, stamped, { contentType: oid.gmData });
    const [found = content] = signerInfo.unsignedAttributes(oid.signatureTimeStamp);
    expect(verify(found, { imprint: gm.sm3(signerInfo.signatureOctets) }).genTime).toEqual(genTime);
  });
});

describe("what an authority does not do", () => {
  test("it stamps no other hash, and by no other policy than is asked for", () => {
    const sha = { ...request, imprint: { algorithm: oid.sha256, digest: imprint } };
    expect(codeOf(() => issueTimeStampToken(gm, { ...stamping, request: sha }))).toBe("IMPRINT_UNSUPPORTED");
    expect(() => issueTimeStampToken(gm, { ...stamping, request: { ...request, policy: "1.2.3" } })).toThrow(
      RangeError,
    );
    expect(verdict(issueTimeStampToken(gm, { ...stamping, request: { ...request, policy: POLICY } }))).toBe("OK");
  });

  test("it has serial numbers of 1 to 20 bytes, and dates that can be written", () => {
    const issue = (more: object) => () => issueTimeStampToken(gm, { ...stamping, imprint, ...more });
    for (const len of [0, 21]) expect(issue({ serialNumber: new Uint8Array(len) })).toThrow(RangeError);
    expect(issue({ imprint: content })).toThrow(RangeError);
    expect(codeOf(issue({ genTime: new Date(Number.NaN) }))).toBe("CERTIFICATE_EXPIRED");
  });

  test.each<[string, string, Partial<CertificateContent>]>([
    ["without the purpose", "CERTIFICATE_USAGE", { extensions: [] }],
    ["whose purpose is not critical", "CERTIFICATE_USAGE", { extensions: purpose(TIME_STAMPING, false) }],
    [
      "with another purpose beside",
      "CERTIFICATE_USAGE",
      { extensions: purpose(sequence("06082b06010505070308", "06082b06010505070302")) },
    ],
    ["of another purpose", "CERTIFICATE_USAGE", { extensions: purpose(sequence("06082b06010505070302")) }],
    ["for encryption", "CERTIFICATE_USAGE", { keyUsage: ["keyEncipherment"] }],
    ["of a CA", "CERTIFICATE_USAGE", { ca: { pathLen: 0 } }],
    ["that begins later", "CERTIFICATE_NOT_YET_VALID", { notBefore: new Date(NOW.getTime() + 1000) }],
    ["that ended", "CERTIFICATE_EXPIRED", { notAfter: NOW }],
  ])("it stamps with no certificate %s, and none is taken: %s", (_what, code, more) => {
    const wrong = authority(more);
    const stamper = { ...stamping, ...wrong, imprint };
    expect(codeOf(() => issueTimeStampToken(gm, stamper))).toBe(code);
    expect(verdict(craftStamp({ by: wrong }), { trusted: () => true })).toBe(code);
    const chain = {
      intermediates: [sub.certificate],
      anchors: [root.certificate],
      usage: "timeStamp",
      at: genTime,
    } as const;
    expect(codeOf(() => verifyChain(gm, { ...chain, leaf: wrong.certificate }))).toBe(code);
  });

  test("a certificate without key usage may stamp", () => {
    expect(verdict(craftStamp({ by: authority({ keyUsage: [] }) }), { trusted: () => true })).toBe("OK");
  });
});
