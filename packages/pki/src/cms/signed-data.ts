import type { Gm } from "@certbridge/gm";
import { nullAlgorithm } from "../algorithm.ts";
import {
  element,
  elementPieces,
  encodeTime,
  join,
  objectIdentifier,
  OCTET_STRING,
  octetString,
  partsOf,
  SEQUENCE,
  SET,
  setOf,
  unsignedInteger,
} from "../der.ts";
import { oid } from "../oid.ts";
import { encodeSignature } from "../sm2/signature.ts";
import type { Certificate } from "../x509/certificate.ts";
import { type Attribute, ATTRIBUTES, encodeAttribute, UNSIGNED_ATTRIBUTES } from "./attributes.ts";
import { encodeCertificateId } from "./certificate-id.ts";

/** GM/T 0010-2012 SignedData (签名数据; GB/T 35275), made: always with signed attributes, in the standard's own form. */

/** What the signed attributes say: which content, of which type, when, by which certificate. */
export interface SignedStatement {
  readonly contentType: string;
  /** SM3 of the content, 32 bytes. */
  readonly digest: Uint8Array;
  readonly signedAt: Date;
  readonly certificate: Certificate;
  /** Further signed attributes, of other types than the four. */
  readonly more?: readonly Attribute[];
}

/** SM3, bytes. */
export const DIGEST_LEN = 32;

/** ESSCertIDv2 with SM3, RFC 5035 clause 3: binds the certificate, so that another one with the same key cannot replace it. */
function signingCertificate(gm: Pick<Gm, "sm3">, certificate: Certificate): Uint8Array<ArrayBuffer> {
  const id = element(SEQUENCE, nullAlgorithm(oid.sm3), octetString(gm.sm3(certificate.der)));
  return element(SEQUENCE, element(SEQUENCE, id));
}

/**
 * The bytes to sign: the SET OF signed attributes, DER (GM/T 0010 clause 8, RFC 5652 clause 5.4). Signed with the default
 * distinguishing id over these bytes as the message.
 *
 * @throws RangeError where the digest is not 32 bytes or the date cannot be written
 */
export function encodeSignedAttributes(gm: Pick<Gm, "sm3">, statement: SignedStatement): Uint8Array<ArrayBuffer> {
  if (statement.digest.length !== DIGEST_LEN) throw new RangeError('"digest" expected 32 bytes');
  const attributes = [
    { type: oid.contentType, value: objectIdentifier(statement.contentType) },
    { type: oid.messageDigest, value: octetString(statement.digest) },
    { type: oid.signingTime, value: encodeTime(statement.signedAt) },
    { type: oid.signingCertificateV2, value: signingCertificate(gm, statement.certificate) },
    ...(statement.more ?? []),
  ];
  return setOf(SET, ...attributes.map(encodeAttribute));
}

/**
 * Two ways to write the same: that of GM/T 0010, and that of RFC 5652 for programs that know SM2 but no identifiers of GM/T 0010
 * (RFC 3161 stamps among others).
 */
export type SignedDataFamily = "gm" | "rfc";

/** RFC 5652 clause 5.1 counts 3 where the content is no plain data; GM/T 0010 has 1 always. */
const FAMILIES = {
  gm: { type: oid.gmSignedData, version: 1, signature: oid.sm2Signature },
  rfc: { type: oid.pkcs7SignedData, version: 3, signature: oid.sm2WithSm3 },
} as const;

/**
 * SignedData, DER, from its parts. The frame is written here rather than by the library, so that certificates and names go in
 * as they stand, large content is copied once, and content types of any arc can be named.
 *
 * @param parts.attributes as encodeSignedAttributes gave them
 * @param parts.signature  r ‖ s, 64 bytes
 * @param parts.content    null leaves it outside
 * @param parts.chain      certificates beside the signer's own; null leaves all of them out, his too
 * @param parts.unsignedAttributes what is put beside the signature, such as a time stamp of it
 * @param parts.family     GM/T 0010's by default
 */
export function encodeSignedData(parts: {
  readonly contentType: string;
  readonly content: Uint8Array | null;
  readonly attributes: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[] | null;
  readonly unsignedAttributes?: readonly Attribute[];
  readonly family?: SignedDataFamily;
}): Uint8Array<ArrayBuffer> {
  const { attributes, certificate, chain, unsignedAttributes = [] } = parts;
  const family = FAMILIES[parts.family ?? "gm"];
  const version = (number: number) => unsignedInteger(Uint8Array.of(number));
  const certificates = chain === null ? [] : [certificate, ...chain];
  const signer = element(
    SEQUENCE,
    version(1),
    encodeCertificateId(certificate),
    nullAlgorithm(oid.sm3),
    element(ATTRIBUTES, ...partsOf(attributes, SET, "attributes")),
    nullAlgorithm(family.signature),
    octetString(encodeSignature(parts.signature)),
    ...setUnlessEmpty(UNSIGNED_ATTRIBUTES, unsignedAttributes.map(encodeAttribute)),
  );
  return frame(objectIdentifier(family.type), [
    version(family.version),
    element(SET, nullAlgorithm(oid.sm3)),
    ...contentPieces(objectIdentifier(parts.contentType), parts.content),
    ...setUnlessEmpty(
      0xa0,
      certificates.map(({ der }) => der),
    ),
    element(SET, signer),
  ]);
}

/** An optional SET OF: left out where nothing is in it. */
function setUnlessEmpty(tag: number, elements: readonly Uint8Array[]): readonly Uint8Array[] {
  return elements.length === 0 ? [] : [setOf(tag, ...elements)];
}

/** ContentInfo around the parts of SignedData, each copied once. */
export function frame(type: Uint8Array, signedData: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const wrapped = elementPieces(0xa0, elementPieces(SEQUENCE, signedData));
  return join(elementPieces(SEQUENCE, [type, ...wrapped]));
}

/** EncapsulatedContentInfo: its type, and the content where it is inside. */
export function contentPieces(type: Uint8Array, content: Uint8Array | null): readonly Uint8Array[] {
  const inside = content === null ? [] : elementPieces(0xa0, elementPieces(OCTET_STRING, [content]));
  return elementPieces(SEQUENCE, [type, ...inside]);
}

/** Attributes, signature and structure in one step, for who holds the key in memory. `chain` and `family` as for encodeSignedData. */
export function signData(
  gm: Pick<Gm, "sm2Sign" | "sm3">,
  options: {
    readonly contentType: string;
    readonly content: Uint8Array;
    readonly detached?: boolean;
    readonly signedAt: Date;
    readonly certificate: Certificate;
    readonly chain?: readonly Certificate[] | null;
    readonly privateKey: Uint8Array;
    readonly family?: SignedDataFamily;
  },
): Uint8Array<ArrayBuffer> {
  const { contentType, content, signedAt, certificate, chain = [], family = "gm" } = options;
  const attributes = encodeSignedAttributes(gm, { contentType, digest: gm.sm3(content), signedAt, certificate });
  const signature = gm.sm2Sign(options.privateKey, attributes);
  return encodeSignedData({
    contentType,
    content: options.detached === true ? null : content,
    attributes,
    signature,
    certificate,
    chain,
    family,
  });
}
