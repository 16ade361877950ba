import { sameBytes } from "../der.ts";
import { ProofError } from "../proof-error.ts";
import { type Certificate, isForEncryption, isForSigning } from "./certificate.ts";

/** The two certificates of one holder (双证书), GM/T 0015: one key to sign, one that others encrypt to. */
export interface CertificatePair {
  readonly signingCertificate: Certificate;
  readonly encryptionCertificate: Certificate;
}

const signsOnly = (certificate: Certificate): boolean => isForSigning(certificate) && !isForEncryption(certificate);
const encryptsOnly = (certificate: Certificate): boolean => isForEncryption(certificate) && !isForSigning(certificate);

function isPair(signing: Certificate, encryption: Certificate): boolean {
  return (
    signsOnly(signing) &&
    encryptsOnly(encryption) &&
    sameBytes(signing.subject.der, encryption.subject.der) &&
    sameBytes(signing.issuer.der, encryption.issuer.der) &&
    !sameBytes(signing.publicKey, encryption.publicKey)
  );
}

/** Same holder, same CA, two keys, each for one use alone. @throws ProofError CERTIFICATE_USAGE */
export function pairCertificates(signing: Certificate, encryption: Certificate): CertificatePair {
  if (!isPair(signing, encryption)) {
    throw new ProofError("CERTIFICATE_USAGE", "not the two certificates of one holder");
  }
  return { signingCertificate: signing, encryptionCertificate: encryption };
}

/**
 * The pairs among these certificates, at most one for each signing certificate. A renewed holder has several of one name: those
 * issued for the same time belong together; else a partner counts only where it is the only one. Nothing is guessed.
 */
export function findPairs(certificates: readonly Certificate[]): readonly CertificatePair[] {
  return certificates.flatMap((signingCertificate) => {
    const partners = certificates.filter((other) => isPair(signingCertificate, other));
    const sameTime = partners.filter(
      ({ notBefore, notAfter }) =>
        notBefore.getTime() === signingCertificate.notBefore.getTime() &&
        notAfter.getTime() === signingCertificate.notAfter.getTime(),
    );
    const fitting = sameTime.length > 0 ? sameTime : partners;
    const [encryptionCertificate] = fitting;
    return encryptionCertificate === undefined || fitting.length > 1
      ? []
      : [{ signingCertificate, encryptionCertificate }];
  });
}
