/** Signatures of documents and messages (消息签名): GM/T 0010 SignedData over id-data, with signed attributes always. */
import type { Gm } from "@certbridge/gm";
import { ProofError, sameBytes, type VerifiedSignedData, verifySignedData } from "@certbridge/pki";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { VerificationError } from "./errors.ts";
import type { SignerCheck, VerifiedSigner } from "./signer.ts";

/** Who signed what, and when by the signer's own clock. */
export interface VerifiedSignature {
  readonly signer: VerifiedSigner;
  readonly content: Uint8Array;
  /** What the signer's computer said; no proof of time. */
  readonly signedAt: Date | null;
}

function open(gm: Gm, cms: Uint8Array, content: Uint8Array | undefined): VerifiedSignedData {
  try {
    return verifySignedData(gm, cms, { contentType: GM_DATA, ...(content === undefined ? {} : { content }) });
  } catch (error) {
    if (error instanceof ProofError) {
      const code = error.code === "CONTENT_MISMATCH" ? error.code : "SIGNATURE_INVALID";
      throw new VerificationError(code, error.message, { cause: error });
    }
    throw new VerificationError("SIGNATURE_MALFORMED", undefined, { cause: error });
  }
}

/**
 * @param content the document, where the signature came without it
 * @throws VerificationError SIGNATURE_MALFORMED, SIGNATURE_INVALID, CONTENT_MISMATCH, CHAIN_INVALID · PolicyError
 */
export async function verifySignatureOf(
  gm: Gm,
  signerOf: SignerCheck,
  cms: Uint8Array,
  content: Uint8Array | undefined,
): Promise<VerifiedSignature> {
  const { signer, certificates, content: inside, signedAt } = open(gm, cms, content);
  const signed = inside ?? content;
  if (signed === undefined) throw new VerificationError("CONTENT_MISMATCH", "no content");
  const brought = certificates.filter((certificate) => !sameBytes(certificate.der, signer.der));
  // Other vendors' controls put whole directories of certificates along; what does not belong is left aside there.
  return { signer: await signerOf(signer, brought, false), content: signed, signedAt };
}
