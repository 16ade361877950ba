import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { CertificationRequest } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { checkDer, element, malformed, partsOf, SEQUENCE, unsignedInteger } from "../der.ts";
import { ProofError } from "../proof-error.ts";
import { encodePublicKeyInfo, parsePublicKeyInfo } from "../sm2/keys.ts";
import { type Name, readName } from "./name.ts";
import { encodeSigned, parseSigned } from "./signed.ts";

/** PKCS#10 certification request (证书申请), RFC 2986. */
export interface CertificateRequest {
  /** What is signed: CertificationRequestInfo, DER. */
  readonly tbs: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  readonly subject: Name;
  /** 65 bytes, 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array;
}

const WHAT = "request";

/** No attributes: [0] IMPLICIT SET OF, empty. */
const ATTRIBUTES = Uint8Array.of(0xa0, 0);

/** A request, DER, signed by the key that it is about. */
export function createRequest(
  gm: Gm,
  applicant: { readonly subject: Uint8Array; readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
): Uint8Array<ArrayBuffer> {
  checkDer(applicant.subject, limits.certificateLen, "name");
  const version = unsignedInteger(Uint8Array.of(0));
  const tbs = element(SEQUENCE, version, applicant.subject, encodePublicKeyInfo(applicant.publicKey), ATTRIBUTES);
  return encodeSigned(gm, tbs, applicant.privateKey);
}

/** Nothing is proved yet: {@link verifyRequest} does. @throws OperationError MALFORMED */
export function parseRequest(der: Uint8Array): CertificateRequest {
  const { tbs, signature } = parseSigned(new Uint8Array(der), limits.certificateLen, WHAT);
  const [, subject, keyInfo] = partsOf(tbs, SEQUENCE, WHAT);
  if (subject === undefined || keyInfo === undefined) throw malformed(WHAT);
  try {
    // For its structure only: attributes are allowed, and not read.
    AsnConvert.parse(der, CertificationRequest);
    return { tbs, signature, subject: readName(subject, WHAT), publicKey: parsePublicKeyInfo(keyInfo) };
  } catch (error) {
    throw OperationError.is(error, "MALFORMED") ? error : malformed(WHAT, error);
  }
}

/** The request, whose applicant holds the key. @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID */
export function verifyRequest(gm: Pick<Gm, "sm2Verify">, der: Uint8Array): CertificateRequest {
  const request = parseRequest(der);
  if (!gm.sm2Verify(request.publicKey, request.tbs, request.signature)) throw new ProofError("SIGNATURE_INVALID");
  return request;
}
