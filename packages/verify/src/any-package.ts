/**
 * A bid package of either profile, as a server asks of it the same things: which bid, who signed, is it whole, what is in it.
 * docs/formats/bid-package.md, docs/formats/legacy-package.md
 */
import {
  type BidSigner,
  type ByteSource,
  contentKeyOfFileKey,
  createPieceHash,
  type FileSink,
  type JobOptions,
  LEGACY_FIRST_BYTE,
  openLegacyPackage,
  openPackage,
  readFiles,
  readLegacyFiles,
  type RunOpener,
  verifyLegacyPackage,
  verifyPackage,
  verifyPayload,
} from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { ProofError } from "@certbridge/pki";
import type { BidFileList, BidHeader, PackageProfile } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { crc32 } from "node:zlib";
import { VerificationError } from "./errors.ts";

/** What an opened package gives. */
interface ReadBid {
  readonly files: BidFileList["files"];
  /** Whether what was decrypted is what the signature covers. */
  readonly isAsSigned: boolean;
}

/** `open`: other cores for the segments; a legacy package has none. */
type OpeningJob = JobOptions & { readonly open?: RunOpener | undefined };

export interface AnyPackage {
  readonly profile: PackageProfile;
  readonly header: BidHeader;
  readonly headerBytes: Uint8Array;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
  /** EnvelopedData, DER; not parsed here. */
  readonly keyBlock: Uint8Array;
  /** Of the trailer, each SM3, base64url; the ledger's null where it has none. */
  readonly keyBlockSm3: string;
  readonly ledgerHead: string | null;
  /** SignedData without its content, DER: its SM3 stands for the package. */
  readonly signature: Uint8Array;
  /** @throws ProofError · OperationError MALFORMED */
  signedBy(): BidSigner;
  /** Whether {@link signedBy} says it of what is encrypted, too, which was read with the rest. */
  readonly isWhole: boolean;
  /** That what is encrypted is what was signed. @throws ProofError CONTENT_MISMATCH · OperationError MALFORMED */
  checkPayload(job: JobOptions): Promise<void>;
  /** @throws OperationError BID_NOT_OPENED · what the sink throws */
  readFiles(fileKey: Uint8Array, sink: FileSink, job: OpeningJob): Promise<ReadBid>;
}

async function readStandard(gm: Gm, source: ByteSource): Promise<AnyPackage> {
  const opened = await openPackage({ gm, crc32, source });
  const { header, trailer, entries } = opened;
  return {
    profile: "standard",
    header,
    headerBytes: entries.header,
    commitment: entries.commitment,
    keyBlock: entries.keyBlock,
    keyBlockSm3: trailer.keyBlockSm3,
    ledgerHead: trailer.ledgerHead ?? null,
    signature: entries.signature,
    signedBy: () => verifyPackage(gm, opened),
    isWhole: false,
    checkPayload: (job) => verifyPayload({ gm, crc32, opened, ...job }),
    async readFiles(fileKey, sink, job) {
      // Decrypted and hashed in one pass.
      const hash = createPieceHash(gm, limits.sealedSegmentLen);
      const files = await readFiles({ gm, opened, fileKey, sink, hash, ...job });
      return { files, isAsSigned: encodeBase64Url(hash.digest()) === trailer.payloadSm3 };
    },
  };
}

/** Reads it once: its signature stands at its end, over all that is before. */
async function readLegacy(gm: Gm, source: ByteSource, job: JobOptions): Promise<AnyPackage> {
  const opened = await openLegacyPackage({ gm, source, ...job });
  const { context, payload, signature } = opened;
  // Another program's does not say for which lot it is: there is nothing to hold it against.
  if (context === null) throw new OperationError("MALFORMED", { what: "bid package" });
  const { header, trailer, bytes } = context;
  return {
    profile: "legacy",
    header,
    headerBytes: bytes.header,
    commitment: decodeBase64Url(trailer.commitment),
    keyBlock: bytes.keyBlock,
    keyBlockSm3: trailer.keyBlockSm3,
    ledgerHead: trailer.ledgerHead ?? null,
    signature,
    signedBy: () => verifyLegacyPackage(gm, opened),
    isWhole: true,
    async checkPayload(again) {
      const { payload: found } = await openLegacyPackage({ gm, source, ...again });
      if (Buffer.compare(found.sm3, payload.sm3) !== 0) throw new ProofError("CONTENT_MISMATCH");
    },
    async readFiles(fileKey, sink, { open: _none, ...again }) {
      const contentKey = contentKeyOfFileKey(gm, opened, fileKey);
      try {
        // The signature is over what was hashed in the first pass, and the second one refuses anything else.
        const files = await readLegacyFiles({ gm, crc32, opened, contentKey, sink, ...again });
        return { files, isAsSigned: true };
      } finally {
        contentKey.fill(0);
      }
    },
  };
}

/** By its first byte: what it claims to be, before anything of it is read. */
export async function profileOf(source: ByteSource): Promise<PackageProfile> {
  const [first] = source.size > 0 ? await source.read(0, 1) : [];
  return first === LEGACY_FIRST_BYTE ? "legacy" : "standard";
}

/** @throws VerificationError PACKAGE_MALFORMED */
export async function readAnyPackage(gm: Gm, source: ByteSource, job: JobOptions = {}): Promise<AnyPackage> {
  try {
    const isLegacy = (await profileOf(source)) === "legacy";
    return isLegacy ? await readLegacy(gm, source, job) : await readStandard(gm, source);
  } catch (cause) {
    if (!OperationError.is(cause, "MALFORMED")) throw cause;
    throw new VerificationError("PACKAGE_MALFORMED", cause.message, { cause });
  }
}

/** Whether it opens when it is read once more; nothing is handed out. */
export async function opensOnceMore(
  opened: AnyPackage,
  fileKey: Uint8Array,
  open: RunOpener | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await opened.readFiles(fileKey, { write: () => undefined }, { open, ...(signal === undefined ? {} : { signal }) });
    return true;
  } catch (cause) {
    if (OperationError.is(cause, "BID_NOT_OPENED")) return false;
    throw cause;
  }
}
