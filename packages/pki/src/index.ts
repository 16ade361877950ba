export { addUnsignedAttribute, attachContent } from "./cms/attach.ts";
export type { Attribute } from "./cms/attributes.ts";
export type { CertificateId } from "./cms/certificate-id.ts";
export {
  encodeEnvelopedData,
  type EnvelopedData,
  findRecipient,
  openContentKey,
  openEnvelopedData,
  parseEnvelopedData,
  type Recipient,
} from "./cms/enveloped-data.ts";
export { parseSignedData, type SignedData, type SignerInfo } from "./cms/parse.ts";
export { respellSignedData } from "./cms/respell.ts";
export {
  encodeSignedAttributes,
  encodeSignedData,
  signData,
  type SignedDataFamily,
  type SignedStatement,
} from "./cms/signed-data.ts";
export { type ExpectedSignedData, type VerifiedSignedData, verifySignedData } from "./cms/verify.ts";
export { checkDer, contentsOf, element, hexOf, objectIdentifier, octetString, partsOf, sameBytes } from "./der.ts";
export type { ForeignHash } from "./foreign-hash.ts";
export { oid } from "./oid.ts";
export { type ProofCode, ProofError } from "./proof-error.ts";
export { encodeCiphertext, openCiphertext, parseCiphertext, readCiphertext } from "./sm2/ciphertext.ts";
export { encodeEnvelopedKey, isKeyOf, openEnvelopedKey, parseEnvelopedKey } from "./sm2/enveloped-key.ts";
export {
  encodePrivateKeyInfo,
  encodePublicKeyInfo,
  encodeSec1PrivateKey,
  parsePrivateKeyInfo,
  parsePublicKeyInfo,
  parseSec1PrivateKey,
} from "./sm2/keys.ts";
export { encodeSignature, parseEitherSignature, parseSignature } from "./sm2/signature.ts";
export type { MessageImprint } from "./tsp/imprint.ts";
export type { TimeStampInfo } from "./tsp/info.ts";
export { createTimeStampRequest, parseTimeStampRequest, type TimeStampRequest } from "./tsp/request.ts";
export {
  encodeTimeStampResponse,
  parseTimeStampResponse,
  type TimeStampFailure,
  type TimeStampResponse,
} from "./tsp/response.ts";
export {
  type ExpectedTimeStamp,
  issueTimeStampToken,
  parseTimeStampToken,
  type TimeStampToken,
  type VerifiedTimeStamp,
  verifyTimeStampToken,
} from "./tsp/token.ts";
export { isUscc, readUscc, type UsccEncoding, type UsccRule } from "./uscc.ts";
export {
  type Certificate,
  isForEncryption,
  isForSigning,
  isForTimeStamping,
  parseCertificate,
} from "./x509/certificate.ts";
export { type ChainOptions, type TrustedChain, verifyChain } from "./x509/chain.ts";
export { encodeListUrls, readListUrls } from "./x509/distribution-points.ts";
export { type CertificateContent, issueCertificate, type Issuer, keyIdentifier } from "./x509/issue.ts";
export { encodeName, type Name } from "./x509/name.ts";
export { type CertificatePair, findPairs, pairCertificates } from "./x509/pair.ts";
export { type CertificateRequest, createRequest, parseRequest, verifyRequest } from "./x509/request.ts";
export {
  isRevoked,
  issueRevocationList,
  parseRevocationList,
  type RevocationList,
  verifyListSignature,
  verifyRevocationList,
} from "./x509/revocation-list.ts";
