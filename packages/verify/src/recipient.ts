/**
 * A package in the legacy profile, opened by a recipient of its envelope: the platform or the tenderee where bids are encrypted for them, or what
 * another program made. No order and no released key has part in it. docs/formats/legacy-package.md
 */
import {
  type ByteSource,
  type FileSink,
  type JobOptions,
  openLegacyPackage,
  type OpenedLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
} from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { findRecipient, parseCertificate, ProofError, sameBytes } from "@certbridge/pki";
import type { BidFileList, BidHeader } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { VerificationError } from "./errors.ts";
import type { PackageParts } from "./package.ts";
import type { VerifiedSigner } from "./signer.ts";

/** Whose envelope it is, and whoever has the private key: a cryptographic machine (密码机), or memory. */
export interface EnvelopeRecipient {
  /** The encryption certificate, DER. */
  readonly certificate: Uint8Array;
  /**
   * The content key, 16 bytes, the caller's to wipe; null where none of these opens.
   *
   * @param encryptedKeys 04 ‖ C1 ‖ C3 ‖ C2, 113 bytes, in each layout that the sender may have meant, in the order to try
   */
  openKey(encryptedKeys: readonly Uint8Array[]): Promise<Uint8Array | null>;
}

/** A package in the legacy profile whose files are all there, as they were signed. */
export interface OpenedEnvelope {
  readonly profile: "legacy";
  /** Null where another program made it: then nothing in it says which bid it is. */
  readonly header: BidHeader | null;
  readonly signer: VerifiedSigner;
  /** By the signer's clock; no proof of time. */
  readonly signedAt: Date | null;
  /** Of the SignedData without its content, 32 bytes. */
  readonly signatureSm3: Uint8Array;
  /** In the order in which the sink got them. */
  readonly files: BidFileList["files"];
}

const hash = (algorithm: "SHA-1" | "SHA-256", bytes: Uint8Array): Uint8Array =>
  new Uint8Array(
    createHash(algorithm === "SHA-1" ? "sha1" : "sha256")
      .update(bytes)
      .digest(),
  );

function refusalOf(cause: unknown): unknown {
  if (OperationError.is(cause, "MALFORMED"))
    return new VerificationError("PACKAGE_MALFORMED", cause.message, { cause });
  if (!(cause instanceof ProofError)) return cause;
  const code = cause.code === "CONTENT_MISMATCH" ? "PACKAGE_PAYLOAD_MISMATCH" : "PACKAGE_SIGNATURE_INVALID";
  return new VerificationError(code, undefined, { cause });
}

async function open(gm: Gm, source: ByteSource, job: JobOptions) {
  try {
    const opened = await openLegacyPackage({ gm, source, ...job });
    return { opened, by: verifyLegacyPackage(gm, opened, hash) };
  } catch (cause) {
    throw refusalOf(cause);
  }
}

/** @throws VerificationError PACKAGE_NOT_OPENED */
async function keyOf({ envelope }: OpenedLegacyPackage, recipient: EnvelopeRecipient): Promise<Uint8Array> {
  const found = findRecipient(envelope, parseCertificate(recipient.certificate), hash);
  const contentKey = found === null ? null : await recipient.openKey(found.encryptedKeys);
  if (contentKey === null) throw new VerificationError("PACKAGE_NOT_OPENED");
  return contentKey;
}

/**
 * @throws VerificationError PACKAGE_MALFORMED, PACKAGE_SIGNATURE_INVALID, PACKAGE_PAYLOAD_MISMATCH, CHAIN_INVALID, PACKAGE_NOT_OPENED · PolicyError of
 *   the signer's certificate · what sink, signal and key throw
 */
export async function openEnvelopeOf(
  { gm, signerOf }: PackageParts,
  source: ByteSource,
  recipient: EnvelopeRecipient,
  { sink, ...job }: JobOptions & { readonly sink: FileSink },
): Promise<OpenedEnvelope> {
  const { opened, by } = await open(gm, source, job);
  const brought = by.certificates.filter(({ der }) => !sameBytes(der, by.signer.der));
  const signer = await signerOf(by.signer, brought, true);
  const contentKey = await keyOf(opened, recipient);
  try {
    const files = await readLegacyFiles({ gm, crc32, opened, contentKey, sink, ...job });
    const header = opened.context?.header ?? null;
    return { profile: "legacy", header, signer, signedAt: by.signedAt, signatureSm3: gm.sm3(opened.signature), files };
  } catch (cause) {
    // Key, padding and archive: one answer.
    throw OperationError.is(cause, "BID_NOT_OPENED") ? new VerificationError("PACKAGE_NOT_OPENED") : cause;
  } finally {
    contentKey.fill(0);
  }
}
