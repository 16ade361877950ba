/** BouncyCastle, both ways: chain, revocation list, request, GM/T 0010 SignedData, SM2EnvelopedKey. */
import {
  createRequest,
  encodeEnvelopedKey,
  encodePrivateKeyInfo,
  isRevoked,
  issueRevocationList,
  oid,
  openEnvelopedKey,
  parseCertificate,
  parsePrivateKeyInfo,
  signData,
  verifyChain,
  verifyRequest,
  verifyRevocationList,
  verifySignedData,
} from "@certbridge/pki";
import { expect } from "vitest";
import { DAY, gm, NOW, party, threeTiers } from "../../support/authority.ts";
import { exchange, testBouncyCastle } from "./peers.ts";

const content = new TextEncoder().encode("投标函");

testBouncyCastle("judges what we make", () => {
  const peer = exchange("bc-judge");
  peer.compile();
  const { root, sub, leaf } = threeTiers();
  const revoked = party("吊销", sub, { keyUsage: ["digitalSignature"] });
  const encryption = party("张三", sub, { keyUsage: ["keyEncipherment", "dataEncipherment"] });
  const listOf = (issuer: typeof sub, serials: readonly Uint8Array[]) =>
    issueRevocationList(
      gm,
      {
        number: 2n ** 100n,
        thisUpdate: new Date(NOW.getTime() - DAY),
        nextUpdate: new Date(NOW.getTime() + DAY),
        revoked: serials.map((serialNumber) => ({ serialNumber, at: NOW })),
      },
      issuer.issuer,
    );
  const sign = (detached: boolean) =>
    signData(gm, {
      contentType: oid.gmData,
      content,
      detached,
      signedAt: NOW,
      certificate: leaf.certificate,
      chain: [sub.certificate],
      privateKey: leaf.privateKey,
    });
  peer.write("now.txt", String(NOW.getTime()));
  for (const [name, { certificate }] of Object.entries({ root, sub, leaf, revoked })) {
    peer.write(`${name}.der`, certificate.der);
  }
  peer.write("sub.crl", listOf(sub, [Buffer.from(revoked.certificate.serialNumber, "hex")]));
  peer.write("root.crl", listOf(root, []));
  peer.write("request.der", createRequest(gm, { subject: leaf.certificate.subject.der, ...leaf }));
  peer.write("attached.p7", sign(false));
  peer.write("detached.p7", sign(true));
  const fileKey = gm.sm3(content).slice(0, 16);
  peer.write("enveloped.der", encodeEnvelopedKey(gm, leaf.publicKey, encryption, fileKey));
  peer.write("leaf.key", encodePrivateKeyInfo(leaf.privateKey, leaf.publicKey));
  peer.write("encryption.key", encryption.privateKey);

  expect(peer.java("verify")).toEqual([
    "subject: true",
    "chain: true",
    "chain of the revoked: false",
    "list names the revoked: true",
    "request: true",
    "attached: true",
    "detached: true",
    "detached, other content: false",
    "enveloped key: true",
  ]);
});

testBouncyCastle("is judged by us", () => {
  const peer = exchange("bc-make");
  peer.compile();
  peer.write("now.txt", String(NOW.getTime()));
  peer.java("make");
  const [root, sub, leaf] = (["root.der", "sub.der", "leaf.der"] as const).map((name) =>
    parseCertificate(peer.read(name)),
  );
  if (root === undefined || sub === undefined || leaf === undefined) throw new Error("unreachable");

  const chain = { leaf, intermediates: [sub], anchors: [root], at: NOW, usage: "sign" } as const;
  expect(verifyChain(gm, chain).path).toEqual([leaf, sub, root]);
  expect(root.serialNumber).toBe("80FF");
  expect(leaf.subject.toString()).toBe("C=CN,O=peer,CN=李四");
  expect(leaf.notAfter).toEqual(new Date(NOW.getTime() + 365 * 30 * DAY));

  const list = verifyRevocationList(gm, peer.read("sub.crl"), sub, NOW);
  expect(list.number).toBe(2n ** 80n);
  expect([...list.revoked]).toEqual(["FFEE"]);
  expect(isRevoked(list, leaf)).toBe(false);
  expect(verifyRequest(gm, peer.read("request.der")).publicKey).toEqual(leaf.publicKey);

  const expected = { contentType: oid.gmData };
  const attached = verifySignedData(gm, peer.read("attached.p7"), expected);
  expect(attached.content).toEqual(content);
  expect(attached.signer.der).toEqual(leaf.der);
  expect(attached.contentType).toBe(oid.pkcs7Data);
  const detached = peer.read("detached.p7");
  expect(verifySignedData(gm, detached, { ...expected, content }).signer.der).toEqual(leaf.der);
  expect(verifySignedData(gm, detached, { ...expected, digest: gm.sm3(content) }).content).toBeNull();
  expect(() => verifySignedData(gm, detached, { ...expected, content: content.subarray(1) })).toThrow(
    expect.objectContaining({ code: "CONTENT_MISMATCH" }),
  );

  const signingKey = parsePrivateKeyInfo(peer.read("leaf.key"));
  expect(gm.sm2PublicKey(signingKey)).toEqual(leaf.publicKey);
  expect(openEnvelopedKey(gm, peer.read("enveloped.der"), signingKey)).toEqual(
    parsePrivateKeyInfo(peer.read("encryption.key")),
  );
});
