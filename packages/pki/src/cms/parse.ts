import { limits } from "@certbridge/protocol/limits";
import { OperationError } from "@certbridge/protocol/errors";
import { algorithmOf } from "../algorithm.ts";
import { checkDer, contentsOf, INTEGER, malformed, OCTET_STRING, oidOf, partsOf, SEQUENCE, SET } from "../der.ts";
import { oid } from "../oid.ts";
import { parseEitherSignature } from "../sm2/signature.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { ATTRIBUTES, type AttributeValues, readAttributes, UNSIGNED_ATTRIBUTES } from "./attributes.ts";
import { type CertificateId, names, readCertificateId } from "./certificate-id.ts";

/** One signer of SignedData; nothing is proved yet. */
export interface SignerInfo {
  /** Names his certificate. */
  readonly certificateId: CertificateId;
  /** The bytes that are signed: his attributes, as they stand, under the SET tag (RFC 5652 clause 5.4); null where he has none. */
  readonly attributes: Uint8Array | null;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  /** The signature's octets as they stand in the message: a time stamp of the signature is over them, RFC 3161 appendix A. */
  readonly signatureOctets: Uint8Array;
  /** The one value of a signed attribute, DER; null where he has none. @throws OperationError MALFORMED where there are several */
  attribute(type: string): Uint8Array | null;
  /** Every value of an unsigned attribute, DER, in the order of the message. Nothing vouches for them but what is in them. */
  unsignedAttributes(type: string): readonly Uint8Array[];
}

/** GM/T 0010 SignedData (签名数据), read; nothing is proved yet. */
export interface SignedData {
  readonly contentType: string;
  /** Null where it stays outside. A view of the message's bytes. */
  readonly content: Uint8Array | null;
  /** Those that can be read; in the order of the message. Read when they are asked for: mostly the signer's alone is. */
  readonly certificates: readonly Certificate[];
  readonly signers: readonly SignerInfo[];
  /** The first certificate that this names. */
  certificateOf(id: CertificateId): Certificate | null;
}

export const WHAT = "signed data";

/** Content of the largest size, and around it as much as a frame takes. */
const MAX_LEN = limits.attachedContentLen + limits.nativeFrameLen;

/** Signers, and certificates, and digest algorithms, that are read. */
const MAX_COUNT = 32;

/** Both families of the field: GM/T 0010's own content types and those of PKCS#7. */
const SIGNED_DATA: readonly string[] = [oid.gmSignedData, oid.pkcs7SignedData];

/** As SignerInfo names the signature: SM2, or SM2 with SM3. */
const SIGNATURES: readonly string[] = [oid.sm2Signature, oid.sm2WithSm3];

/** @throws OperationError MALFORMED: broken DER, other algorithms than SM3 and SM2, or too large */
export function parseSignedData(der: Uint8Array): SignedData {
  try {
    return read(der);
  } catch (error) {
    throw OperationError.is(error, "MALFORMED") ? error : malformed(WHAT, error);
  }
}

function read(der: Uint8Array): SignedData {
  checkDer(der, MAX_LEN, WHAT);
  const [type, wrapped, noMore] = partsOf(der, SEQUENCE, WHAT);
  if (!SIGNED_DATA.includes(oidOf(type, WHAT)) || noMore !== undefined) throw malformed(WHAT);
  const [body, alone] = partsOf(wrapped, 0xa0, WHAT);
  // SignedData: version, digestAlgorithms, contentInfo, [0] certificates, [1] crls, signerInfos.
  const [, algorithms, inner, ...rest] = partsOf(body, SEQUENCE, WHAT);
  for (const algorithm of partsOf(algorithms, SET, WHAT, MAX_COUNT)) algorithmOf(algorithm, WHAT);
  const signers = partsOf(rest.pop(), SET, WHAT, MAX_COUNT);
  const certificates = rest[0]?.[0] === 0xa0 ? partsOf(rest.shift(), 0xa0, WHAT, MAX_COUNT) : [];
  if (rest[0]?.[0] === 0xa1) rest.shift();
  if (alone !== undefined || rest.length > 0) throw malformed(WHAT);
  const [contentType, explicit, noThird] = partsOf(inner, SEQUENCE, WHAT);
  const [content, noSecond] = explicit === undefined ? [] : partsOf(explicit, 0xa0, WHAT);
  if (noThird !== undefined || noSecond !== undefined) throw malformed(WHAT);
  const brought = certificates.map(readOnce);
  return {
    contentType: oidOf(contentType, WHAT),
    content: explicit === undefined ? null : contentsOf(content, OCTET_STRING, WHAT),
    get certificates() {
      return brought.map((certificate) => certificate()).filter((certificate) => certificate !== null);
    },
    signers: signers.map(readSigner),
    certificateOf(id) {
      for (const read of brought) {
        const certificate = read();
        if (certificate !== null && names(id, certificate)) return certificate;
      }
      return null;
    },
  };
}

/** Null for other kinds of certificates, which may lie beside the signer's: they are no use here, and no harm. */
function readOnce(der: Uint8Array): () => Certificate | null {
  let certificate: Certificate | null | undefined;
  return () => {
    if (certificate === undefined) {
      try {
        certificate = parseCertificate(der);
      } catch {
        certificate = null;
      }
    }
    return certificate;
  };
}

function readSigner(der: Uint8Array): SignerInfo {
  const [version, sid, digestAlgorithm, ...rest] = partsOf(der, SEQUENCE, WHAT);
  const implicit = rest[0]?.[0] === ATTRIBUTES ? rest.shift() : undefined;
  const [signatureAlgorithm, octets, outside, noMore] = rest;
  if (algorithmOf(digestAlgorithm, WHAT) !== oid.sm3) throw malformed(WHAT);
  if (!SIGNATURES.includes(algorithmOf(signatureAlgorithm, WHAT))) throw malformed(WHAT);
  if (noMore !== undefined) throw malformed(WHAT);
  contentsOf(version, INTEGER, WHAT);
  const signed = implicit === undefined ? [] : readAttributes(implicit, ATTRIBUTES, WHAT);
  const unsigned = outside === undefined ? [] : readAttributes(outside, UNSIGNED_ATTRIBUTES, WHAT);
  const signatureOctets = contentsOf(octets, OCTET_STRING, WHAT);
  const attributes = implicit === undefined ? null : new Uint8Array(implicit);
  if (attributes !== null) attributes[0] = SET;
  return {
    certificateId: readCertificateId(sid, WHAT),
    attributes,
    signature: parseEitherSignature(signatureOctets),
    signatureOctets,
    attribute: (type) => oneValue(signed, type),
    unsignedAttributes: (type) => unsigned.flatMap((attribute) => (attribute.type === type ? attribute.values : [])),
  };
}

function oneValue(attributes: readonly AttributeValues[], type: string): Uint8Array | null {
  const [found, twice] = attributes.filter((attribute) => attribute.type === type);
  if (found === undefined) return null;
  const [value, another] = found.values;
  if (value === undefined || another !== undefined || twice !== undefined) throw malformed(WHAT);
  return value;
}
