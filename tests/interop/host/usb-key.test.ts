/**
 * A USB key's whole life with other programs: the signing key is made in the token, an encryption pair comes from BouncyCastle or OpenSSL as a CA hands it over, a
 * key block is encrypted by both and opened by the key, its signature is verified by both.
 */
import { randomBytes } from "node:crypto";
import { element, hexOf, type Certificate, parseEnvelopedData } from "@certbridge/pki";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { expect } from "vitest";
import { readEnveloped } from "../../../apps/host/src/stores/usb-key/enveloped.ts";
import { gm, party } from "../../support/authority.ts";
import { ciphertextFromDer, publicKeyPem } from "../../support/oracles/der.ts";
import { openLibrary } from "../../support/soft-token/driver.ts";
import { makeToken } from "../../support/soft-token/token.ts";
import * as world from "../../unit/host/usb-key/world.ts";
import { exchange, testBouncyCastle } from "../pki/peers.ts";

const CONTAINER = "双证书";
const HOLDER = "滨江建设有限公司";
const message = world.bytesOf("投标函");
const content = new Uint8Array(randomBytes(500));

const authority = party("CA", null, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 } });
const issue = (publicKey: Uint8Array, keyUsage: Parameters<typeof party>[2]["keyUsage"]) =>
  party(HOLDER, authority, { keyUsage, publicKey }).certificate;

/** A token as a CA's counter leaves it, by SKF's own functions: an application with its PIN, a container, a signing key made inside. */
function makeFresh(layout: "packed4" | "natural8") {
  const token = makeToken({ folder: world.place(), layout, devices: [world.DEVICE] });
  token.provision(world.DEVICE, { application: world.APPLICATION, pin: world.PIN });
  const skf = openLibrary(token.library, layout);
  const [device, application, container] = [skf.out(), skf.out(), skf.out()];
  // ULONG, then x and y at the ends of 64 bytes each.
  const [blob, head] = [Buffer.alloc(200), skf.wide ? 8 : 4];
  const codes = [
    skf.call("ConnectDev", world.DEVICE, device),
    skf.call("OpenApplication", device.handle, world.APPLICATION, application),
    skf.call("VerifyPIN", application.handle, 1, world.PIN, skf.out()),
    skf.call("CreateContainer", application.handle, CONTAINER, container),
    skf.call("GenECCKeyPair", container.handle, 0x20100, blob),
    skf.call("ClearSecureState", application.handle),
    skf.call("DisConnectDev", device.handle),
  ];
  expect(codes).toEqual(codes.map(() => 0));
  const [x, y] = [blob.subarray(head + 32, head + 64), blob.subarray(head + 96, head + 128)];
  return { token, signing: issue(Uint8Array.from([4, ...x, ...y]), ["digitalSignature"]) };
}

type Peer = ReturnType<typeof exchange>;

/** The encryption public key, and the pair as it travels. */
interface Handed {
  readonly publicKey: Uint8Array;
  readonly file: Uint8Array;
}

function pairByBouncyCastle(peer: Peer): Handed {
  peer.java("pair", "TokenPeer");
  return { publicKey: peer.read("encryption.point"), file: peer.read("enveloped-64.der") };
}

/** SM2EnvelopedKey whose secret parts are OpenSSL's: the pair, the key under SM2, the private key under SM4. */
function pairByOpenssl({ openssl, write, read }: Peer, signingKey: Uint8Array): Handed {
  openssl("genpkey", "-algorithm", "SM2", "-out", "pair.pem");
  openssl("ec", "-in", "pair.pem", "-no_public", "-outform", "DER", "-out", "pair.der");
  openssl("ec", "-in", "pair.pem", "-pubout", "-outform", "DER", "-out", "public.der");
  const publicKey = read("public.der").slice(-65);
  // ECPrivateKey: SEQUENCE, version, then OCTET STRING of 32 bytes.
  const privateKey = read("pair.der").slice(7, 39);
  const fileKey = randomBytes(16);
  write("file.key", fileKey);
  write("signing.pem", publicKeyPem(signingKey));
  openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", "signing.pem", "-in", "file.key", "-out", "file.sm2");
  write("plain.bin", Buffer.concat([Buffer.alloc(32), privateKey]));
  openssl("enc", "-sm4-ecb", "-nopad", "-K", hexOf(fileKey), "-in", "plain.bin", "-out", "sealed.bin");
  const algorithm = Buffer.from("300a06082a811ccf55016801", "hex");
  const bits = (bytes: Uint8Array) => element(0x03, Uint8Array.of(0), bytes);
  return { publicKey, file: element(0x30, algorithm, read("file.sm2"), bits(publicKey), bits(read("sealed.bin"))) };
}

