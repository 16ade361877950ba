/**
 * PKCS#12 (.p12, .pfx), RFC 7292: private keys with their certificates under one password. Read: PBES2 with any algorithm of
 * pbes2.ts and a MAC of any hash of pkcs12-mac.ts. Written: AES-256 with SHA-256, which nearly every program reads, or SM4 with
 * SM3, the national form, for OpenSSL 3 and newer.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { element, encodePrivateKeyInfo } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import {
  AuthenticatedSafe,
  CertBag,
  MacData,
  PFX,
  PKCS12Attribute,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
  id_certBag,
  id_keyBag,
  id_pkcs8ShroudedKeyBag,
  id_x509Certificate,
} from "@peculiar/asn1-pfx";
import { EncryptedData } from "@peculiar/asn1-pkcs8";
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import type { Random } from "../random.ts";
import { AES_256_CBC, HMAC_SHA256, SM4_CBC, decryptPbes2, encryptPbes2 } from "./pbes2.ts";
import type { Pbes2Form } from "./pbes2.ts";
import { SHA256, SM3, pkcs12Mac } from "./pkcs12-mac.ts";
import { numberOf, type Work } from "./work.ts";

const DATA = "1.2.840.113549.1.7.1";
const ENCRYPTED_DATA = "1.2.840.113549.1.7.6";
const FRIENDLY_NAME = "1.2.840.113549.1.9.20";
const BMP_STRING = 0x1e;
const LOCAL_KEY_ID = "1.2.840.113549.1.9.21";

/** What other programs take without complaint: OpenSSL's default is 2048, this is well above. */
const ITERATIONS = 100_000;
const MAC_ITERATIONS = 10_000;
const MAC_SALT_LEN = 16;

class EncryptedContentInfo {
  contentType = DATA;
  contentEncryptionAlgorithm = new AlgorithmIdentifier();
  encryptedContent = new OctetString();
}
AsnProp({ type: AsnPropTypes.ObjectIdentifier })(EncryptedContentInfo.prototype, "contentType");
AsnProp({ type: AlgorithmIdentifier })(EncryptedContentInfo.prototype, "contentEncryptionAlgorithm");
AsnProp({ type: OctetString, context: 0, implicit: true })(EncryptedContentInfo.prototype, "encryptedContent");

class EncryptedDataInfo {
  version = 0;
  encryptedContentInfo = new EncryptedContentInfo();
}
AsnProp({ type: AsnPropTypes.Integer })(EncryptedDataInfo.prototype, "version");
AsnProp({ type: EncryptedContentInfo })(EncryptedDataInfo.prototype, "encryptedContentInfo");

/** A private key, 32 bytes, with its public key and certificate. */
export interface KeyWithCertificate {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly certificate: Uint8Array;
  readonly friendlyName: string;
}

/** What a key file held: PrivateKeyInfo and certificates, DER. The keys are the caller's to wipe. */
export interface KeyFileContents {
  readonly keys: readonly Uint8Array[];
  readonly certificates: readonly Uint8Array[];
}

/** `wide`: AES-256 and SHA-256. `national` 国密: SM4 and SM3 (the PRF stays SHA-256, which is all that OpenSSL 3.0 knows). */
export type Pkcs12Kind = "wide" | "national";

const FORMS: Readonly<Record<Pkcs12Kind, { readonly form: Pbes2Form; readonly mac: string }>> = {
  wide: { form: { prf: HMAC_SHA256, cipher: AES_256_CBC, iterations: ITERATIONS }, mac: SHA256 },
  national: { form: { prf: HMAC_SHA256, cipher: SM4_CBC, iterations: ITERATIONS }, mac: SM3 },
};

type ContentInfo = PFX["authSafe"];

function contentInfo(contentType: string, content: ArrayBuffer): ContentInfo {
  const info = new PFX().authSafe;
  info.contentType = contentType;
  info.content = content;
  return info;
}

/** The library's constructor leaves its fields empty: they are set one by one. */
function attribute(type: string, value: ArrayBuffer): PKCS12Attribute {
  const made = new PKCS12Attribute();
  made.attrId = type;
  made.attrValues = [value];
  return made;
}

/** By these a reader shows the key, and finds its certificate. */
function attributes(friendlyName: string, localKeyId: Uint8Array): PKCS12Attribute[] {
  return [
    attribute(FRIENDLY_NAME, element(BMP_STRING, Buffer.from(friendlyName, "utf16le").swap16()).buffer),
    attribute(LOCAL_KEY_ID, AsnConvert.serialize(new OctetString(localKeyId))),
  ];
}

function certificateBag(certificate: Uint8Array, bagAttributes?: PKCS12Attribute[]): SafeBag {
  const bag = new CertBag({
    certId: id_x509Certificate,
    certValue: AsnConvert.serialize(new OctetString(certificate)),
  });
  const plain = { bagId: id_certBag, bagValue: AsnConvert.serialize(bag) };
  return new SafeBag(bagAttributes === undefined ? plain : { ...plain, bagAttributes });
}

