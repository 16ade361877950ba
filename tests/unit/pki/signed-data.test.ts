/** GM/T 0010 SignedData as we make it: in the standard's own form, detached and attached. */
import {
  addUnsignedAttribute,
  attachContent,
  encodeSignedAttributes,
  encodeSignedData,
  hexOf,
  oid,
  parseSignedData,
  respellSignedData,
  signData,
  verifySignedData,
} from "@certbridge/pki";
import { REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { describe, expect, test } from "vitest";
import { gm, NOW } from "../../support/authority.ts";
import { bytes, codeOf, content, expected, leaf, OID, sub } from "./crafted.ts";

const signed = (detached: boolean, contentType: string = oid.gmData) =>
  signData(gm, {
    contentType,
    content,
    detached,
    signedAt: NOW,
    certificate: leaf.certificate,
    chain: [sub.certificate],
    privateKey: leaf.privateKey,
  });

describe("what we make", () => {
  test("attached: gives signer, content and instant", () => {
    const proved = verifySignedData(gm, signed(false), expected);
    expect(proved.signer.subject.commonName).toBe("张三");
    expect(proved.content).toEqual(content);
    expect(proved.signedAt).toEqual(NOW);
    expect(proved.contentType).toBe(oid.gmData);
    expect(proved.certificates).toHaveLength(2);
  });

  test("detached: needs the content or its digest, and no other", () => {
    const cms = signed(true);
    const check = (more: object) => codeOf(() => verifySignedData(gm, cms, { ...expected, ...more }));
    expect(verifySignedData(gm, cms, { ...expected, content }).content).toBeNull();
    expect(check({ digest: gm.sm3(content) })).toBe("OK");
    expect(check({})).toBe("CONTENT_MISMATCH");
    expect(check({ content: new Uint8Array(content.length) })).toBe("CONTENT_MISMATCH");
    expect(check({ digest: gm.sm3(content).subarray(1) })).toBe("CONTENT_MISMATCH");
    expect(check({ content, digest: new Uint8Array(32) })).toBe("CONTENT_MISMATCH");
  });

  test("attached, with other content expected, is refused", () => {
    const check = (more: object) => codeOf(() => verifySignedData(gm, signed(false), { ...expected, ...more }));
    expect(check({ content })).toBe("OK");
    expect(check({ content: new Uint8Array(0) })).toBe("CONTENT_MISMATCH");
    expect(check({ digest: new Uint8Array(32) })).toBe("CONTENT_MISMATCH");
  });

  test("is written anew from what was verified of it: without what no signature covers, each certificate once", () => {
    const cms = signed(false);
    const proved = verifySignedData(gm, cms, expected);
    expect(respellSignedData(proved)).toEqual(cms);
    const detached = signed(true);
    expect(respellSignedData(verifySignedData(gm, detached, { ...expected, content }))).toEqual(detached);
    expect(parseSignedData(respellSignedData(proved, { detached: true })).content).toBeNull();
    const more = addUnsignedAttribute(cms, { type: "1.2.3.4", value: Uint8Array.of(5, 0) });
    expect(respellSignedData(verifySignedData(gm, more, expected))).toEqual(cms);
    const certificates = [...proved.certificates, ...proved.certificates];
    expect(respellSignedData({ ...proved, certificates })).toEqual(cms);
    const signerInfo = { ...proved.signerInfo, attributes: null };
    expect(codeOf(() => respellSignedData({ ...proved, signerInfo }))).toBe("MALFORMED");
  });

  test("carries the standard's own identifiers, and the certificates as they stand", () => {
    const hex = hexOf(signed(false));
    for (const id of [OID.signedData, OID.data, OID.sm3, OID.sm2]) expect(hex).toContain(id);
    for (const id of [OID.pkcs7Data, OID.pkcs7SignedData]) expect(hex).not.toContain(id);
    expect(hex).toContain(hexOf(leaf.certificate.der));
    const [signer, more] = parseSignedData(signed(false)).signers;
    expect(more).toBeUndefined();
    expect(signer?.certificateId).toEqual({
      issuer: leaf.certificate.issuer.der,
      serialNumber: leaf.certificate.serialNumber,
    });
  });

  test("is the same message whether made in one step or in three", () => {
    const statement = { ...expected, digest: gm.sm3(content), signedAt: NOW, certificate: leaf.certificate };
    const toSign = encodeSignedAttributes(gm, statement);
    expect(encodeSignedAttributes(gm, statement)).toEqual(toSign);
    const signature = gm.sm2Sign(leaf.privateKey, toSign);
    const parts = { ...expected, content: null, attributes: toSign, signature, certificate: leaf.certificate };
    const cms = encodeSignedData({ ...parts, chain: [] });
    expect(verifySignedData(gm, cms, { ...expected, content }).certificates).toHaveLength(1);
    expect(() => encodeSignedAttributes(gm, { ...statement, digest: content })).toThrow(RangeError);
    expect(codeOf(() => encodeSignedData({ ...parts, attributes: content, chain: [] }))).toBe("MALFORMED");
  });

  test("of one type does not verify as another, and ours have 128-bit arcs", () => {
    const cms = signed(false, REGISTRATION_CREDENTIAL);
    expect(verifySignedData(gm, cms, { contentType: REGISTRATION_CREDENTIAL }).content).toEqual(content);
    expect(codeOf(() => verifySignedData(gm, cms, expected))).toBe("SIGNATURE_INVALID");
    expect(codeOf(() => verifySignedData(gm, signed(false), { contentType: REGISTRATION_CREDENTIAL }))).toBe(
      "SIGNATURE_INVALID",
    );
  });
});

describe("attachContent", () => {
  test("makes of a detached message the attached one", () => {
    const detached = signed(true);
    const attached = attachContent(detached, content);
    expect(verifySignedData(gm, attached, expected).content).toEqual(content);
    expect(codeOf(() => attachContent(attached, content))).toBe("MALFORMED");
    expect(codeOf(() => verifySignedData(gm, attachContent(detached, new Uint8Array(3)), expected))).toBe(
      "CONTENT_MISMATCH",
    );
  });

  test("takes content of the largest size, and the verifier takes what comes of it", () => {
    const large = new Uint8Array(limits.attachedContentLen).fill(7);
    const statement = { ...expected, digest: gm.sm3(large), signedAt: NOW, certificate: leaf.certificate };
    const toSign = encodeSignedAttributes(gm, statement);
    const signature = gm.sm2Sign(leaf.privateKey, toSign);
    const parts = { ...expected, content: null, attributes: toSign, signature, certificate: leaf.certificate };
    const attached = attachContent(encodeSignedData({ ...parts, chain: [] }), large);
    expect(verifySignedData(gm, attached, expected).content?.length).toBe(limits.attachedContentLen);
    const larger = new Uint8Array(limits.attachedContentLen + limits.nativeFrameLen);
    expect(codeOf(() => parseSignedData(attachContent(signed(true), larger)))).toBe("MALFORMED");
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["a number", bytes("020101")],
    ["a certificate", leaf.certificate.der],
    ["bytes after the end", new Uint8Array([...signed(true), 0])],
  ])("refuses %s", (_what, cms) => {
    expect(codeOf(() => attachContent(cms, content))).toBe("MALFORMED");
  });
});