/** BouncyCastle's envelope for the certificate, and OpenSSL's: key by SM2, content by SM4-CBC. */
function envelopesFor(peer: Peer, encryption: Certificate) {
  const { openssl, write, read } = peer;
  write("first.der", encryption.der);
  write("content.bin", content);
  peer.compile("EnvelopePeer");
  peer.java("make", "EnvelopePeer");
  const byBouncyCastle = parseEnvelopedData(read("bc-0.der"), 64 * 1024);
  const [contentKey, iv] = [randomBytes(16), randomBytes(16)];
  write("content.key", contentKey);
  write("encryption.pem", publicKeyPem(encryption.publicKey));
  openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", "encryption.pem", "-in", "content.key", "-out", "content.sm2");
  openssl("enc", "-sm4-cbc", "-K", hexOf(contentKey), "-iv", hexOf(iv), "-in", "content.bin", "-out", "content.sm4");
  const encryptedKeys = [ciphertextFromDer(read("content.sm2"))];
  const byOpenssl = {
    ...byBouncyCastle,
    recipients: byBouncyCastle.recipients.map((recipient) => ({ ...recipient, encryptedKeys })),
    iv: new Uint8Array(iv),
    encryptedContent: read("content.sm4"),
  };
  return { byBouncyCastle, byOpenssl };
}

/** Brings in pair and certificates by the keeper, then uses the key by the store. */
async function live(peer: Peer, layout: "packed4" | "natural8", pairOf: (signingKey: Uint8Array) => Handed) {
  const { token, signing } = makeFresh(layout);
  peer.compile("TokenPeer");
  peer.write("signing.der", signing.der);
  const { publicKey, file } = pairOf(signing.publicKey);
  const encryption = issue(publicKey, ["keyEncipherment", "dataEncipherment"]);
  const { library } = await world.enrol(token.library);
  const keeper = world.keeperOf([library]);
  const [place] = (await keeper.places()).places;
  if (place === undefined) throw new Error("no container");
  const opening = () => ({ pin: world.bytesOf(world.PIN), mayUseLastTry: false });
  await keeper.importPair(place, opening(), readEnveloped(file), false);
  const given = [signing, encryption].map(({ der }, at) => ({ name: `${at}`, der }));
  expect((await keeper.importCertificates(place, opening(), given)).written).toHaveLength(2);

  const found = await world.storeOf([library]).find(encodeBase64Url(gm.sm3(signing.der)));
  const open = () => found?.open({ pin: world.bytesOf(world.PIN), calls: 1, opensFor: encryption });
  const { byBouncyCastle, byOpenssl } = envelopesFor(peer, encryption);
  for (const envelope of [byBouncyCastle, byOpenssl]) {
    expect(await (await open())?.openEnvelope(envelope, encryption)).toEqual(content);
  }
  const signature = await (await open())?.sign(message, DEFAULT_DISTINGUISHING_ID);
  if (signature === undefined) throw new Error("no signature");
  expect(world.isSignedBy(signing.publicKey, message, signature)).toBe(true);
  expect(world.isSignedBy(signing.publicKey, content, signature)).toBe(false);
  peer.write("signature.bin", signature);
  peer.write("message.bin", message);
  expect(peer.java("verify", "TokenPeer")).toEqual(["signature: true"]);
  peer.write("message.bin", content);
  expect(peer.java("verify", "TokenPeer")).toEqual(["signature: false"]);
}

testBouncyCastle("a pair made by BouncyCastle", async () => {
  const peer = exchange("bc-token");
  await live(peer, "packed4", () => pairByBouncyCastle(peer));
});

testBouncyCastle("a pair made by OpenSSL", async () => {
  const peer = exchange("openssl-token");
  await live(peer, "natural8", (signingKey) => pairByOpenssl(peer, signingKey));
});
