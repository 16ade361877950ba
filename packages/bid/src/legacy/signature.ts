/** The bidder's signature over an envelope, and the context that is signed with it. docs/formats/legacy-package.md, Signature */
import type { Gm } from "@certbridge/gm";
import {
  type ForeignHash,
  parseSignedData,
  ProofError,
  respellSignedData,
  sameBytes,
  verifySignedData,
} from "@certbridge/pki";
import { type LegacyBidTrailer, legacyBidTrailer } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { LEGACY_CONTEXT, LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { malformed } from "../refusals.ts";
import type { BidSigner } from "../signature.ts";
import { type LegacyContext, parseLegacyContext } from "./context.ts";
import { SIGNED_TYPES } from "./walk.ts";

/** An envelope as its bytes are: SM3, 32 bytes, and length. */
export interface SignedPayload {
  readonly sm3: Uint8Array;
  readonly len: number;
}

/** As what the envelope is signed, and what is said of the bid: null where another program made it. */
export interface SignedContext {
  readonly contentType: string;
  readonly context: LegacyContext | null;
}

/**
 * What the message says. Nothing is proved.
 *
 * @throws OperationError MALFORMED where it is signed as something else, or there is a context that is none
 */
export function readContext(gm: Pick<Gm, "sm3">, signature: Uint8Array): SignedContext {
  const { contentType, signers } = parseSignedData(signature);
  if (!SIGNED_TYPES.includes(contentType)) throw malformed();
  const [signer, another] = signers;
  if (signer === undefined || another !== undefined) throw malformed();
  if (contentType !== LEGACY_PACKAGE) return { contentType, context: null };
  const value = signer.attribute(LEGACY_CONTEXT);
  if (value === null) throw malformed();
  return { contentType, context: parseLegacyContext(gm, value) };
}

/**
 * Who signed the envelope of this SM3. What our program made is held to the certificate that its header names, and to its one spelling;
 * of another program's only the signature is asked.
 *
 * @param signature SignedData without its content, DER
 * @param hash      where certificates are bound by SHA-1 or SHA-256
 * @throws ProofError SIGNATURE_INVALID, CONTENT_MISMATCH · OperationError MALFORMED
 */
export function verifySignatureOver(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  signature: Uint8Array,
  payload: SignedPayload,
  hash?: ForeignHash,
): { readonly signer: BidSigner; readonly context: LegacyContext | null } {
  if (signature.length > limits.bidSignatureLen) throw malformed();
  const { contentType, context } = readContext(gm, signature);
  const proved = verifySignedData(gm, signature, {
    contentType,
    digest: payload.sm3,
    bound: context !== null,
    ...(hash === undefined ? {} : { hash }),
  });
  const { signer, certificates, signedAt } = proved;
  if (context !== null) {
    const { payloadSm3, payloadLen } = context.trailer;
    if (payloadSm3 !== encodeBase64Url(payload.sm3) || payloadLen !== payload.len) throw malformed();
    if (encodeBase64Url(gm.sm3(signer.der)) !== context.header.signingCertificateSm3) {
      throw new ProofError("SIGNATURE_INVALID", "another certificate than the header's");
    }
    if (!sameBytes(respellSignedData(proved, { detached: true }), signature)) throw malformed();
  }
  return { signer: { signer, certificates, signedAt }, context };
}

/**
 * Who signed, where header, trailer and signature are at hand and the envelope is not: as `verifyTrailer` of the other profile.
 *
 * @throws ProofError SIGNATURE_INVALID, CONTENT_MISMATCH · OperationError MALFORMED
 */
export function verifyLegacyTrailer(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  parts: { readonly trailer: Uint8Array; readonly signature: Uint8Array },
): { readonly signer: BidSigner; readonly trailer: LegacyBidTrailer } {
  const trailer = parseCanonical(legacyBidTrailer, parts.trailer, limits.bidTrailerLen, "trailer");
  const payload = { sm3: decodeBase64Url(trailer.payloadSm3), len: trailer.payloadLen };
  const { signer, context } = verifySignatureOver(gm, parts.signature, payload);
  if (context === null || !sameBytes(context.bytes.trailer, parts.trailer)) throw malformed();
  return { signer, trailer };
}
