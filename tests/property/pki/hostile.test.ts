/** Whatever comes: each parser gives a value that can be written and read again, or refuses in words that callers know. */
import {
  addUnsignedAttribute,
  attachContent,
  checkDer,
  type Certificate,
  createRequest,
  element,
  encodeCiphertext,
  encodeEnvelopedData,
  encodeEnvelopedKey,
  encodePrivateKeyInfo,
  encodePublicKeyInfo,
  encodeSec1PrivateKey,
  encodeSignature,
  hexOf,
  isUscc,
  issueRevocationList,
  oid,
  openCiphertext,
  openEnvelopedData,
  openEnvelopedKey,
  parseCertificate,
  parseCiphertext,
  parseEnvelopedData,
  parseEitherSignature,
  parsePrivateKeyInfo,
  parsePublicKeyInfo,
  parseRequest,
  parseRevocationList,
  parseSec1PrivateKey,
  parseSignature,
  parseSignedData,
  readCiphertext,
  readUscc,
  signData,
  verifyChain,
  verifyRequest,
  verifyRevocationList,
  verifySignedData,
} from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { expect } from "vitest";
import { DAY, gm, NOW, party, threeTiers } from "../../support/authority.ts";
import { type Kind, kind, orRefusal, testKinds } from "../../support/malformed/kind.ts";
import { cases } from "../../support/oracles/runs.ts";

const { root, sub, leaf } = threeTiers();
const content = new TextEncoder().encode("投标函");
const digest = gm.sm3(content);
const recipient = gm.sm2KeyPair();
const holder = party("王五", sub, { keyUsage: ["keyEncipherment"] });
const envelopes = [[holder], [holder, party("赵六", sub, { keyUsage: ["keyAgreement"] })]].map((some) =>
  encodeEnvelopedData(gm, {
    content,
    recipients: some.map(({ certificate }) => certificate),
    contentKey: digest.slice(0, 16),
    iv: digest.slice(16),
  }),
);

/** With every extension that is read, and some that are not. */
const rich = party("李四", sub, {
  keyUsage: ["digitalSignature"],
  policies: ["1.2.3", "2.25.51834460437964684057172297333550632240"],
  extensions: [
    { type: oid.extendedKeyUsage, critical: true, value: element(0x30, Uint8Array.of(6, 3, 0x55, 0x1d, 0x25)) },
    { type: oid.uscc, critical: false, value: element(0x0c, new TextEncoder().encode("91320100MA1DEM0010")) },
    { type: "1.2.3.4", critical: false, value: Uint8Array.of(1, 2, 3) },
  ],
});
const rules = [oid.uscc, "1.2.3.4"].map((extension) => ({
  issuerKeySm3: hexOf(gm.sm3(sub.publicKey)),
  policy: extension === oid.uscc ? "1.2.3" : null,
  from: { extension, encoding: extension === oid.uscc ? "string" : "bare" } as const,
}));

const cms = (detached: boolean, chain: readonly Certificate[] = []) =>
  signData(gm, {
    contentType: oid.gmData,
    content,
    detached,
    signedAt: NOW,
    certificate: leaf.certificate,
    chain,
    privateKey: leaf.privateKey,
  });
const beside = { type: "1.2.840.113549.1.9.16.2.14", value: element(0x04, digest) };
const lists = [1, 3].map((revoked) =>
  issueRevocationList(
    gm,
    {
      number: 9,
      thisUpdate: NOW,
      nextUpdate: new Date(NOW.getTime() + DAY),
      revoked: Array.from({ length: revoked }, (_, at) => ({ serialNumber: Uint8Array.of(at + 5), at: NOW })),
    },
    sub.issuer,
  ),
);

/** What was signed and the signature, written again, are where they were: nothing of the message was left unread. */
function holdsSigned(
  { tbs, signature }: { readonly tbs: Uint8Array; readonly signature: Uint8Array },
  der: Uint8Array,
) {
  const bits = element(0x03, Uint8Array.of(0), encodeSignature(signature));
  expect(der.subarray(-bits.length)).toEqual(bits);
  // Its own header before it, and the algorithm between the two.
  expect(Buffer.from(der).indexOf(Buffer.from(tbs))).toBeLessThan(6);
  expect(der.length - tbs.length - bits.length).toBeLessThan(24);
}

const signature = encodeSignature(gm.sm2Sign(leaf.privateKey, content));
const ciphertext = encodeCiphertext(gm.sm2Encrypt(recipient.publicKey, content));
const toSign = { at: NOW, usage: "sign", intermediates: [sub.certificate], anchors: [root.certificate] } as const;

