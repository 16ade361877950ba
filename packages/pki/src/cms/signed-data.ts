import type { Gm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import { nullAlgorithm } from "../algorithm.ts";
import {
  checkDer,
  element,
  elementPieces,
  encodeTime,
  join,
  malformed,
  objectIdentifier,
  OCTET_STRING,
  octetString,
  oidOf,
  partsOf,
  SEQUENCE,
  SET,
  setOf,
  unsignedInteger,
} from "../der.ts";
import { oid } from "../oid.ts";
import { encodeSignature } from "../sm2/signature.ts";
import type { Certificate } from "../x509/certificate.ts";
import { encodeCertificateId } from "./certificate-id.ts";

/** GM/T 0010-2012 SignedData (签名数据; GB/T 35275), made: always with signed attributes, in the standard's own form. */

/** What the signed attributes say: which content, of which type, when, by which certificate. */
export interface SignedStatement {
  readonly contentType: string;
  /** SM3 of the content, 32 bytes. */
  readonly digest: Uint8Array;
  readonly signedAt: Date;
  readonly certificate: Certificate;
}

const WHAT = "signed data";

/** SM3, bytes. */
export const DIGEST_LEN = 32;

/** Tag of the SET OF attributes inside SignerInfo. */
export const ATTRIBUTES = 0xa0;

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
  const attribute = (type: string, value: Uint8Array) => element(SEQUENCE, objectIdentifier(type), element(SET, value));
  return setOf(
    SET,
    attribute(oid.contentType, objectIdentifier(statement.contentType)),
    attribute(oid.messageDigest, octetString(statement.digest)),
    attribute(oid.signingTime, encodeTime(statement.signedAt)),
    attribute(oid.signingCertificateV2, signingCertificate(gm, statement.certificate)),
  );
}

/**
 * SignedData, DER, from its parts. The frame is written here rather than by the library, so that certificates and names go in
 * as they stand, large content is copied once, and content types of any arc can be named.
 *
 * @param parts.attributes as encodeSignedAttributes gave them
 * @param parts.signature  r ‖ s, 64 bytes
 * @param parts.content    null leaves it outside
 */
export function encodeSignedData(parts: {
  readonly contentType: string;
  readonly content: Uint8Array | null;
  readonly attributes: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
}): Uint8Array<ArrayBuffer> {
  const { attributes, certificate } = parts;
  const version = unsignedInteger(Uint8Array.of(1));
  const signer = element(
    SEQUENCE,
    version,
    encodeCertificateId(certificate),
    nullAlgorithm(oid.sm3),
    element(ATTRIBUTES, ...partsOf(attributes, SET, "attributes")),
    nullAlgorithm(oid.sm2Signature),
    octetString(encodeSignature(parts.signature)),
  );
  return frame(objectIdentifier(oid.gmSignedData), [
    version,
    element(SET, nullAlgorithm(oid.sm3)),
    ...contentPieces(objectIdentifier(parts.contentType), parts.content),
    setOf(0xa0, ...[certificate, ...parts.chain].map(({ der }) => der)),
    element(SET, signer),
  ]);
}

/** ContentInfo around the parts of SignedData, each copied once. */
function frame(type: Uint8Array, signedData: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const wrapped = elementPieces(0xa0, elementPieces(SEQUENCE, signedData));
  return join(elementPieces(SEQUENCE, [type, ...wrapped]));
}

/** EncapsulatedContentInfo: its type, and the content where it is inside. */
function contentPieces(type: Uint8Array, content: Uint8Array | null): readonly Uint8Array[] {
  const inside = content === null ? [] : elementPieces(0xa0, elementPieces(OCTET_STRING, [content]));
  return elementPieces(SEQUENCE, [type, ...inside]);
}

/** Attributes, signature and structure in one step, for who holds the key in memory. */
export function signData(
  gm: Gm,
  options: {
    readonly contentType: string;
    readonly content: Uint8Array;
    readonly detached?: boolean;
    readonly signedAt: Date;
    readonly certificate: Certificate;
    readonly chain?: readonly Certificate[];
    readonly privateKey: Uint8Array;
  },
): Uint8Array<ArrayBuffer> {
  const { contentType, content, signedAt, certificate, chain = [] } = options;
  const attributes = encodeSignedAttributes(gm, { contentType, digest: gm.sm3(content), signedAt, certificate });
  const signature = gm.sm2Sign(options.privateKey, attributes);
  return encodeSignedData({
    contentType,
    content: options.detached === true ? null : content,
    attributes,
    signature,
    certificate,
    chain,
  });
}

/**
 * The SignedData with its content put inside, from one made without: the signature covers the content's digest, so that it
 * stays as it is. Whether the content is the one that was signed is for the verifier to say.
 *
 * @param cms at most a native frame long
 * @throws OperationError MALFORMED where this is no SignedData, or has its content already
 */
export function attachContent(cms: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(cms, limits.nativeFrameLen, WHAT);
  const [type, wrapped] = partsOf(cms, SEQUENCE, WHAT);
  const [version, algorithms, inner, ...rest] = partsOf(partsOf(wrapped, 0xa0, WHAT)[0], SEQUENCE, WHAT);
  const [contentType, already] = partsOf(inner, SEQUENCE, WHAT);
  oidOf(contentType, WHAT);
  if (type === undefined || contentType === undefined || version === undefined || algorithms === undefined) {
    throw malformed(WHAT);
  }
  if (already !== undefined) throw malformed(WHAT);
  return frame(type, [version, algorithms, ...contentPieces(contentType, content), ...rest]);
}
