/**
 * A package in the legacy profile (旧格式), read: ours, and what other programs made of GM/T 0010 alone. One pass over the bytes says what it is and
 * who signed it; a second one, with the key, gives the files. docs/formats/legacy-package.md, What a reader does
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, type ForeignHash, openContentKey, sameBytes } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";
import type { ByteSource, Crc32, JobOptions } from "../bytes-in-and-out.ts";
import { isCommitted, legacyContentKey } from "../keys.ts";
import type { FileSink } from "../read-files.ts";
import { malformed, notOpened } from "../refusals.ts";
import type { BidSigner } from "../signature.ts";
import type { BidFiles } from "../stream.ts";
import { createArchiveReader } from "./archive-reader.ts";
import { createCbcReader } from "./cbc.ts";
import type { LegacyContext } from "./context.ts";
import { createPlainReader } from "./plain-reader.ts";
import { readContext, verifySignatureOver } from "./signature.ts";
import { type LegacyParts, walkLegacyPackage } from "./walk.ts";

/** A package whose parts fit each other. Nothing is proved yet of who made it. */
export interface OpenedLegacyPackage extends LegacyParts {
  readonly source: ByteSource;
  /** Which bid it is, and its key block; null where another program made it, which says none of that. */
  readonly context: LegacyContext | null;
}

/** What a package in the legacy profile begins with; one of the other profile begins with 50 4B. */
export const LEGACY_FIRST_BYTE = 0x30;

/**
 * Reads the source once, in order: this is the hash that the signature covers, too.
 *
 * @throws OperationError MALFORMED where it is no SignedData around EnvelopedData, CONTENT_UNREADABLE · the signal's reason
 */
export async function openLegacyPackage(
  options: { readonly gm: Pick<Gm, "sm3" | "createSm3">; readonly source: ByteSource } & JobOptions,
): Promise<OpenedLegacyPackage> {
  const { gm, source } = options;
  const parts = await walkLegacyPackage(options);
  try {
    return { ...parts, source, context: readContext(gm, parts.signature).context };
  } catch (cause) {
    throw OperationError.is(cause, "MALFORMED") ? malformed(cause) : cause;
  }
}

/**
 * Who signed. Before this has answered, nothing of the content is worth anything: CBC would decrypt whatever it is given.
 *
 * @param hash for what other programs make: certificates that are bound by SHA-1 or SHA-256
 * @returns the signer; his chain and revocation are the caller's to verify
 * @throws ProofError SIGNATURE_INVALID, CONTENT_MISMATCH · OperationError MALFORMED
 */
export function verifyLegacyPackage(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  { signature, payload }: OpenedLegacyPackage,
  hash?: ForeignHash,
): BidSigner {
  return verifySignatureOver(gm, signature, payload, hash).signer;
}

/**
 * What has to be asked of a key: its key block, as of any bid, or the content key itself, which only a key in a file hands out.
 *
 * @throws OperationError VENDOR_DECRYPT_NEEDED where another program made it and the key is in a device: that can decrypt no envelope that is
 *   larger than its own buffer but by the functions of whoever made it
 */
export function legacyKeyOf({ context }: OpenedLegacyPackage, carrier: Carrier): "key-block" | "content-key" {
  if (context !== null) return "key-block";
  if (carrier !== "software") throw new OperationError("VENDOR_DECRYPT_NEEDED");
  return "content-key";
}

/**
 * The content key, 16 bytes, by a file key (out of the key block, a backup key file, or released). The caller wipes it.
 *
 * @throws OperationError BID_NOT_OPENED where it is not what the trailer commits to, or another program made the package
 */
export function contentKeyOfFileKey(
  gm: Pick<Gm, "sm3" | "hkdfSm3">,
  { context }: OpenedLegacyPackage,
  fileKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (context === null) throw notOpened();
  const { header } = context.bytes;
  if (!isCommitted(gm, fileKey, header, decodeBase64Url(context.trailer.commitment))) throw notOpened();
  return legacyContentKey(gm, fileKey, header);
}

/**
 * The content key, 16 bytes, by a recipient's own private key. The caller wipes it.
 *
 * @param hash where the certificate has no key identifier, and the envelope names it by one
 * @throws OperationError BID_NOT_OPENED where the envelope is for others, or the key opens nothing
 */
export function contentKeyOfRecipient(
  gm: Pick<Gm, "sm2Decrypt">,
  { envelope }: OpenedLegacyPackage,
  certificate: Certificate,
  privateKey: Uint8Array,
  hash?: ForeignHash,
): Uint8Array<ArrayBuffer> {
  const contentKey = openContentKey(gm, envelope, certificate, privateKey, hash);
  if (contentKey === null) throw notOpened();
  return contentKey;
}

/**
 * The files, in a second pass, in which the envelope is hashed again: what changed since the first one is refused. For {@link verifyLegacyPackage} to
 * have answered before.
 *
 * @param options.contentKey 16 bytes; the caller wipes it
 * @returns the files, whole. What another program made is one file, `content`, or `content.zip` where it begins as an archive does
 * @throws OperationError BID_NOT_OPENED for every failure of key, padding and archive, CONTENT_UNREADABLE · what sink and signal throw. What
 *   the sink has by then is to be thrown away.
 */
export async function readLegacyFiles(
  options: {
    readonly gm: Pick<Gm, "createSm3" | "sm4CbcEncrypt" | "sm4CbcDecrypt">;
    readonly crc32: Crc32;
    readonly opened: OpenedLegacyPackage;
    readonly contentKey: Uint8Array;
    readonly sink: FileSink;
  } & JobOptions,
): Promise<BidFiles> {
  const { gm, crc32, opened, contentKey, sink, ...job } = options;
  const { source, envelope, payload, signature, context } = opened;
  const cbc = createCbcReader(gm, contentKey, envelope.iv);
  const content = context === null ? createPlainReader() : createArchiveReader(crc32);
  /** The last block that came: only behind it one learns whether it is the last of all. */
  let held: Uint8Array<ArrayBuffer> | null = null;

  async function hand(plain: Uint8Array<ArrayBuffer> | null): Promise<void> {
    if (plain === null) throw notOpened();
    for (const piece of content.take(plain)) await sink.write(piece);
  }

  async function take(cipher: Uint8Array<ArrayBuffer>): Promise<void> {
    const before = held;
    held = cipher;
    if (before !== null) await hand(cbc.add(before));
  }

  try {
    const walked = await walkLegacyPackage({ gm, source, take, ...job });
    const isSame = sameBytes(walked.payload.sm3, payload.sm3) && sameBytes(walked.signature, signature);
    if (!isSame || held === null) throw notOpened();
    await hand(cbc.end(held));
    return content.end();
  } catch (error) {
    throw OperationError.is(error, "MALFORMED") ? notOpened() : error;
  }
}
