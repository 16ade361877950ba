import type { Gm } from "@certbridge/gm";
import { contentsOf, malformed, OCTET_STRING, oidOf, sameBytes, timeOf } from "../der.ts";
import type { ForeignHash } from "../foreign-hash.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import type { Certificate } from "../x509/certificate.ts";
import { checkBinding } from "./binding.ts";
import { names } from "./certificate-id.ts";
import { parseSignedData, type SignedData, type SignerInfo, WHAT } from "./parse.ts";
import { DIGEST_LEN } from "./signed-data.ts";

/** What verifySignedData proved: this certificate's key signed this content at the instant it says. */
export interface VerifiedSignedData {
  readonly signer: Certificate;
  /** His part of the message: of it the unsigned attributes are not proved. */
  readonly signerInfo: SignerInfo;
  /** All certificates that came along, the signer's among them. Their chain is the caller's to verify. */
  readonly certificates: readonly Certificate[];
  readonly contentType: string;
  /** Null where it stays outside. A view of the message's bytes. */
  readonly content: Uint8Array | null;
  /** As the signer's clock said; null where he did not say. */
  readonly signedAt: Date | null;
}

/** What {@link verifySignedData} is to hold a message against. */
export interface ExpectedSignedData {
  /** What it must be about: a message of another type does not verify. */
  readonly contentType: string;
  /** The content where it stays outside; where it is inside as well, both must be the same. */
  readonly content?: Uint8Array;
  /** Or its SM3, 32 bytes, where the content is not at hand. */
  readonly digest?: Uint8Array;
  /** Whose signature is meant where there are several: by default there must be one. */
  readonly signer?: Certificate;
  /** Whether a signed attribute must bind the signer's certificate. */
  readonly bound?: boolean;
  /** For certificates that are bound by SHA-1 or SHA-256. */
  readonly hash?: ForeignHash;
}

/** Plain data has a name in each family, and messages mix them. Types of our own have one name. */
const SAME_TYPE: Readonly<Record<string, readonly string[]>> = {
  [oid.gmData]: [oid.gmData, oid.pkcs7Data],
  [oid.pkcs7Data]: [oid.gmData, oid.pkcs7Data],
};

/** The signer who is meant, and his certificate, which must have come along or be given. */
function findSigner(message: SignedData, asked: Certificate | undefined): [SignerInfo, Certificate] {
  const signers =
    asked === undefined ? message.signers : message.signers.filter(({ certificateId }) => names(certificateId, asked));
  const [signer, another] = signers;
  if (signer === undefined || another !== undefined) throw malformed(WHAT);
  const certificate = asked ?? message.certificateOf(signer.certificateId);
  if (certificate === null) throw malformed(WHAT);
  return [signer, certificate];
}

/** Every content and digest that is at hand must be the one that was signed. */
function checkContent(
  gm: Pick<Gm, "sm3">,
  message: SignedData,
  signer: SignerInfo,
  expected: ExpectedSignedData,
): void {
  const attribute = signer.attribute(oid.messageDigest);
  if (attribute === null) throw new ProofError("SIGNATURE_INVALID", "no message digest");
  const signed = contentsOf(attribute, OCTET_STRING, WHAT);
  const contents = [message.content, expected.content ?? null].filter((content) => content !== null);
  const digests: Uint8Array[] = contents.map((content) => gm.sm3(content));
  if (expected.digest !== undefined) digests.push(expected.digest);
  if (digests.length === 0) throw new ProofError("CONTENT_MISMATCH", "no content");
  if (signed.length !== DIGEST_LEN || !digests.every((digest) => sameBytes(digest, signed))) {
    throw new ProofError("CONTENT_MISMATCH");
  }
}

/**
 * Verifies GM/T 0010 SignedData: one signer (or the one who is asked for), with signed attributes, with the default
 * distinguishing id. The certificate's chain is the caller's to verify.
 *
 * @throws OperationError MALFORMED: broken, several signers, or the signer's certificate missing · ProofError SIGNATURE_INVALID
 * (altered, no signed attributes, another content type, bound to another certificate or by another hash), CONTENT_MISMATCH
 */
export function verifySignedData(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  der: Uint8Array,
  expected: ExpectedSignedData,
): VerifiedSignedData {
  return verifyMessage(gm, parseSignedData(der), expected);
}

/** The same of a message that was read. */
export function verifyMessage(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  message: SignedData,
  expected: ExpectedSignedData,
): VerifiedSignedData {
  const [signer, certificate] = findSigner(message, expected.signer);
  if (signer.attributes === null) throw new ProofError("SIGNATURE_INVALID", "no signed attributes");
  const types = SAME_TYPE[expected.contentType] ?? [expected.contentType];
  const signedType = signer.attribute(oid.contentType);
  if (signedType === null || !types.includes(oidOf(signedType, WHAT)) || !types.includes(message.contentType)) {
    throw new ProofError("SIGNATURE_INVALID", "another content type");
  }
  if (!gm.sm2Verify(certificate.publicKey, signer.attributes, signer.signature)) {
    throw new ProofError("SIGNATURE_INVALID");
  }
  checkBinding(gm, signer, certificate, { hash: expected.hash, required: expected.bound });
  checkContent(gm, message, signer, expected);
  const time = signer.attribute(oid.signingTime);
  return {
    signer: certificate,
    signerInfo: signer,
    get certificates() {
      return message.certificates;
    },
    contentType: message.contentType,
    content: message.content,
    signedAt: time === null ? null : timeOf(time, WHAT),
  };
}
