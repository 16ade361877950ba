import type { Gm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import { Attributes, CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Name as AsnName } from "@peculiar/asn1-x509";
import { checkDer, elementsOf, malformed } from "../der.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { encodePublicKeyInfo, parsePublicKeyInfo } from "../sm2/keys.ts";
import { encodeSignature, parseSignature } from "../sm2/signature.ts";
import { sm2WithSm3 } from "./issue.ts";
import { type Name, readName } from "./name.ts";

/** PKCS#10 certification request (证书申请), RFC 2986, DER. */
export function createRequest(
  gm: Gm,
  applicant: { readonly subject: Uint8Array; readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const info = new CertificationRequestInfo({
    subject: AsnConvert.parse(applicant.subject, AsnName),
    subjectPKInfo: encodePublicKeyInfo(applicant.publicKey),
    attributes: new Attributes(),
  });
  const signature = gm.sm2Sign(applicant.privateKey, new Uint8Array(AsnConvert.serialize(info)));
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: sm2WithSm3(),
    signature: encodeSignature(signature).buffer,
  });
  return new Uint8Array(AsnConvert.serialize(request));
}

/** What the applicant proved to hold. @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID */
export function verifyRequest(
  gm: Pick<Gm, "sm2Verify">,
  der: Uint8Array,
): { readonly subject: Name; readonly publicKey: Uint8Array } {
  checkDer(der, limits.certificateLen, "request");
  const [info] = elementsOf(der);
  const [, subject] = info === undefined ? [] : elementsOf(info);
  if (info === undefined || subject === undefined) throw malformed("request");
  let parsed: CertificationRequest;
  try {
    parsed = AsnConvert.parse(der, CertificationRequest);
  } catch (error) {
    throw malformed("request", error);
  }
  if (parsed.signatureAlgorithm.algorithm !== oid.sm2WithSm3) throw malformed("request");
  const publicKey = parsePublicKeyInfo(parsed.certificationRequestInfo.subjectPKInfo);
  if (!gm.sm2Verify(publicKey, info, parseSignature(new Uint8Array(parsed.signature)))) {
    throw new ProofError("SIGNATURE_INVALID");
  }
  return { subject: readName(subject, parsed.certificationRequestInfo.subject), publicKey };
}
