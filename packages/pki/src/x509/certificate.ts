import { limits } from "@certbridge/protocol/limits";
import { OperationError } from "@certbridge/protocol/errors";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  KeyUsage,
  type KeyUsageType,
  SubjectKeyIdentifier,
} from "@peculiar/asn1-x509";
import {
  BOOLEAN,
  checkDer,
  contentsOf,
  element,
  elementsOf,
  hexOf,
  malformed,
  OCTET_STRING,
  oidOf,
  partsOf,
  SEQUENCE,
  timeOf,
  unsignedOf,
} from "../der.ts";
import { oid } from "../oid.ts";
import { parsePublicKeyInfo } from "../sm2/keys.ts";
import { type Name, readName } from "./name.ts";
import { checkSameAlgorithm, parseSigned } from "./signed.ts";

/** An X.509 certificate with an SM2 key and an SM2-with-SM3 signature, GM/T 0015. */
export interface Certificate {
  readonly der: Uint8Array;
  /** What is signed: TBSCertificate, DER. */
  readonly tbs: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  /** Hexadecimal digits of the number, upper case, two for each byte. */
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** 65 bytes, 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array;
  readonly keyUsage: ReadonlySet<KeyUsageType> | null;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLen: number | null } | null;
  /** OIDs of purposes; empty where the extension is absent. */
  readonly extendedKeyUsage: readonly string[];
  readonly policies: readonly string[];
  /** Hexadecimal, lower case. */
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
  /** OIDs of extensions marked critical. */
  readonly critical: readonly string[];
  /** The contents of an extension's OCTET STRING. */
  extension(type: string): Uint8Array | null;
}

const WHAT = "certificate";

/** [0] EXPLICIT Version: v3, the only one with extensions, is written as 2. */
const V3 = "160,3,2,1,2";

/**
 * @throws OperationError MALFORMED: broken DER, not version 3, another key or signature algorithm, a negative serial number, an
 * extension twice, or too large
 */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return read(new Uint8Array(der));
  } catch (error) {
    throw OperationError.is(error, "MALFORMED") ? error : malformed(WHAT, error);
  }
}

function read(der: Uint8Array<ArrayBuffer>): Certificate {
  const signed = parseSigned(der, limits.certificateLen, WHAT);
  const parts = partsOf(signed.tbs, SEQUENCE, WHAT);
  const [version, serialNumber, algorithm, issuer, validity, subject, keyInfo, ...afterKey] = parts;
  checkSameAlgorithm(signed, algorithm, WHAT);
  if (version?.join() !== V3 || issuer === undefined || subject === undefined || keyInfo === undefined) {
    throw malformed(WHAT);
  }
  const [notBefore, notAfter, more] = partsOf(validity, SEQUENCE, WHAT);
  if (more !== undefined) throw malformed(WHAT);

  checkAfterKey(afterKey);
  const { extensions, critical } = readExtensions(afterKey.find((part) => part[0] === 0xa3));
  function decode<T>(type: string, schema: new () => T): T | null {
    const value = extensions.get(type);
    if (value === undefined) return null;
    checkDer(value, limits.certificateLen, WHAT);
    return AsnConvert.parse(value, schema);
  }
  function listOf(type: string): readonly Uint8Array[] {
    const value = extensions.get(type);
    if (value === undefined) return [];
    checkDer(value, limits.certificateLen, WHAT);
    return partsOf(value, SEQUENCE, WHAT);
  }
  const constraints = decode(oid.basicConstraints, BasicConstraints);
  const keyUsage = decode(oid.keyUsage, KeyUsage);
  const keyId = decode(oid.authorityKeyIdentifier, AuthorityKeyIdentifier)?.keyIdentifier;
  const ownKeyId = decode(oid.subjectKeyIdentifier, SubjectKeyIdentifier);
  return {
    der,
    tbs: signed.tbs,
    signature: signed.signature,
    serialNumber: serialOf(serialNumber, WHAT),
    issuer: readName(issuer, WHAT),
    subject: readName(subject, WHAT),
    notBefore: timeOf(notBefore, WHAT),
    notAfter: timeOf(notAfter, WHAT),
    publicKey: parsePublicKeyInfo(keyInfo),
    keyUsage: keyUsage === null ? null : new Set(keyUsage.toJSON()),
    basicConstraints:
      constraints === null ? null : { ca: constraints.cA, pathLen: constraints.pathLenConstraint ?? null },
    extendedKeyUsage: listOf(oid.extendedKeyUsage).map((purpose) => oidOf(purpose, WHAT)),
    policies: listOf(oid.certificatePolicies).map((policy) => oidOf(partsOf(policy, SEQUENCE, WHAT)[0], WHAT)),
    subjectKeyId: ownKeyId === null ? null : hexOf(new Uint8Array(ownKeyId.buffer)),
    authorityKeyId: keyId === undefined ? null : hexOf(new Uint8Array(keyId.buffer)),
    critical,
    extension: (type) => extensions.get(type) ?? null,
  };
}

/** What may stand behind the key: issuerUniqueID [1], subjectUniqueID [2], extensions [3], in this order, each at most once. */
function checkAfterKey(parts: readonly Uint8Array[]): void {
  let last = 0;
  for (const [tag = 0] of parts) {
    if (tag <= last || (tag !== 0x81 && tag !== 0x82 && tag !== 0xa3)) throw malformed(WHAT);
    last = tag;
  }
}

/** Extensions by name, each once. The library is not asked: it cannot read the 128-bit arcs of OIDs from UUIDs. */
function readExtensions(wrapped: Uint8Array | undefined) {
  const extensions = new Map<string, Uint8Array<ArrayBuffer>>();
  const critical: string[] = [];
  const [list, more] = wrapped === undefined ? [element(SEQUENCE)] : partsOf(wrapped, 0xa3, WHAT);
  if (more !== undefined) throw malformed(WHAT);
  for (const extension of partsOf(list, SEQUENCE, WHAT)) {
    const parts = partsOf(extension, SEQUENCE, WHAT);
    const type = oidOf(parts[0], WHAT);
    const flag = parts.length === 3 ? contentsOf(parts[1], BOOLEAN, WHAT) : Uint8Array.of(0);
    if (extensions.has(type) || parts.length > 3) throw malformed(WHAT);
    extensions.set(type, new Uint8Array(contentsOf(parts.at(-1), OCTET_STRING, WHAT)));
    if (flag[0] === 0xff) critical.push(type);
  }
  return { extensions, critical };
}

/** An INTEGER as {@link Certificate.serialNumber} writes it. @throws OperationError MALFORMED where it is negative */
export function serialOf(integer: Uint8Array | undefined, what: string): string {
  return hexOf(unsignedOf(integer, what)).toUpperCase();
}

/** The serial number's INTEGER, DER, as it stands in the certificate. */
export function serialInteger(certificate: Certificate): Uint8Array {
  const [, serialNumber] = elementsOf(certificate.tbs);
  if (serialNumber === undefined) throw malformed(WHAT);
  return serialNumber;
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

/** Whether it is a time stamping authority's: for that purpose alone, and critically so, RFC 3161 clause 2.3. */
export function isForTimeStamping(certificate: Certificate): boolean {
  const { basicConstraints, critical, extendedKeyUsage, keyUsage } = certificate;
  return (
    critical.includes(oid.extendedKeyUsage) &&
    extendedKeyUsage.join() === oid.timeStamping &&
    (keyUsage === null || isForSigning(certificate)) &&
    basicConstraints?.ca !== true
  );
}
