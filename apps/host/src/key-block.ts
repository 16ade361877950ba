/** A key block (密钥块) on an open key: what came out, for as long as it is used, and wiped then. docs/formats/key-block.md */
import { COMMITMENT_LEN, FILE_KEY_LEN, parseKeyBlockContent } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { KeptBid } from "./bids.ts";
import type { OpenKey } from "./key-store.ts";

/** An opened key block whose commitment holds. */
export interface OpenedKeyBlock {
  readonly header: BidHeader;
  readonly headerBytes: Uint8Array;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  /** File key, commitment and header as they were decrypted. Secret. */
  readonly content: Uint8Array;
}

/**
 * One private-key call. Null where it did not open, for whatever reason.
 *
 * @param use gets what is secret only while it runs
 */
export async function withKeyBlock<T>(
  gm: Gm,
  key: OpenKey,
  { envelope, certificate }: { readonly envelope: EnvelopedData; readonly certificate: Certificate },
  use: (opened: OpenedKeyBlock) => T | Promise<T>,
): Promise<T | null> {
  const content = await key.openEnvelope(envelope, certificate);
  if (content === null) return null;
  const parsed = parseKeyBlockContent(gm, content);
  try {
    if (parsed === null) return null;
    const { header, headerBytes } = parsed;
    const commitment = content.slice(FILE_KEY_LEN, FILE_KEY_LEN + COMMITMENT_LEN);
    return await use({ header, headerBytes, commitment, content });
  } finally {
    content.fill(0);
    parsed?.fileKey.fill(0);
  }
}

/** Whether it is of this bid: a header is public, and whoever has it can make a key block of another file key under the same package id. */
export function isOfBid({ headerBytes, commitment }: OpenedKeyBlock, { bid }: KeptBid): boolean {
  return (
    sameBytes(headerBytes, decodeBase64Url(bid.header)) &&
    sameBytes(commitment, decodeBase64Url(bid.trailer.commitment))
  );
}
