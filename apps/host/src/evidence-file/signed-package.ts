/** What the bidder signed of a package, out of the evidence of a bid: by the rules of the profile that its header names. docs/formats/evidence.md */
import { type BidSigner, verifyLegacyTrailer, verifyTrailer } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { ProofError } from "@certbridge/pki";
import {
  type BidEvidence,
  bidFormats,
  type BidHeader,
  type BidTrailer,
  bidTrailer,
  type LegacyBidTrailer,
} from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";

/** What `read` gives; null where it is proved not to be what it claims, whatever is wrong with it. */
export function provedOr<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof OperationError || error instanceof ProofError) return null;
    throw error;
  }
}

/** The package as far as it is here: its header, and its trailer where the signature holds. */
export interface SignedPackage {
  readonly trailer: BidTrailer | LegacyBidTrailer;
  readonly trailerSm3: string;
  /** SM3 of the signature: what a receipt names the package by. */
  readonly signatureSm3: string;
  readonly by: BidSigner;
}

/** Null where there is no signature, or it does not hold. */
export function readSigned(
  gm: Gm,
  { signed, header: text }: Pick<BidEvidence, "signed" | "header">,
  header: BidHeader,
): SignedPackage | null {
  if (signed === null || text === null) return null;
  return provedOr(() => {
    const bytes = decodeBase64Url(signed.trailer);
    const signature = decodeBase64Url(signed.signature);
    const { signer: by, trailer } =
      header.format === bidFormats.legacy
        ? verifyLegacyTrailer(gm, { trailer: bytes, signature })
        : {
            signer: verifyTrailer(gm, { header, trailer: bytes, signature }),
            trailer: parseCanonical(bidTrailer, bytes, limits.bidTrailerLen, "trailer"),
          };
    if (trailer.headerSm3 !== encodeBase64Url(gm.sm3(decodeBase64Url(text)))) throw new ProofError("CONTENT_MISMATCH");
    const trailerSm3 = encodeBase64Url(gm.sm3(bytes));
    return { trailer, trailerSm3, signatureSm3: encodeBase64Url(gm.sm3(signature)), by };
  });
}
