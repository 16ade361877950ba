import type { Gm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import { algorithmOf, nullAlgorithm } from "../algorithm.ts";
import {
  checkDer,
  contentsOf,
  element,
  malformed,
  objectIdentifier,
  OCTET_STRING,
  octetString,
  oidOf,
  partsOf,
  SEQUENCE,
  setOf,
  SET,
  unsignedInteger,
  unsignedOf,
} from "../der.ts";
import type { ForeignHash } from "../foreign-hash.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { encodeCiphertext, readCiphertext } from "../sm2/ciphertext.ts";
import { type Certificate, isForEncryption } from "../x509/certificate.ts";
import { type CertificateId, encodeCertificateId, names, readCertificateId } from "./certificate-id.ts";

/**
 * GM/T 0010-2012 EnvelopedData (数字信封; GB/T 35275), in one piece. Made in the standard's own form; what else is read stands in
 * docs/formats/key-block.md. SM4-CBC has no integrity: what was opened is worth no more than what its content proves of itself.
 */

/** One recipient of an envelope. */
export interface Recipient {
  /** Names his certificate. */
  readonly certificateId: CertificateId;
  /**
   * The content-encryption key, encrypted to him: 04 ‖ C1 ‖ C3 ‖ C2, 113 bytes, in each layout that its bytes may be meant in, at
   * least one, in the order to try. A wrong one fails at the hash C3.
   */
  readonly encryptedKeys: readonly Uint8Array[];
}

/** An envelope, read: what a USB key needs to do the opening itself as well. Byte strings are views of the message. */
export interface EnvelopedData {
  readonly recipients: readonly Recipient[];
  /** As the message says: plain data has a name in each family. */
  readonly contentType: string;
  /** Initial vector, 16 bytes. */
  readonly iv: Uint8Array;
  /** SM4-CBC with PKCS#7 padding: one block or more, whole ones. */
  readonly encryptedContent: Uint8Array;
}

const WHAT = "enveloped data";
/** What is longer goes in segments, not in an envelope. */
const CONTENT_LEN = 64 * 1024;
const KEY_LEN = 16;
const BLOCK_LEN = 16;
/** 04 ‖ C1 ‖ C3 ‖ C2 of the content-encryption key. */
const ENCRYPTED_KEY_LEN = 97 + KEY_LEN;
const VERSION = unsignedInteger(Uint8Array.of(1));
/** [0] IMPLICIT OCTET STRING: primitive, since DER has no constructed strings. */
const ENCRYPTED_CONTENT = 0x80;

/** Both families of the field: GM/T 0010's own content type and that of PKCS#7. */
const ENVELOPED_DATA: readonly string[] = [oid.gmEnvelopedData, oid.pkcs7EnvelopedData];

/** As RecipientInfo names SM2 encryption: the key's own name, and those of signature and key exchange, occur as well. */
const KEY_ENCRYPTIONS: readonly string[] = [oid.sm2Encryption, oid.sm2, oid.sm2Signature, oid.sm2KeyExchange];

/** 104 names the cipher alone; with an initial vector beside it, CBC is meant. */
const CONTENT_ENCRYPTIONS: readonly string[] = [oid.sm4Cbc, oid.sm4];

/** GM/T 0010 has 1 everywhere; RFC 5652 has 0 for issuer and serial number, 2 for a key identifier. */
const VERSIONS: readonly string[] = ["0", "1", "2"];

/**
 * An envelope, DER, for each of these certificates. The caller wipes content and key.
 *
 * @param options.content     at most 65,536 bytes
 * @param options.recipients  encryption certificates, 1 to 8
 * @param options.contentKey  16 fresh random bytes
 * @param options.iv          16 fresh random bytes
 * @param options.contentType plain data by default
 * @throws ProofError CERTIFICATE_USAGE where a certificate is not for encryption: a standard USB key could never open it · RangeError
 * for other lengths and counts, and for a public key off the curve
 */
export function encodeEnvelopedData(
  gm: Pick<Gm, "sm2Encrypt" | "sm4CbcEncrypt">,
  options: {
    readonly content: Uint8Array;
    readonly recipients: readonly Certificate[];
    readonly contentKey: Uint8Array;
    readonly iv: Uint8Array;
    readonly contentType?: string;
  },
): Uint8Array<ArrayBuffer> {
  const { content, recipients, contentKey, iv, contentType = oid.gmData } = options;
  if (content.length > CONTENT_LEN) throw new RangeError(`"content" expected at most ${CONTENT_LEN} bytes`);
  if (recipients.length === 0 || recipients.length > limits.recipients) {
    throw new RangeError(`"recipients" expected 1 to ${limits.recipients} certificates`);
  }
  if (contentKey.length !== KEY_LEN) throw new RangeError(`"contentKey" expected ${KEY_LEN} bytes`);
  if (!recipients.every(isForEncryption)) throw new ProofError("CERTIFICATE_USAGE", "not an encryption certificate");
  const sealed = recipients.map((certificate) =>
    element(
      SEQUENCE,
      VERSION,
      encodeCertificateId(certificate),
      nullAlgorithm(oid.sm2Encryption),
      octetString(encodeCiphertext(gm.sm2Encrypt(certificate.publicKey, contentKey))),
    ),
  );
  const encrypted = element(
    SEQUENCE,
    objectIdentifier(contentType),
    element(SEQUENCE, objectIdentifier(oid.sm4Cbc), octetString(iv)),
    element(ENCRYPTED_CONTENT, gm.sm4CbcEncrypt(contentKey, iv, content)),
  );
  const body = element(SEQUENCE, VERSION, setOf(SET, ...sealed), encrypted);
  return element(SEQUENCE, objectIdentifier(oid.gmEnvelopedData), element(0xa0, body));
}

/**
 * The parts of an envelope: key transport with SM2 alone, content inside, SM4-CBC with its initial vector.
 *
 * @throws OperationError MALFORMED: broken DER, longer than `maxLen`, no recipient or more than 8, other algorithms, or what GM/T
 * 0010 clause 9 does not have: originator, attributes, shared information
 */
export function parseEnvelopedData(der: Uint8Array, maxLen: number): EnvelopedData {
  checkDer(der, maxLen, WHAT);
  const [type, wrapped, noThird] = partsOf(der, SEQUENCE, WHAT);
  if (!ENVELOPED_DATA.includes(oidOf(type, WHAT)) || noThird !== undefined) throw malformed(WHAT);
  const [body, alone] = partsOf(wrapped, 0xa0, WHAT);
  const [version, recipients, encrypted, noFourth] = partsOf(body, SEQUENCE, WHAT);
  checkVersion(version);
  const sealed = partsOf(recipients, SET, WHAT, limits.recipients);
  if (alone !== undefined || noFourth !== undefined || sealed.length === 0) throw malformed(WHAT);
  return { recipients: sealed.map(readRecipient), ...readEncrypted(encrypted) };
}

function checkVersion(version: Uint8Array | undefined): void {
  if (!VERSIONS.includes(unsignedOf(version, WHAT).join())) throw malformed(WHAT);
}

/** KeyTransRecipientInfo: version, rid, keyEncryptionAlgorithm, encryptedKey. */
function readRecipient(der: Uint8Array): Recipient {
  const [version, rid, algorithm, encryptedKey, more] = partsOf(der, SEQUENCE, WHAT);
  checkVersion(version);
  if (!KEY_ENCRYPTIONS.includes(algorithmOf(algorithm, WHAT)) || more !== undefined) throw malformed(WHAT);
  const forms = readCiphertext(contentsOf(encryptedKey, OCTET_STRING, WHAT));
  const encryptedKeys = forms.filter(({ length }) => length === ENCRYPTED_KEY_LEN);
  if (encryptedKeys.length === 0) throw malformed(WHAT);
  return { certificateId: readCertificateId(rid, WHAT), encryptedKeys };
}

/** EncryptedContentInfo: contentType, contentEncryptionAlgorithm, [0] encryptedContent. */
function readEncrypted(der: Uint8Array | undefined): Omit<EnvelopedData, "recipients"> {
  const [contentType, algorithm, encrypted, more] = partsOf(der, SEQUENCE, WHAT);
  const [name, parameter, noThird] = partsOf(algorithm, SEQUENCE, WHAT);
  const iv = contentsOf(parameter, OCTET_STRING, WHAT);
  const encryptedContent = contentsOf(encrypted, ENCRYPTED_CONTENT, WHAT);
  if (!CONTENT_ENCRYPTIONS.includes(oidOf(name, WHAT)) || iv.length !== BLOCK_LEN) throw malformed(WHAT);
  if (encryptedContent.length === 0 || encryptedContent.length % BLOCK_LEN !== 0) throw malformed(WHAT);
  if (more !== undefined || noThird !== undefined) throw malformed(WHAT);
  return { contentType: oidOf(contentType, WHAT), iv, encryptedContent };
}

/**
 * The first recipient whose certificate this is; null where the envelope is for others.
 *
 * @param hash where the certificate carries no key identifier, and the envelope may name it by one (CFCA's does)
 */
export function findRecipient(
  envelope: Pick<EnvelopedData, "recipients">,
  certificate: Certificate,
  hash?: ForeignHash,
): Recipient | null {
  return envelope.recipients.find(({ certificateId }) => names(certificateId, certificate, hash)) ?? null;
}

/**
 * The content-encryption key, 16 bytes; null as for {@link openEnvelopedData}. The caller wipes it.
 *
 * @param certificate whose private key, 32 bytes, comes with it
 * @param hash        as for findRecipient
 */
export function openContentKey(
  gm: Pick<Gm, "sm2Decrypt">,
  envelope: Pick<EnvelopedData, "recipients">,
  certificate: Certificate,
  privateKey: Uint8Array,
  hash?: ForeignHash,
): Uint8Array<ArrayBuffer> | null {
  for (const encryptedKey of findRecipient(envelope, certificate, hash)?.encryptedKeys ?? []) {
    const contentKey = gm.sm2Decrypt(privateKey, encryptedKey);
    if (contentKey !== null) return contentKey;
  }
  return null;
}

/**
 * The content; null where there is no such recipient ({@link findRecipient} tells beforehand), and for every failure of key and
 * padding alike: which one it was would help a forger to decrypt. The caller wipes the content.
 *
 * @param certificate whose private key, 32 bytes, comes with it
 * @param hash        as for findRecipient
 */
export function openEnvelopedData(
  gm: Pick<Gm, "sm2Decrypt" | "sm4CbcDecrypt">,
  envelope: EnvelopedData,
  certificate: Certificate,
  privateKey: Uint8Array,
  hash?: ForeignHash,
): Uint8Array<ArrayBuffer> | null {
  const contentKey = openContentKey(gm, envelope, certificate, privateKey, hash);
  if (contentKey === null) return null;
  const content = gm.sm4CbcDecrypt(contentKey, envelope.iv, envelope.encryptedContent);
  contentKey.fill(0);
  return content;
}
