import { sameBytes } from "../der.ts";
import { ProofError } from "../proof-error.ts";
import { type Certificate, isForEncryption, isForSigning } from "./certificate.ts";

/** The two certificates of one holder (双证书). */
export interface CertificatePair {
  readonly signingCertificate: Certificate;
  readonly encryptionCertificate: Certificate;
}

/** Same holder, same CA, one for each use. @throws ProofError CERTIFICATE_USAGE */
export function pairCertificates(signing: Certificate, encryption: Certificate): CertificatePair {
  const one =
    sameBytes(signing.subject.der, encryption.subject.der) && sameBytes(signing.issuer.der, encryption.issuer.der);
  if (!one || !isForSigning(signing) || !isForEncryption(encryption) || isForSigning(encryption)) {
    throw new ProofError("CERTIFICATE_USAGE", "not the two certificates of one holder");
  }
  return { signingCertificate: signing, encryptionCertificate: encryption };
}
