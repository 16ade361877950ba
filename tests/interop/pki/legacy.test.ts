/** The legacy profile: BouncyCastle's stream parsers and generators both ways, OpenSSL's command line step by step. docs/formats/legacy-package.md */
import { randomBytes } from "node:crypto";
import { contentKeyOfRecipient, verifyLegacyPackage } from "@certbridge/bid";
import { encodeCiphertext, encodePrivateKeyInfo, findRecipient, hexOf } from "@certbridge/pki";
import { expect } from "vitest";
import { gm, type Party } from "../../support/authority.ts";
import { bidder, filler } from "../../support/bid.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import { legacyFilesOf, makeLegacy, openLegacy, opener } from "../../support/legacy.ts";
import { exchange, testBouncyCastle, testOpenssl } from "./peers.ts";

const files = [
  { name: "投标函.txt", bytes: new TextEncoder().encode("总价壹佰万元整") },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: "图纸.dwg", bytes: filler(2_300_001) },
];

const keyOf = ({ privateKey, publicKey }: Party) => encodePrivateKeyInfo(privateKey, publicKey);

async function openOwn(bytes: Uint8Array) {
  const opened = await openLegacy(bytes);
  const { signer } = verifyLegacyPackage(gm, opened, foreignHash);
  const contentKey = contentKeyOfRecipient(gm, opened, opener.certificate, opener.privateKey, foreignHash);
  return { opened, signer, contentKey, files: await legacyFilesOf(opened, contentKey) };
}

testBouncyCastle(
  "reads ours as a stream, signature, envelope and archive, and makes with its generators what we read",
  async () => {
    const peer = exchange("bc-legacy");
    peer.compile("LegacyPeer");
    peer.write("ours.p7m", await makeLegacy(files));
    peer.write("opener.key", keyOf(opener));
    expect(peer.java("read", "LegacyPeer")).toEqual([
      "type: 1.2.156.10197.6.1.4.2.2",
      "signed as: 2.25.51834460437964684057172297333550632240.10",
      "envelope: 1.2.156.10197.6.1.4.2.3",
      ...files.map(({ name, bytes }) => `${name} ${bytes.length} ${hexOf(gm.sm3(bytes))}`),
      "digest: true",
      "signature: true",
    ]);

    const content = new Uint8Array(randomBytes(300_007));
    peer.write("content.bin", content);
    peer.write("opener.der", opener.certificate.der);
    peer.write("bidder.der", bidder.certificate.der);
    peer.write("bidder.key", keyOf(bidder));
    expect(peer.java("make", "LegacyPeer")[0]).toMatch(/^made: \d{6}$/);
    const read = await openOwn(peer.read("theirs.p7m"));
    expect(read.signer.der).toEqual(bidder.certificate.der);
    expect(read.files).toEqual([{ name: expect.stringMatching(/^content/), bytes: content }]);
  },
);

/** The octets of the strings at this depth, by the offsets and lengths that OpenSSL's walk says. */
function octetsAt(depth: number, walk: string, bytes: Uint8Array): Buffer {
  const line = new RegExp(`^ *(\\d+):d=${depth} +hl=(\\d+) +l= *(\\d+) prim: OCTET STRING`, "gm");
  const found = Array.from(walk.matchAll(line), (parts) => {
    const [at = 0, head = 0, len = 0] = parts.slice(1).map(Number);
    return bytes.subarray(at + head, at + head + len);
  });
  expect(found.length).toBeGreaterThan(0);
  return Buffer.concat(found);
}

testOpenssl("walks ours, and opens it step by step: the key by SM2, the content by SM4-CBC", async () => {
  const peer = exchange("openssl-legacy");
  const { openssl } = peer;
  // OpenSSL prints whatever it walks: less than a chunk.
  const few = [...files.slice(0, 2), { name: "图纸.dwg", bytes: filler(100_001) }];
  const bytes = await makeLegacy(few);
  peer.write("ours.p7m", bytes);
  peer.write("opener.key", keyOf(opener));
  const text = openssl("asn1parse", "-inform", "DER", "-in", "ours.p7m");
  const envelope = octetsAt(6, text, bytes);
  peer.write("envelope.p7m", envelope);
  const inner = openssl("asn1parse", "-inform", "DER", "-in", "envelope.p7m");
  peer.write("text.bin", octetsAt(5, inner.slice(inner.indexOf("sm4-cbc")), envelope));
  const { opened } = await openOwn(bytes);
  const [encryptedKey] = findRecipient(opened.envelope, opener.certificate)?.encryptedKeys ?? [];
  peer.write("key.sm2", encodeCiphertext(encryptedKey ?? bytes));
  openssl("pkeyutl", "-decrypt", "-inkey", "opener.key", "-keyform", "DER", "-in", "key.sm2", "-out", "key.bin");
  const key = ["-K", hexOf(peer.read("key.bin")), "-iv", hexOf(opened.envelope.iv)];
  openssl("enc", "-d", "-sm4-cbc", ...key, "-in", "text.bin", "-out", "content.zip");
  const archive = Buffer.from(peer.read("content.zip"));
  for (const { name, bytes: content } of few) {
    expect(archive.includes(Buffer.from(name))).toBe(true);
    expect(archive.includes(Buffer.from(content))).toBe(true);
  }
  openssl("dgst", "-sm3", "-out", "digest.txt", "envelope.p7m");
  expect(new TextDecoder().decode(peer.read("digest.txt"))).toContain(hexOf(opened.payload.sm3));
});
