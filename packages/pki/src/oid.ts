/** Object identifiers (对象标识符). GM/T 0006-2012 unless said otherwise. */
export const oid = {
  /** id-ecPublicKey, RFC 5480. */
  ecPublicKey: "1.2.840.10045.2.1",
  /** The SM2 curve and key. */
  sm2: "1.2.156.10197.1.301",
  /** SM2 signature; the digestEncryptionAlgorithm that SignerInfo carries. */
  sm2Signature: "1.2.156.10197.1.301.1",
  /** SM2 signature with SM3: certificates, CRLs and requests carry it. */
  sm2WithSm3: "1.2.156.10197.1.501",
  sm3: "1.2.156.10197.1.401",
  sm4: "1.2.156.10197.1.104",
  sm4Ecb: "1.2.156.10197.1.104.1",
  /** GM/T 0010 clause 5. */
  gmData: "1.2.156.10197.6.1.4.2.1",
  gmSignedData: "1.2.156.10197.6.1.4.2.2",
  /** PKCS#7, RFC 5652. */
  pkcs7Data: "1.2.840.113549.1.7.1",
  pkcs7SignedData: "1.2.840.113549.1.7.2",
  /** Signed attributes, RFC 5652 clause 11, RFC 5035. */
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  /** RFC 5280. */
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  certificatePolicies: "2.5.29.32",
  subjectKeyIdentifier: "2.5.29.14",
  authorityKeyIdentifier: "2.5.29.35",
  subjectAlternativeName: "2.5.29.17",
  crlNumber: "2.5.29.20",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  organizationalUnit: "2.5.4.11",
  country: "2.5.4.6",
  organizationIdentifier: "2.5.4.97",
  /** 统一社会信用代码 in GM/T 0015-2023. */
  uscc: "1.2.156.10260.4.4",
} as const;
