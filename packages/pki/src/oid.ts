/** Object identifiers (对象标识符). GM/T 0006-2012 unless said otherwise. */
export const oid = {
  /** id-ecPublicKey, RFC 5480. */
  ecPublicKey: "1.2.840.10045.2.1",
  /** The SM2 curve and key. */
  sm2: "1.2.156.10197.1.301",
  /** SM2 signature; the digestEncryptionAlgorithm that SignerInfo carries. */
  sm2Signature: "1.2.156.10197.1.301.1",
  /** SM2 encryption; the keyEncryptionAlgorithm that RecipientInfo carries. GmSSL writes the name of the key exchange for it. */
  sm2Encryption: "1.2.156.10197.1.301.3",
  sm2KeyExchange: "1.2.156.10197.1.301.2",
  /** SM2 signature with SM3: certificates, CRLs and requests carry it. */
  sm2WithSm3: "1.2.156.10197.1.501",
  sm3: "1.2.156.10197.1.401",
  /** Read in time stamps of others, and where they bind certificates. RFC 3370, RFC 5754. */
  sha256: "2.16.840.1.101.3.4.2.1",
  sm4: "1.2.156.10197.1.104",
  sm4Ecb: "1.2.156.10197.1.104.1",
  sm4Cbc: "1.2.156.10197.1.104.2",
  /** GM/T 0010 clause 5. */
  gmData: "1.2.156.10197.6.1.4.2.1",
  gmSignedData: "1.2.156.10197.6.1.4.2.2",
  gmEnvelopedData: "1.2.156.10197.6.1.4.2.3",
  /** PKCS#7, RFC 5652. */
  pkcs7Data: "1.2.840.113549.1.7.1",
  pkcs7SignedData: "1.2.840.113549.1.7.2",
  pkcs7EnvelopedData: "1.2.840.113549.1.7.3",
  /** Signed attributes, RFC 5652 clause 11, RFC 5035. */
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  /** ESSCertID by SHA-1. */
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  /** Time stamps, RFC 3161: id-ct-TSTInfo, the attribute of appendix A, and the purpose of clause 2.3. */
  timeStampInfo: "1.2.840.113549.1.9.16.1.4",
  signatureTimeStamp: "1.2.840.113549.1.9.16.2.14",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  /** RFC 5280. */
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  certificatePolicies: "2.5.29.32",
  subjectKeyIdentifier: "2.5.29.14",
  authorityKeyIdentifier: "2.5.29.35",
  subjectAlternativeName: "2.5.29.17",
  crlNumber: "2.5.29.20",
  crlDistributionPoints: "2.5.29.31",
  anyExtendedKeyUsage: "2.5.29.37.0",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  organizationalUnit: "2.5.4.11",
  country: "2.5.4.6",
  organizationIdentifier: "2.5.4.97",
  locality: "2.5.4.7",
  province: "2.5.4.8",
  street: "2.5.4.9",
  serialNumber: "2.5.4.5",
  domainComponent: "0.9.2342.19200300.100.1.25",
  userId: "0.9.2342.19200300.100.1.1",
  /** 统一社会信用代码 in GM/T 0015-2023. */
  uscc: "1.2.156.10260.4.4",
} as const;

/** The contents of an OBJECT IDENTIFIER, ITU-T X.690 clause 8.19: groups of seven bits, the highest bit set on all but the last. */
export function encodeArcs(dotted: string): Uint8Array<ArrayBuffer> {
  if (!/^([01]\.[1-3]?\d|2\.(0|[1-9]\d*))(\.(0|[1-9]\d*))*$/.test(dotted)) {
    throw new RangeError('"dotted" expected an object identifier');
  }
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  const digits: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const group = [Number(arc & 127n)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) group.unshift(Number(left & 127n) | 128);
    digits.push(...group);
  }
  return Uint8Array.from(digits);
}

/** The inverse. The contents must have been checked by {@link isOidDer}. */
export function readArcs(contents: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of contents) {
    arc = (arc << 7n) | BigInt(byte & 127);
    if (byte >= 128) continue;
    if (arcs.length === 0) {
      const first = arc < 80n ? arc / 40n : 2n;
      arcs.push(first);
      arc -= first * 40n;
    }
    arcs.push(arc);
    arc = 0n;
  }
  return arcs.join(".");
}

/** Longest OID that is read, in bytes; those from a UUID take 20. */
const MAX_LEN = 64;

/** Whether every group ends and none begins with needless zeros. */
export function isOidDer(contents: Uint8Array): boolean {
  if (contents.length === 0 || contents.length > MAX_LEN || (contents.at(-1) ?? 0x80) >= 0x80) return false;
  return contents.every((byte, at) => byte !== 0x80 || (contents[at - 1] ?? 0) >= 0x80);
}
