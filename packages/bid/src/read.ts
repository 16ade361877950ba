/** A package, opened as far as no key is needed: steps 1 to 4 of docs/formats/bid-package.md, What a reader does. */
import type { Gm } from "@certbridge/gm";
import { ProofError } from "@certbridge/pki";
import { bidFormats, type BidHeader, bidHeader, type BidTrailer, bidTrailer } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import { type ByteSource, type Crc32, type JobOptions, readExactly } from "./bytes-in-and-out.ts";
import { createPieceHash } from "./hash-in-pieces.ts";
import { readFrame } from "./read-frame.ts";
import { malformed } from "./refusals.ts";
import { SEALED_LEN } from "./segments.ts";
import { type BidSigner, verifyTrailer } from "./signature.ts";

/** A package whose frame, header and trailer fit each other. Nothing is proved yet of who made it. */
export interface OpenedPackage {
  readonly source: ByteSource;
  readonly header: BidHeader;
  readonly trailer: BidTrailer;
  /** The entries as they stand. */
  readonly entries: {
    readonly header: Uint8Array;
    /** 32 bytes. */
    readonly commitment: Uint8Array;
    /** EnvelopedData, DER; not parsed here. */
    readonly keyBlock: Uint8Array;
    readonly trailer: Uint8Array;
    /** SignedData, DER: its SM3 stands for the whole package. */
    readonly signature: Uint8Array;
  };
  /** The payload: its offset in the source, its length, the CRC-32 that the frame says, and its number of segments. */
  readonly payload: { readonly at: number; readonly len: number; readonly crc: number; readonly segments: number };
}

/**
 * Steps 1 and 2: the frame, the header, the trailer, and what it says of the other entries. Reads less than 100 KB.
 *
 * @throws OperationError MALFORMED where anything is not as the format has it, CONTENT_UNREADABLE
 */
export async function openPackage(options: {
  readonly gm: Pick<Gm, "sm3">;
  readonly crc32: Crc32;
  readonly source: ByteSource;
}): Promise<OpenedPackage> {
  const { gm, crc32, source } = options;
  const { payload, ...entries } = await readFrame(source, crc32);
  const header = parseCanonical(bidHeader, entries.header, limits.bidHeaderLen, "bid header");
  const trailer = parseCanonical(bidTrailer, entries.trailer, limits.bidTrailerLen, "bid trailer");
  const fits =
    header.format === bidFormats.standard &&
    trailer.headerSm3 === encodeBase64Url(gm.sm3(entries.header)) &&
    trailer.commitment === encodeBase64Url(entries.commitment) &&
    trailer.keyBlockSm3 === encodeBase64Url(gm.sm3(entries.keyBlock)) &&
    trailer.payloadLen === payload.len;
  if (!fits) throw malformed();
  return { source, header, trailer, entries, payload: { ...payload, segments: payload.len / SEALED_LEN } };
}

/**
 * Step 3: who signed.
 *
 * @returns the signer, by the certificate that the header names; its chain and revocation are the caller's to verify
 * @throws ProofError SIGNATURE_INVALID, CONTENT_MISMATCH · OperationError MALFORMED
 */
export function verifyPackage(gm: Pick<Gm, "sm2Verify" | "sm3">, opened: OpenedPackage): BidSigner {
  const { header, entries } = opened;
  return verifyTrailer(gm, { header, trailer: entries.trailer, signature: entries.signature });
}

/** Segments that are read at once: as many as are hashed side by side. */
const AT_ONCE = 4;

/**
 * Step 4: the payload is the one that was signed. Reads it once; with {@link verifyPackage}, this is what a platform does when a
 * package is handed in.
 *
 * @throws ProofError CONTENT_MISMATCH where it is another · OperationError MALFORMED where only the frame's CRC-32 of it is,
 *   CONTENT_UNREADABLE · the signal's reason
 */
export async function verifyPayload(
  options: {
    readonly gm: Pick<Gm, "sm3Many" | "createSm3">;
    readonly crc32: Crc32;
    readonly opened: OpenedPackage;
  } & JobOptions,
): Promise<void> {
  const { gm, crc32, opened, signal, onProgress } = options;
  const { source, payload, trailer } = opened;
  const hash = createPieceHash(gm, SEALED_LEN);
  let crc = 0;
  for (let doneLen = 0; doneLen < payload.len;) {
    signal?.throwIfAborted();
    const len = Math.min(AT_ONCE * SEALED_LEN, payload.len - doneLen);
    const sealed = await readExactly(source, payload.at + doneLen, len);
    hash.update(sealed);
    crc = crc32(sealed, crc);
    doneLen += len;
    onProgress?.(doneLen, payload.len);
  }
  if (encodeBase64Url(hash.digest()) !== trailer.payloadSm3) throw new ProofError("CONTENT_MISMATCH");
  if (crc !== payload.crc) throw malformed();
}
