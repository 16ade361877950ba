import type { Gm } from "@certbridge/gm";
import { ContentInfo, SignedData, type SignerInfo } from "@peculiar/asn1-cms";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Time } from "@peculiar/asn1-x509";
import { checkDer, contentOf, elementsOf, hexOf, malformed, sameBytes, SET } from "../der.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { encodeOid } from "../sm2/keys.ts";
import { parseEitherSignature } from "../sm2/signature.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";

/** What verifySignedData proved: this certificate's key signed this content at the instant it says. */
export interface VerifiedSignedData {
  readonly signer: Certificate;
  /** All certificates that came along, the signer's among them. Their chain is the caller's to verify. */
  readonly certificates: readonly Certificate[];
  /** Null where it stays outside. */
  readonly content: Uint8Array | null;
  readonly signedAt: Date | null;
}

const WHAT = "signed data";
const MAX_LEN = 32 * 1024 * 1024;

/** Both families of the field: GM/T 0010's own content types and those of PKCS#7. */
const SIGNED_DATA: readonly string[] = [oid.gmSignedData, oid.pkcs7SignedData];
const SAME_TYPE: Readonly<Record<string, readonly string[]>> = { [oid.gmData]: [oid.gmData, oid.pkcs7Data] };
const SIGNATURES: readonly string[] = [oid.sm2Signature, oid.sm2WithSm3];

function parse(der: Uint8Array): SignedData {
  checkDer(der, MAX_LEN, WHAT);
  try {
    const info = AsnConvert.parse(der, ContentInfo);
    if (!SIGNED_DATA.includes(info.contentType)) throw malformed(WHAT);
    return AsnConvert.parse(info.content, SignedData);
  } catch (error) {
    throw malformed(WHAT, error);
  }
}

/** The one value of an attribute, DER. */
function attributeOf(signer: SignerInfo, type: string): Uint8Array | null {
  const found = (signer.signedAttrs ?? []).filter((attribute) => attribute.attrType === type);
  const value = found[0]?.attrValues[0];
  if (found.length > 1 || (found.length === 1 && found[0]?.attrValues.length !== 1)) throw malformed(WHAT);
  return value === undefined ? null : new Uint8Array(value);
}

/** The bytes of the signed attributes as they stand, under the SET tag that is signed (RFC 5652 clause 5.4). */
function signedAttributes(signerDer: Uint8Array): Uint8Array {
  const implicit = elementsOf(signerDer).find((part) => part[0] === 0xa0);
  if (implicit === undefined) throw new ProofError("SIGNATURE_INVALID", "no signed attributes");
  const set = new Uint8Array(implicit);
  set[0] = SET;
  return set;
}

function findSigner(signer: SignerInfo, certificates: readonly Certificate[]): Certificate {
  const { issuerAndSerialNumber, subjectKeyIdentifier } = signer.sid;
  const keyId = subjectKeyIdentifier === undefined ? null : hexOf(new Uint8Array(subjectKeyIdentifier.buffer));
  const found = certificates.find((certificate) => {
    if (issuerAndSerialNumber === undefined) return keyId !== null && certificate.subjectKeyId === keyId;
    const serial = hexOf(new Uint8Array(issuerAndSerialNumber.serialNumber)).toUpperCase();
    const issuer = new Uint8Array(AsnConvert.serialize(issuerAndSerialNumber.issuer));
    return certificate.serialNumber === serial && sameBytes(certificate.issuer.der, issuer);
  });
  if (found === undefined) throw malformed(WHAT);
  return found;
}

/**
 * Verifies GM/T 0010 SignedData with one signer and signed attributes.
 *
 * @param expected.contentType what it must be about: a message of another type does not verify
 * @param expected.content     the content where it stays outside; where it is inside as well, both must be the same
 * @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID, CONTENT_MISMATCH
 */
export function verifySignedData(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  der: Uint8Array,
  expected: { readonly contentType: string; readonly content?: Uint8Array },
): VerifiedSignedData {
  const signedData = parse(der);
  const [signer, another] = signedData.signerInfos;
  if (signer === undefined || another !== undefined) throw malformed(WHAT);
  const certificates = [...(signedData.certificates ?? [])].flatMap((choice) =>
    choice.certificate === undefined
      ? []
      : [parseCertificate(new Uint8Array(AsnConvert.serialize(choice.certificate)))],
  );
  const certificate = findSigner(signer, certificates);

  if (signer.digestAlgorithm.algorithm !== oid.sm3 || !SIGNATURES.includes(signer.signatureAlgorithm.algorithm)) {
    throw malformed(WHAT);
  }
  // ContentInfo › [0] › SignedData: version, digestAlgorithms, encapContentInfo, …, signerInfos; the bytes as they were signed.
  const [, outer] = elementsOf(der);
  const [body] = outer === undefined ? [] : elementsOf(outer);
  const parts = body === undefined ? [] : elementsOf(body);
  const [typeDer] = parts[2] === undefined ? [] : elementsOf(parts[2]);
  const [signerDer] = parts.length < 4 ? [] : elementsOf(parts.at(-1) ?? der);
  if (typeDer === undefined || signerDer === undefined) throw malformed(WHAT);

  const types = (SAME_TYPE[expected.contentType] ?? [expected.contentType]).map(encodeOid);
  const signedType = attributeOf(signer, oid.contentType);
  if (!types.some((type) => sameBytes(type, typeDer)) || signedType === null || !sameBytes(signedType, typeDer)) {
    throw new ProofError("SIGNATURE_INVALID", "another content type");
  }
  const signature = parseEitherSignature(new Uint8Array(signer.signature.buffer));
  if (!gm.sm2Verify(certificate.publicKey, signedAttributes(signerDer), signature)) {
    throw new ProofError("SIGNATURE_INVALID");
  }

  const { eContent } = signedData.encapContentInfo;
  const inside = eContent?.single === undefined ? null : new Uint8Array(eContent.single.buffer);
  const content = inside ?? expected.content;
  const digest = attributeOf(signer, oid.messageDigest);
  if (content === undefined) throw new ProofError("CONTENT_MISMATCH", "no content");
  if (inside !== null && expected.content !== undefined && !sameBytes(inside, expected.content)) {
    throw new ProofError("CONTENT_MISMATCH");
  }
  if (digest === null || !sameBytes(contentOf(digest), gm.sm3(content))) throw new ProofError("CONTENT_MISMATCH");

  const bound = attributeOf(signer, oid.signingCertificateV2);
  if (bound !== null && !sameBytes(essDigest(bound), gm.sm3(certificate.der))) {
    throw new ProofError("SIGNATURE_INVALID", "signed for another certificate");
  }
  const time = attributeOf(signer, oid.signingTime);
  return {
    signer: certificate,
    certificates,
    content: inside,
    signedAt: time === null ? null : AsnConvert.parse(time, Time).getTime(),
  };
}

/** certHash of the first ESSCertIDv2. */
function essDigest(attribute: Uint8Array): Uint8Array {
  const [list] = elementsOf(attribute);
  const [id] = list === undefined ? [] : elementsOf(list);
  const hash = id === undefined ? undefined : elementsOf(id).find((part) => part[0] === 0x04);
  if (hash === undefined) throw malformed(WHAT);
  return contentOf(hash);
}
