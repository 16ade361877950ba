import type { Gm } from "@certbridge/gm";
import { Attribute, CMSVersion, IssuerAndSerialNumber, SignerIdentifier, SignerInfo } from "@peculiar/asn1-cms";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, Name as AsnName, Time } from "@peculiar/asn1-x509";
import { bufferOf, element, elementsOf, OCTET_STRING, SEQUENCE, SET, unsignedInteger } from "../der.ts";
import { oid } from "../oid.ts";
import { encodeOid } from "../sm2/keys.ts";
import { encodeSignature } from "../sm2/signature.ts";
import type { Certificate } from "../x509/certificate.ts";

/** What the signed attributes say: which content, of which type, when, by which certificate. */
export interface SignedStatement {
  readonly contentType: string;
  /** SM3 of the content, 32 bytes. */
  readonly digest: Uint8Array;
  readonly signedAt: Date;
  readonly certificate: Certificate;
}

const algorithm = (name: string) => new AlgorithmIdentifier({ algorithm: name, parameters: null });

/** ESSCertIDv2 with SM3, RFC 5035 clause 3: binds the certificate, so that another one with the same key cannot replace it. */
function signingCertificate(gm: Pick<Gm, "sm3">, certificate: Certificate): Uint8Array<ArrayBuffer> {
  const id = element(
    SEQUENCE,
    new Uint8Array(AsnConvert.serialize(algorithm(oid.sm3))),
    element(OCTET_STRING, gm.sm3(certificate.der)),
  );
  return element(SEQUENCE, element(SEQUENCE, id));
}

/**
 * The bytes to sign: the SET OF signed attributes, DER (GM/T 0010 clause 8, RFC 5652 clause 5.4). Signed with the default
 * distinguishing id over these bytes as the message.
 */
export function encodeSignedAttributes(gm: Pick<Gm, "sm3">, statement: SignedStatement): Uint8Array<ArrayBuffer> {
  const attribute = (type: string, value: Uint8Array) => element(SEQUENCE, encodeOid(type), element(SET, value));
  const attributes = [
    attribute(oid.contentType, encodeOid(statement.contentType)),
    attribute(oid.messageDigest, element(OCTET_STRING, statement.digest)),
    attribute(oid.signingTime, new Uint8Array(AsnConvert.serialize(new Time(statement.signedAt)))),
    attribute(oid.signingCertificateV2, signingCertificate(gm, statement.certificate)),
  ];
  // DER, X.690 clause 11.6: the elements of a SET OF in the order of their encodings.
  return element(SET, ...attributes.sort(compareBytes));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * GM/T 0010 SignedData (签名数据), DER, in the standard's own form.
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
  const { certificate } = parts;
  const [, serialNumber = unsignedInteger(Uint8Array.of(0))] = elementsOf(certificate.tbs);
  const signer = new SignerInfo({
    version: CMSVersion.v1,
    sid: new SignerIdentifier({
      issuerAndSerialNumber: new IssuerAndSerialNumber({
        issuer: AsnConvert.parse(certificate.issuer.der, AsnName),
        serialNumber: bufferOf(serialNumber.subarray(2)),
      }),
    }),
    digestAlgorithm: algorithm(oid.sm3),
    signedAttrs: elementsOf(parts.attributes).map((der) => AsnConvert.parse(der, Attribute)),
    signatureAlgorithm: algorithm(oid.sm2Signature),
    signature: new OctetString(encodeSignature(parts.signature)),
  });
  // Assembled here rather than by the library: it cannot write the 128-bit arc of our own content types.
  const content = parts.content === null ? [] : [element(0xa0, element(OCTET_STRING, parts.content))];
  const signedData = element(
    SEQUENCE,
    unsignedInteger(Uint8Array.of(1)),
    element(SET, new Uint8Array(AsnConvert.serialize(algorithm(oid.sm3)))),
    element(SEQUENCE, encodeOid(parts.contentType), ...content),
    element(0xa0, ...[certificate, ...parts.chain].map(({ der }) => der)),
    element(SET, new Uint8Array(AsnConvert.serialize(signer))),
  );
  return element(SEQUENCE, encodeOid(oid.gmSignedData), element(0xa0, signedData));
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
 * stays as it is.
 */
export function attachContent(cms: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const [type, wrapped] = elementsOf(cms);
  const [signedData] = wrapped === undefined ? [] : elementsOf(wrapped);
  if (type === undefined || signedData === undefined) throw new RangeError('"cms" expected SignedData');
  const parts = elementsOf(signedData).map((part, index) => {
    if (index !== 2) return part;
    const [contentType = new Uint8Array(0)] = elementsOf(part);
    return element(SEQUENCE, contentType, element(0xa0, element(OCTET_STRING, content)));
  });
  return element(SEQUENCE, type, element(0xa0, element(SEQUENCE, ...parts)));
}
