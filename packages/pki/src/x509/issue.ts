import type { Gm } from "@certbridge/gm";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate as AsnCertificate,
  CertificatePolicies,
  Extension,
  Extensions,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name as AsnName,
  PolicyInformation,
  SubjectKeyIdentifier,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { bufferOf } from "../der.ts";
import { oid } from "../oid.ts";
import { encodePublicKeyInfo } from "../sm2/keys.ts";
import { encodeSignature } from "../sm2/signature.ts";

/** Who signs: the issuer's name (DER) and key. */
export interface Issuer {
  readonly name: Uint8Array;
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface CertificateContent {
  /** The subject's name, DER. */
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  /** At most 20 bytes, positive. */
  readonly serialNumber: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyUsage: readonly (keyof typeof KeyUsageFlags)[];
  readonly ca?: { readonly pathLen: number | null };
  readonly policies?: readonly string[];
  readonly extensions?: readonly { readonly type: string; readonly critical?: boolean; readonly value: Uint8Array }[];
}

export const sm2WithSm3 = () => new AlgorithmIdentifier({ algorithm: oid.sm2WithSm3 });

/** Key identifier: the first 20 bytes of SM3 of the public key (RFC 5280 4.2.1.2 method 1 with SM3). */
export function keyIdentifier(gm: Pick<Gm, "sm3">, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return gm.sm3(publicKey).slice(0, 20);
}

/** A certificate, DER, RFC 5280 clause 4.1 and GM/T 0015. */
export function issueCertificate(gm: Gm, content: CertificateContent, issuer: Issuer): Uint8Array<ArrayBuffer> {
  const extension = (extnID: string, critical: boolean, value: ArrayBuffer) =>
    new Extension({ extnID, critical, extnValue: new OctetString(value) });
  const usage = content.keyUsage.reduce((bits, flag) => bits | KeyUsageFlags[flag], 0);
  const extensions = [
    extension(
      oid.authorityKeyIdentifier,
      false,
      AsnConvert.serialize(
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(gm, issuer.publicKey)) }),
      ),
    ),
    extension(
      oid.subjectKeyIdentifier,
      false,
      AsnConvert.serialize(new SubjectKeyIdentifier(keyIdentifier(gm, content.publicKey))),
    ),
    extension(oid.keyUsage, true, AsnConvert.serialize(new KeyUsage(usage))),
  ];
  if (content.ca !== undefined) {
    const constraints = new BasicConstraints({ cA: true });
    if (content.ca.pathLen !== null) constraints.pathLenConstraint = content.ca.pathLen;
    extensions.push(extension(oid.basicConstraints, true, AsnConvert.serialize(constraints)));
  }
  if (content.policies !== undefined && content.policies.length > 0) {
    const policies = content.policies.map((policyIdentifier) => new PolicyInformation({ policyIdentifier }));
    extensions.push(extension(oid.certificatePolicies, false, AsnConvert.serialize(new CertificatePolicies(policies))));
  }
  for (const { type, critical = false, value } of content.extensions ?? []) {
    extensions.push(extension(type, critical, bufferOf(value)));
  }
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: bufferOf(content.serialNumber),
    signature: sm2WithSm3(),
    issuer: AsnConvert.parse(issuer.name, AsnName),
    validity: new Validity({ notBefore: content.notBefore, notAfter: content.notAfter }),
    subject: AsnConvert.parse(content.subject, AsnName),
    subjectPublicKeyInfo: encodePublicKeyInfo(content.publicKey),
    extensions: new Extensions(extensions),
  });
  const signature = gm.sm2Sign(issuer.privateKey, new Uint8Array(AsnConvert.serialize(tbs)));
  const certificate = new AsnCertificate({
    tbsCertificate: tbs,
    signatureAlgorithm: sm2WithSm3(),
    signatureValue: encodeSignature(signature).buffer,
  });
  return new Uint8Array(AsnConvert.serialize(certificate));
}
