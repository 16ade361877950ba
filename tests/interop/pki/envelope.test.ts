/** Digital envelopes, GM/T 0010: BouncyCastle both ways, OpenSSL's command line step by step. */
import { randomBytes } from "node:crypto";
import {
  element,
  encodeCiphertext,
  encodeEnvelopedData,
  encodePrivateKeyInfo,
  findRecipient,
  hexOf,
  openEnvelopedData,
  parseEnvelopedData,
} from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { expect } from "vitest";
import { gm, party, threeTiers } from "../../support/authority.ts";
import { exchange, testBouncyCastle, testOpenssl } from "./peers.ts";

const { sub } = threeTiers();
const encrypting = { keyUsage: ["keyEncipherment", "dataEncipherment"] } as const;
const [first, second] = [party("张三", sub, encrypting), party("救济委员会", sub, encrypting)];
const content = new Uint8Array(randomBytes(2000));
const parse = (der: Uint8Array) => parseEnvelopedData(der, limits.keyBlockLen);

function seal() {
  const [contentKey, iv] = [new Uint8Array(randomBytes(16)), new Uint8Array(randomBytes(16))];
  return encodeEnvelopedData(gm, { content, recipients: [first.certificate, second.certificate], contentKey, iv });
}

testBouncyCastle("opens ours for each of two recipients, and makes in every form of the field what we open", () => {
  const peer = exchange("bc-envelope");
  peer.compile("EnvelopePeer");
  for (const [name, { certificate, privateKey, publicKey }] of Object.entries({ first, second })) {
    peer.write(`${name}.der`, certificate.der);
    peer.write(`${name}.key`, encodePrivateKeyInfo(privateKey, publicKey));
  }
  peer.write("content.bin", content);
  peer.write("envelope.der", seal());
  expect(peer.java("verify", "EnvelopePeer")).toEqual([
    "type: 1.2.156.10197.6.1.4.2.3",
    "version: 1, recipients: 2",
    "first: true",
    "second: true",
  ]);

  const made = peer.java("make", "EnvelopePeer");
  expect(made).toHaveLength(5 * 2 * 4 * 2 * 2);
  for (const line of made) {
    const envelope = parse(peer.read(line.split(" ")[0] ?? ""));
    expect(findRecipient(envelope, second.certificate), line).toBeNull();
    expect(openEnvelopedData(gm, envelope, first.certificate, first.privateKey), line).toEqual(content);
  }
});

testOpenssl("opens ours step by step: the key by SM2, the content by SM4-CBC", () => {
  const peer = exchange("openssl-open");
  const { openssl } = peer;
  peer.write("second.key", encodePrivateKeyInfo(second.privateKey, second.publicKey));
  peer.write("envelope.der", seal());
  const text = openssl("asn1parse", "-inform", "DER", "-in", "envelope.der");
  expect(text).toContain("sm4-cbc");
  const envelope = parse(peer.read("envelope.der"));
  const [encryptedKey] = findRecipient(envelope, second.certificate)?.encryptedKeys ?? [];
  peer.write("key.sm2", encodeCiphertext(encryptedKey ?? content));
  const keyFile = ["-inkey", "second.key", "-keyform", "DER"];
  openssl("pkeyutl", "-decrypt", ...keyFile, "-in", "key.sm2", "-out", "key.bin");
  peer.write("text.bin", envelope.encryptedContent);
  const cipher = ["-K", hexOf(peer.read("key.bin")), "-iv", hexOf(envelope.iv)];
  openssl("enc", "-d", "-sm4-cbc", ...cipher, "-in", "text.bin", "-out", "content.bin");
  expect(peer.read("content.bin")).toEqual(content);
});

testOpenssl("makes key and content that we open", () => {
  const peer = exchange("openssl-seal");
  const { openssl } = peer;
  peer.write("first.key", encodePrivateKeyInfo(first.privateKey, first.publicKey));
  const [contentKey, iv] = [randomBytes(16), randomBytes(16)];
  peer.write("key.bin", contentKey);
  peer.write("content.bin", content);
  const keyFile = ["-inkey", "first.key", "-keyform", "DER"];
  openssl("pkeyutl", "-encrypt", ...keyFile, "-in", "key.bin", "-out", "key.sm2");
  const cipher = ["-K", contentKey.toString("hex"), "-iv", iv.toString("hex")];
  openssl("enc", "-e", "-sm4-cbc", ...cipher, "-in", "content.bin", "-out", "text.bin");
  // OpenSSL has no frame for them: PKCS#7's, with its own names, by hand.
  const oids = Object.entries({
    type: "1.2.840.113549.1.7.3",
    data: "1.2.840.113549.1.7.1",
    sm2: "1.2.156.10197.1.301",
    sm4: "1.2.156.10197.1.104.2",
  }).map(([name, dotted]) => {
    openssl("asn1parse", "-genstr", `OID:${dotted}`, "-noout", "-out", `${name}.oid`);
    return [name, peer.read(`${name}.oid`)] as const;
  });
  const named = Object.fromEntries(oids) as Record<string, Uint8Array>;
  const part = (name: string) => named[name] ?? content;
  const { issuer, serialNumber } = first.certificate;
  const sequence = (...parts: readonly Uint8Array[]) => element(0x30, ...parts);
  const recipient = sequence(
    Uint8Array.of(2, 1, 0),
    sequence(issuer.der, element(2, Buffer.from(serialNumber, "hex"))),
    sequence(part("sm2")),
    element(4, peer.read("key.sm2")),
  );
  const encrypted = sequence(part("data"), sequence(part("sm4"), element(4, iv)), element(0x80, peer.read("text.bin")));
  const body = sequence(Uint8Array.of(2, 1, 0), element(0x31, recipient), encrypted);
  const envelope = parse(sequence(part("type"), element(0xa0, body)));
  expect(openEnvelopedData(gm, envelope, first.certificate, first.privateKey)).toEqual(content);
});
