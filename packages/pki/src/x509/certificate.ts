import { limits } from "@certbridge/protocol/limits";
import type { OperationError } from "@certbridge/protocol/errors";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as AsnCertificate,
  CertificatePolicies,
  ExtendedKeyUsage,
  KeyUsage,
  type KeyUsageType,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";
import { checkDer, contentOf, elementsOf, hexOf, malformed } from "../der.ts";
import { oid } from "../oid.ts";
import { parsePublicKeyInfo } from "../sm2/keys.ts";
import { parseSignature } from "../sm2/signature.ts";
import { type Name, readName } from "./name.ts";

/** An X.509 certificate with an SM2 key and an SM2-with-SM3 signature, GM/T 0015. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What is signed: TBSCertificate, DER. */
  readonly tbs: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  /** Hexadecimal digits, upper case, of the INTEGER's contents. */
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** 65 bytes, 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array;
  readonly keyUsage: ReadonlySet<KeyUsageType> | null;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLen: number | null } | null;
  readonly extendedKeyUsage: readonly string[];
  readonly policies: readonly string[];
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
  /** OIDs of extensions marked critical. */
  readonly critical: readonly string[];
  /** The contents of an extension's OCTET STRING. */
  extension(type: string): Uint8Array | null;
}

/** @throws OperationError MALFORMED: broken DER, another key or signature algorithm, an extension twice, or too large */
export function parseCertificate(der: Uint8Array): Certificate {
  checkDer(der, limits.certificateLen, "certificate");
  try {
    return read(new Uint8Array(der));
  } catch (error) {
    throw malformed("certificate", error) satisfies OperationError;
  }
}

function read(der: Uint8Array<ArrayBuffer>): Certificate {
  const parsed = AsnConvert.parse(der, AsnCertificate);
  const fields = parsed.tbsCertificate;
  const [tbs, , signatureBits] = elementsOf(der);
  // The signature is whole bytes: its BIT STRING leaves no bit unused.
  if (tbs === undefined || signatureBits === undefined || contentOf(signatureBits)[0] !== 0)
    throw malformed("certificate");
  if (parsed.signatureAlgorithm.algorithm !== oid.sm2WithSm3 || fields.signature.algorithm !== oid.sm2WithSm3) {
    throw malformed("certificate");
  }
  // TBSCertificate: [0] version, serialNumber, signature, issuer, validity, subject, …
  const [, serialNumber, , issuer, , subject] = elementsOf(tbs);
  if (serialNumber === undefined || issuer === undefined || subject === undefined) throw malformed("certificate");

  const extensions = new Map<string, Uint8Array<ArrayBuffer>>();
  const critical: string[] = [];
  for (const { extnID, critical: mustKnow, extnValue } of fields.extensions ?? []) {
    if (extensions.has(extnID)) throw malformed("certificate");
    extensions.set(extnID, new Uint8Array(extnValue.buffer));
    if (mustKnow) critical.push(extnID);
  }
  function decode<T>(type: string, schema: new () => T): T | null {
    const value = extensions.get(type);
    if (value === undefined) return null;
    checkDer(value, limits.certificateLen, "certificate");
    return AsnConvert.parse(value, schema);
  }
  const constraints = decode(oid.basicConstraints, BasicConstraints);
  const keyUsage = decode(oid.keyUsage, KeyUsage);
  const keyId = decode(oid.authorityKeyIdentifier, AuthorityKeyIdentifier)?.keyIdentifier;
  const ownKeyId = decode(oid.subjectKeyIdentifier, SubjectKeyIdentifier);
  return {
    der,
    tbs,
    signature: parseSignature(new Uint8Array(parsed.signatureValue)),
    serialNumber: hexOf(new Uint8Array(fields.serialNumber)).toUpperCase(),
    issuer: readName(issuer, fields.issuer),
    subject: readName(subject, fields.subject),
    notBefore: fields.validity.notBefore.getTime(),
    notAfter: fields.validity.notAfter.getTime(),
    publicKey: parsePublicKeyInfo(fields.subjectPublicKeyInfo),
    keyUsage: keyUsage === null ? null : new Set(keyUsage.toJSON()),
    basicConstraints:
      constraints === null ? null : { ca: constraints.cA, pathLen: constraints.pathLenConstraint ?? null },
    extendedKeyUsage: [...(decode(oid.extendedKeyUsage, ExtendedKeyUsage) ?? [])],
    policies: [...(decode(oid.certificatePolicies, CertificatePolicies) ?? [])].map(
      (policy) => policy.policyIdentifier,
    ),
    subjectKeyId: ownKeyId === null ? null : hexOf(new Uint8Array(ownKeyId.buffer)),
    authorityKeyId: keyId === undefined ? null : hexOf(new Uint8Array(keyId.buffer)),
    critical,
    extension: (type) => extensions.get(type) ?? null,
  };
}

/** Whether the certificate may make signatures: digitalSignature or nonRepudiation, GM/T 0015 clause 5.2.4.2.2. */
export function isForSigning(certificate: Certificate): boolean {
  const { keyUsage } = certificate;
  return keyUsage !== null && (keyUsage.has("digitalSignature") || keyUsage.has("nonRepudiation"));
}

/** Whether it is the encryption certificate of a pair. */
export function isForEncryption(certificate: Certificate): boolean {
  const { keyUsage } = certificate;
  return (
    keyUsage !== null &&
    (keyUsage.has("keyEncipherment") || keyUsage.has("dataEncipherment") || keyUsage.has("keyAgreement"))
  );
}
