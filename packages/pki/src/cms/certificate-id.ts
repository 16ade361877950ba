import { contentOf, element, hexOf, malformed, partsOf, sameBytes, SEQUENCE } from "../der.ts";
import type { ForeignHash } from "../foreign-hash.ts";
import { type Certificate, serialInteger, serialOf } from "../x509/certificate.ts";

/**
 * How a message names a certificate, of a signer or a recipient (RFC 5652 clauses 5.3 and 6.2.1): by issuer (DER) and serial
 * number (as in {@link Certificate.serialNumber}), or by its key identifier (hexadecimal, lower case).
 */
export type CertificateId =
  | { readonly issuer: Uint8Array; readonly serialNumber: string }
  | { readonly subjectKeyId: string };

/** [0] IMPLICIT SubjectKeyIdentifier. */
const KEY_ID = 0x80;

/** IssuerAndSerialNumber, DER: the standard's own form. */
export function encodeCertificateId(certificate: Certificate): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, certificate.issuer.der, serialInteger(certificate));
}

/** @throws OperationError MALFORMED, naming `what` */
export function readCertificateId(der: Uint8Array | undefined, what: string): CertificateId {
  if (der?.[0] === KEY_ID) return { subjectKeyId: hexOf(contentOf(der)) };
  const [issuer, serialNumber, more] = partsOf(der, SEQUENCE, what);
  if (issuer === undefined || more !== undefined) throw malformed(what);
  return { issuer, serialNumber: serialOf(serialNumber, what) };
}

/**
 * Whether the certificate is the one that is named. Where it carries no key identifier, senders compute one: SHA-1 of the public
 * key, RFC 5280 clause 4.2.1.2 method 1, which takes a `hash`.
 */
export function names(id: CertificateId, certificate: Certificate, hash?: ForeignHash): boolean {
  if (!("subjectKeyId" in id)) {
    return certificate.serialNumber === id.serialNumber && sameBytes(certificate.issuer.der, id.issuer);
  }
  const own = certificate.subjectKeyId ?? (hash === undefined ? null : hexOf(hash("SHA-1", certificate.publicKey)));
  return own === id.subjectKeyId;
}
