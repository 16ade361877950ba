/** The bidder's signature over the trailer. docs/formats/bid-package.md, Signature */
import type { Gm } from "@certbridge/gm";
import { ProofError, respellSignedData, sameBytes, type VerifiedSignedData, verifySignedData } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { malformed } from "./refusals.ts";

/** Who signed a package. Nobody has vouched for him yet. */
export type BidSigner = Pick<VerifiedSignedData, "signer" | "certificates" | "signedAt">;

/**
 * @param parts.trailer   the bytes of `trailer.json`
 * @param parts.signature SignedData without its content, DER
 * @returns who signed, by the certificate that the header names; its chain is the caller's to verify
 * @throws ProofError SIGNATURE_INVALID, CONTENT_MISMATCH · OperationError MALFORMED where it is no such message in its one spelling
 */
export function verifyTrailer(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  parts: { readonly header: BidHeader; readonly trailer: Uint8Array; readonly signature: Uint8Array },
): BidSigner {
  const { header, trailer, signature } = parts;
  if (signature.length > limits.bidSignatureLen) throw malformed();
  const proved = verifySignedData(gm, signature, { contentType: BID_TRAILER, content: trailer });
  const { signer, certificates, signedAt } = proved;
  if (encodeBase64Url(gm.sm3(signer.der)) !== header.signingCertificateSm3) {
    throw new ProofError("SIGNATURE_INVALID", "another certificate than the header's");
  }
  if (!sameBytes(respellSignedData(proved, { detached: true }), signature)) throw malformed();
  return { signer, certificates, signedAt };
}
