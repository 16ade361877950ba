import type { Gm } from "@certbridge/gm";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";
import { checkDer, element, encodeTime, objectIdentifier, octetString, SEQUENCE, unsignedInteger } from "../der.ts";
import { oid } from "../oid.ts";
import { encodePublicKeyInfo } from "../sm2/keys.ts";
import { encodeSigned, signatureAlgorithm } from "./signed.ts";

/** Who signs: the issuer's name (DER), private key (32 bytes) and public key (65 bytes). */
export interface Issuer {
  readonly name: Uint8Array;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** What a certificate is to say, RFC 5280 clause 4.1.2. */
export interface CertificateContent {
  /** The subject's name, DER. */
  readonly subject: Uint8Array;
  /** 65 bytes, 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array;
  /** Unsigned, big-endian, 1 to 20 bytes. */
  readonly serialNumber: Uint8Array;
  /** Both included, whole seconds. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Empty leaves the extension out. */
  readonly keyUsage: readonly (keyof typeof KeyUsageFlags)[];
  /** For a CA's certificate: how many CAs may stand below it; null for any number. */
  readonly ca?: { readonly pathLen: number | null };
  /** OIDs of certificate policies, dotted. */
  readonly policies?: readonly string[];
  /** Further ones: OID, dotted, and value, DER. */
  readonly extensions?: readonly { readonly type: string; readonly critical?: boolean; readonly value: Uint8Array }[];
}

const NAME_LEN = 4096;
/** RFC 5280 clause 4.1.2.2, bytes. */
const SERIAL_LEN = 20;
const TRUE = Uint8Array.of(1, 1, 0xff);
const VERSION_3 = Uint8Array.of(0xa0, 3, 2, 1, 2);

/** Key identifier: the first 20 bytes of SM3 of the public key (65 bytes), after RFC 7093 clause 2 method 1. */
export function keyIdentifier(gm: Pick<Gm, "sm3">, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return gm.sm3(publicKey).slice(0, 20);
}

/** Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING }. */
export function encodeExtension(type: string, critical: boolean, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, objectIdentifier(type), ...(critical ? [TRUE] : []), octetString(value));
}

const encode = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(AsnConvert.serialize(value));

/** AuthorityKeyIdentifier of an issuer's key, as an Extension. */
export function authorityExtension(gm: Pick<Gm, "sm3">, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const id = new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(gm, publicKey)) });
  return encodeExtension(oid.authorityKeyIdentifier, false, encode(id));
}

function encodeExtensions(gm: Pick<Gm, "sm3">, content: CertificateContent, issuer: Issuer): Uint8Array<ArrayBuffer> {
  const own = encode(new SubjectKeyIdentifier(keyIdentifier(gm, content.publicKey)));
  const extensions = [authorityExtension(gm, issuer.publicKey), encodeExtension(oid.subjectKeyIdentifier, false, own)];
  if (content.keyUsage.length > 0) {
    const usage = content.keyUsage.reduce((bits, flag) => bits | KeyUsageFlags[flag], 0);
    extensions.push(encodeExtension(oid.keyUsage, true, encode(new KeyUsage(usage))));
  }
  if (content.ca !== undefined) {
    const constraints = new BasicConstraints({ cA: true });
    if (content.ca.pathLen !== null) constraints.pathLenConstraint = content.ca.pathLen;
    extensions.push(encodeExtension(oid.basicConstraints, true, encode(constraints)));
  }
  if (content.policies !== undefined && content.policies.length > 0) {
    const policies = content.policies.map((policy) => element(SEQUENCE, objectIdentifier(policy)));
    extensions.push(encodeExtension(oid.certificatePolicies, false, element(SEQUENCE, ...policies)));
  }
  for (const { type, critical = false, value } of content.extensions ?? []) {
    extensions.push(encodeExtension(type, critical, value));
  }
  return element(0xa3, element(SEQUENCE, ...extensions));
}

/**
 * A certificate, DER, RFC 5280 clause 4.1 and GM/T 0015; self-signed where the issuer's name and key are the subject's own.
 *
 * @throws OperationError MALFORMED where a name is no DER · RangeError where a date or the serial number cannot be written
 */
export function issueCertificate(gm: Gm, content: CertificateContent, issuer: Issuer): Uint8Array<ArrayBuffer> {
  for (const name of [issuer.name, content.subject]) checkDer(name, NAME_LEN, "name");
  const { length } = content.serialNumber;
  if (length === 0 || length > SERIAL_LEN) {
    throw new RangeError('"serialNumber" expected 1 to 20 bytes');
  }
  const tbs = element(
    SEQUENCE,
    VERSION_3,
    unsignedInteger(content.serialNumber),
    signatureAlgorithm(),
    issuer.name,
    element(SEQUENCE, encodeTime(content.notBefore), encodeTime(content.notAfter)),
    content.subject,
    encodePublicKeyInfo(content.publicKey),
    encodeExtensions(gm, content, issuer),
  );
  return encodeSigned(gm, tbs, issuer.privateKey);
}