const kinds = {
  DER: kind(
    [leaf.certificate.der, ciphertext],
    (der) => {
      checkDer(der, 1 << 16, "test");
      return der;
    },
    () => undefined,
  ),
  certificate: kind(
    [rich.certificate.der, leaf.certificate.der],
    parseCertificate,
    (certificate, der) => {
      holdsSigned(certificate, der);
      expect(certificate.der).toEqual(der);
      expect(certificate.subject.toString() + certificate.issuer.toString()).not.toMatch(/\p{Cc}/u);
      const uscc = readUscc(gm, certificate, sub.publicKey, rules);
      expect(uscc === null || isUscc(uscc)).toBe(true);
    },
    (certificate) => verifyChain(gm, { leaf: certificate, ...toSign }),
  ),
  request: kind(
    [createRequest(gm, { subject: leaf.certificate.subject.der, ...leaf })],
    parseRequest,
    holdsSigned,
    (_request, der) => verifyRequest(gm, der),
  ),
  "revocation list": kind(lists, parseRevocationList, holdsSigned, (_list, der) =>
    verifyRevocationList(gm, der, sub.certificate, NOW),
  ),
  "SignedData with its content": kind(
    [cms(false), addUnsignedAttribute(cms(false), beside), cms(false, [sub.certificate])],
    parseSignedData,
    ({ signers }, der) => {
      for (const signer of signers) {
        expect(parseEitherSignature(signer.signatureOctets)).toEqual(signer.signature);
        const values = signer.unsignedAttributes(beside.type);
        if (values.length === 0 || signers.length > 1) continue;
        const added = orRefusal(() => addUnsignedAttribute(der, beside));
        if (added === null) continue;
        expect(parseSignedData(added).signers[0]?.unsignedAttributes(beside.type)).toHaveLength(values.length + 1);
      }
    },
    (_message, der) => verifySignedData(gm, der, { contentType: oid.gmData }),
  ),
  "SignedData without its content": kind(
    [cms(true)],
    (der) => ({ message: parseSignedData(der), whole: attachContent(der, content) }),
    ({ message, whole }) => {
      const read = parseSignedData(whole);
      expect(read.content).toEqual(content);
      expect(read.contentType).toBe(message.contentType);
      expect(read.signers.map((signer) => signer.signature)).toEqual(message.signers.map((one) => one.signature));
    },
    (_message, der) => verifySignedData(gm, der, { contentType: oid.gmData, digest }),
  ),
  signature: kind([signature], parseSignature, (raw, der) => expect(encodeSignature(raw)).toEqual(der)),
  "signature of either form": kind([signature, parseSignature(signature)], parseEitherSignature, (raw, bytes) => {
    expect(raw).toHaveLength(64);
    if (bytes.length === 64) expect(raw).toEqual(bytes);
    gm.sm2Verify(leaf.publicKey, content, raw);
  }),
  ciphertext: kind([ciphertext], parseCiphertext, (raw, der) => expect(encodeCiphertext(raw)).toEqual(der)),
  "ciphertext of any form": kind(
    [ciphertext, parseCiphertext(ciphertext)],
    (bytes) => readCiphertext(bytes),
    (forms, bytes) => {
      expect(forms.length).toBeLessThanOrEqual(5);
      openCiphertext(gm, recipient.privateKey, bytes);
    },
  ),
  "enveloped key": kind(
    [encodeEnvelopedKey(gm, leaf.publicKey, recipient, digest.slice(0, 16))],
    (der) => ({ key: openEnvelopedKey(gm, der, leaf.privateKey) }),
    ({ key }, der) => {
      // Whatever else it may hold, it is the key of the public key beside it.
      if (key !== null) expect(Buffer.from(der).includes(Buffer.from(gm.sm2PublicKey(key)))).toBe(true);
    },
  ),
  "enveloped data": kind(
    envelopes,
    (der) => parseEnvelopedData(der, 4096),
    (envelope) => {
      expect(envelope.iv).toHaveLength(16);
      expect(envelope.recipients.length).toBeLessThanOrEqual(limits.recipients);
      for (const { encryptedKeys } of envelope.recipients) {
        expect(encryptedKeys.length).toBeGreaterThan(0);
        for (const key of encryptedKeys) expect(key).toHaveLength(113);
      }
      openEnvelopedData(gm, envelope, holder.certificate, holder.privateKey);
    },
  ),
  "public key": kind([encodePublicKeyInfo(leaf.publicKey)], parsePublicKeyInfo, (key) => {
    expect(parsePublicKeyInfo(encodePublicKeyInfo(key))).toEqual(key);
  }),
  "private key in PKCS#8": kind([encodePrivateKeyInfo(leaf.privateKey, leaf.publicKey)], parsePrivateKeyInfo, (key) =>
    expect(parsePrivateKeyInfo(encodePrivateKeyInfo(key, leaf.publicKey))).toEqual(key),
  ),
  "private key of SEC 1": kind([encodeSec1PrivateKey(leaf.privateKey, leaf.publicKey)], parseSec1PrivateKey, (key) =>
    expect(parseSec1PrivateKey(encodeSec1PrivateKey(key, leaf.publicKey))).toEqual(key),
  ),
} as const satisfies Readonly<Record<string, Kind>>;

// SignedData is one parser, whether its content is inside or not.
testKinds(kinds, (name) => (name.startsWith("SignedData") ? cases(5000, 500_000) : cases(10_000, 1_000_000)));
