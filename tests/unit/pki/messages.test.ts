import {
  attachContent,
  createRequest,
  encodeEnvelopedKey,
  encodeName,
  encodePrivateKeyInfo,
  isUscc,
  issueRevocationList,
  oid,
  openEnvelopedKey,
  pairCertificates,
  parsePrivateKeyInfo,
  ProofError,
  readUscc,
  hexOf,
  signData,
  verifyRequest,
  verifyRevocationList,
  verifySignedData,
} from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { DAY, gm, NOW, party, threeTiers } from "../../support/authority.ts";

const { root, sub, leaf } = threeTiers();
const content = new TextEncoder().encode("投标函");
const signed = (detached: boolean) =>
  signData(gm, {
    contentType: oid.gmData,
    content,
    detached,
    signedAt: NOW,
    certificate: leaf.certificate,
    chain: [sub.certificate],
    privateKey: leaf.privateKey,
  });

describe("GM/T 0010 SignedData", () => {
  test("attached: gives signer, content and instant", () => {
    const proved = verifySignedData(gm, signed(false), { contentType: oid.gmData });
    expect(proved.signer.subject.commonName).toBe("张三");
    expect(proved.content).toEqual(content);
    expect(proved.signedAt).toEqual(NOW);
    expect(proved.certificates).toHaveLength(2);
  });

  test("detached: needs the content, and no other", () => {
    expect(verifySignedData(gm, signed(true), { contentType: oid.gmData, content }).content).toBeNull();
    expect(() => verifySignedData(gm, signed(true), { contentType: oid.gmData })).toThrow(ProofError);
    const other = new Uint8Array(content.length);
    expect(() => verifySignedData(gm, signed(true), { contentType: oid.gmData, content: other })).toThrow(ProofError);
  });

  test("detached, then attached, is attached", () => {
    const cms = attachContent(signed(true), content);
    expect(verifySignedData(gm, cms, { contentType: oid.gmData }).content).toEqual(content);
  });

  test("of one type does not verify as another", () => {
    expect(() => verifySignedData(gm, signed(false), { contentType: "2.25.1" })).toThrow(ProofError);
  });

  test("with any bit changed never verifies as the same signer's over other content", () => {
    const cms = signed(false);
    for (let at = 0; at < cms.length; at++) {
      const altered = new Uint8Array(cms);
      altered[at] = (altered[at] ?? 0) ^ 1;
      let proved: ReturnType<typeof verifySignedData>;
      try {
        proved = verifySignedData(gm, altered, { contentType: oid.gmData });
      } catch (error) {
        expect(error instanceof ProofError || OperationError.is(error, "MALFORMED")).toBe(true);
        continue;
      }
      expect(proved.content).toEqual(content);
      expect(proved.signer.der).toEqual(leaf.certificate.der);
    }
  });
});

describe("certificates of one holder", () => {
  const encryption = party("张三", sub, { keyUsage: ["keyEncipherment", "dataEncipherment"] });

  test("are a pair", () => {
    expect(pairCertificates(leaf.certificate, encryption.certificate).encryptionCertificate).toBe(
      encryption.certificate,
    );
    expect(() => pairCertificates(encryption.certificate, leaf.certificate)).toThrow(ProofError);
    const stranger = party("李四", sub, { keyUsage: ["keyEncipherment"] });
    expect(() => pairCertificates(leaf.certificate, stranger.certificate)).toThrow(ProofError);
  });

  test("SM2EnvelopedKey opens for its signing key alone", () => {
    const fileKey = new Uint8Array(16).fill(9);
    const der = encodeEnvelopedKey(gm, leaf.publicKey, encryption, fileKey);
    expect(openEnvelopedKey(gm, der, leaf.privateKey)).toEqual(encryption.privateKey);
    expect(openEnvelopedKey(gm, der, sub.privateKey)).toBeNull();
  });

  test("a private key survives PKCS#8", () => {
    expect(parsePrivateKeyInfo(encodePrivateKeyInfo(leaf.privateKey, leaf.publicKey))).toEqual(leaf.privateKey);
  });

  test("a request proves possession", () => {
    const subject = encodeName([[oid.commonName, "新申请人"]]);
    const der = createRequest(gm, { subject, ...leaf });
    expect(verifyRequest(gm, der).subject.commonName).toBe("新申请人");
    const altered = new Uint8Array(der);
    altered[der.length - 1] = (altered[der.length - 1] ?? 0) ^ 1;
    expect(() => verifyRequest(gm, altered)).toThrow();
  });
});

describe("revocation list", () => {
  const list = issueRevocationList(
    gm,
    {
      number: 7,
      thisUpdate: NOW,
      nextUpdate: new Date(NOW.getTime() + DAY),
      revoked: [{ serialNumber: Uint8Array.of(1, 0x10, 3), at: NOW }],
    },
    sub.issuer,
  );

  test("names the revoked serial numbers", () => {
    const read = verifyRevocationList(gm, list, sub.certificate, NOW);
    expect(read.number).toBe(7);
    expect([...read.revoked]).toEqual(["011003"]);
  });

  test("of another issuer, out of date or altered is refused", () => {
    expect(() => verifyRevocationList(gm, list, root.certificate, NOW)).toThrow(ProofError);
    expect(() => verifyRevocationList(gm, list, sub.certificate, new Date(NOW.getTime() + 2 * DAY))).toThrow(
      ProofError,
    );
  });
});

describe("统一社会信用代码", () => {
  test("has the right check digit", () => {
    expect(isUscc("91350100M000100Y43")).toBe(true);
    expect(isUscc("91350100M000100Y44")).toBe(false);
    expect(isUscc("9135O100M000100Y43")).toBe(false);
    expect(isUscc("91350100M000100Y4")).toBe(false);
  });

  test("is read by a rule of issuer and policy, and not without one", () => {
    const value = Uint8Array.of(0x0c, 18, ...new TextEncoder().encode("91350100M000100Y43"));
    const holder = party("某公司", sub, {
      keyUsage: ["digitalSignature"],
      policies: ["2.25.7"],
      extensions: [{ type: oid.uscc, value }],
    }).certificate;
    const rule = { issuerKeySm3: hexOf(gm.sm3(sub.publicKey)), policy: "2.25.7", from: { extension: oid.uscc } };
    expect(readUscc(gm, holder, sub.publicKey, [rule])).toBe("91350100M000100Y43");
    expect(readUscc(gm, holder, sub.publicKey, [{ ...rule, policy: "2.25.8" }])).toBeNull();
    expect(readUscc(gm, holder, root.publicKey, [rule])).toBeNull();
    expect(readUscc(gm, holder, sub.publicKey, [])).toBeNull();
  });
});