/** PFX, DER. Keys are protected one by one, the certificates together; the MAC covers both. */
export async function encodePkcs12(
  random: Random,
  kind: Pkcs12Kind,
  keys: readonly KeyWithCertificate[],
  chain: readonly Uint8Array[],
  password: string,
): Promise<Uint8Array> {
  const { form, mac } = FORMS[kind];
  const secret = Buffer.from(password, "utf8");
  const keyBags = new SafeContents();
  const certificateBags = new SafeContents();
  for (const { privateKey, publicKey, certificate, friendlyName } of keys) {
    const named = attributes(friendlyName, createHash("sha1").update(certificate).digest());
    const plain = encodePrivateKeyInfo(privateKey, publicKey);
    const { algorithm, encrypted } = await encryptPbes2(random, form, secret, plain);
    plain.fill(0);
    const shrouded = new PKCS8ShroudedKeyBag({
      encryptionAlgorithm: algorithm,
      encryptedData: new EncryptedData(encrypted),
    });
    keyBags.push(
      new SafeBag({ bagId: id_pkcs8ShroudedKeyBag, bagValue: AsnConvert.serialize(shrouded), bagAttributes: named }),
    );
    certificateBags.push(certificateBag(certificate, named));
  }
  for (const certificate of chain) certificateBags.push(certificateBag(certificate));

  const sealed = await encryptPbes2(random, form, secret, new Uint8Array(AsnConvert.serialize(certificateBags)));
  secret.fill(0);
  const encryptedData = new EncryptedDataInfo();
  encryptedData.encryptedContentInfo.contentEncryptionAlgorithm = sealed.algorithm;
  encryptedData.encryptedContentInfo.encryptedContent = new OctetString(sealed.encrypted);
  const safe = new AuthenticatedSafe([
    contentInfo(ENCRYPTED_DATA, AsnConvert.serialize(encryptedData)),
    contentInfo(DATA, AsnConvert.serialize(new OctetString(AsnConvert.serialize(keyBags)))),
  ]);
  const content = AsnConvert.serialize(safe);

  const salt = random(MAC_SALT_LEN);
  const macData = new MacData({ macSalt: new OctetString(salt), iterations: MAC_ITERATIONS });
  macData.mac.digestAlgorithm = new AlgorithmIdentifier({ algorithm: mac, parameters: null });
  macData.mac.digest = new OctetString(pkcs12Mac(mac, password, salt, MAC_ITERATIONS, new Uint8Array(content)));
  const pfx = new PFX({ authSafe: contentInfo(DATA, AsnConvert.serialize(new OctetString(content))), macData });
  return new Uint8Array(AsnConvert.serialize(pfx));
}

function octetsOf(der: ArrayBuffer): Uint8Array {
  return new Uint8Array(AsnConvert.parse(der, OctetString).buffer);
}

/** The bags inside one ContentInfo; null with a wrong password. */
async function bagsOf(info: ContentInfo, secret: Uint8Array, work: Work): Promise<SafeContents | null> {
  if (info.contentType === DATA) return AsnConvert.parse(octetsOf(info.content), SafeContents);
  if (info.contentType !== ENCRYPTED_DATA) {
    throw new OperationError("UNSUPPORTED_OPERATION", { operation: `PKCS#12 content ${info.contentType}` });
  }
  const { encryptedContentInfo: sealed } = AsnConvert.parse(info.content, EncryptedDataInfo);
  const encrypted = new Uint8Array(sealed.encryptedContent.buffer);
  const plain = await decryptPbes2(sealed.contentEncryptionAlgorithm, secret, encrypted, work);
  return plain === null ? null : AsnConvert.parse(plain, SafeContents);
}

/**
 * Keys and certificates of a PFX; null where the password is wrong or the file was altered: its MAC tells no difference.
 *
 * @throws OperationError UNSUPPORTED_OPERATION, MALFORMED
 */
export async function openPkcs12(der: Uint8Array, password: string, work: Work): Promise<KeyFileContents | null> {
  const { authSafe, macData } = AsnConvert.parse(der, PFX);
  if (authSafe.contentType !== DATA || macData.mac.digest.buffer.byteLength === 0) {
    throw new OperationError("UNSUPPORTED_OPERATION", { operation: "PKCS#12 without a password's MAC" });
  }
  const content = octetsOf(authSafe.content);
  const salt = new Uint8Array(macData.macSalt.buffer);
  const iterations = numberOf(macData.iterations);
  work.spend(iterations);
  const mac = pkcs12Mac(macData.mac.digestAlgorithm.algorithm, password, salt, iterations, content);
  const expected = new Uint8Array(macData.mac.digest.buffer);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return null;

  const secret = Buffer.from(password, "utf8");
  const keys: Uint8Array[] = [];
  const certificates: Uint8Array[] = [];
  for (const info of AsnConvert.parse(content, AuthenticatedSafe)) {
    const bags = await bagsOf(info, secret, work);
    if (bags === null) return null;
    for (const { bagId, bagValue } of bags) {
      if (bagId === id_keyBag) keys.push(new Uint8Array(bagValue));
      if (bagId === id_certBag) certificates.push(octetsOf(AsnConvert.parse(bagValue, CertBag).certValue));
      if (bagId !== id_pkcs8ShroudedKeyBag) continue;
      const { encryptionAlgorithm, encryptedData } = AsnConvert.parse(bagValue, PKCS8ShroudedKeyBag);
      const plain = await decryptPbes2(encryptionAlgorithm, secret, new Uint8Array(encryptedData.buffer), work);
      if (plain === null) return null;
      keys.push(plain);
    }
  }
  secret.fill(0);
  return { keys, certificates };
}
