/**
 * Bid packages on a platform's server: taken in without any key, and opened with the key that the bidder released.
 * docs/formats/bid-package.md, What a reader does; docs/formats/notice-and-order.md, Released key
 */
import type { BidSigner, ByteSource, FileSink, JobOptions, RunOpener } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseEnvelopedData, ProofError, sameBytes } from "@certbridge/pki";
import type { BidFileList, BidHeader, BidNotice, PackageProfile } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type AnyPackage, opensOnceMore, profileOf, readAnyPackage } from "./any-package.ts";
import { BlamedError, PolicyError, VerificationError } from "./errors.ts";
import type { Clock } from "./nonces.ts";
import {
  mustBeOnOrder,
  mustBeTheBidders,
  type OpeningRoom,
  openReleasedKey,
  readReleasedKey,
  type ReadRoom,
  readRoom,
} from "./released-key.ts";
import type { SignerCheck, VerifiedSigner } from "./signer.ts";

/** A package that may be taken in: whose, for what, and what its receipt says of it. */
export interface VerifiedPackage {
  readonly packageId: string;
  readonly profile: PackageProfile;
  readonly header: BidHeader;
  readonly signer: VerifiedSigner;
  /** By the clock of the bidder's computer; no proof of time. */
  readonly signedAt: Date | null;
  /** SM3 of `META-INF/signature.p7s`, or of the legacy profile's SignedData without its content, 32 bytes: stands for every byte of the package. To be kept, and asked for at the opening. */
  readonly signatureSm3: Uint8Array;
  readonly packageLen: number;
  /** EnvelopedData, DER: what the bidder's own key opens, to be shown to it at the opening. */
  readonly keyBlock: Uint8Array;
  /** The head of the bidder's ledger, SM3, base64url, as the trailer has it; null where it has none. docs/formats/ledger.md */
  readonly ledgerHead: string | null;
  /** When it had arrived, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** What a package is held against when it is handed in. */
export interface PackageExpectation extends JobOptions {
  /** Every notice of the lot so far, the platform's own; at least one. The one with the highest sequence is in force. */
  readonly notices: readonly BidNotice[];
  /** When its last byte had come, milliseconds since 1970; the server's clock now unless told. Reading a large one takes a while. */
  readonly receivedAt?: number;
}

/** What a package is held against at the opening, and where its files go. */
export interface OpeningExpectation {
  /** As the receipt has it. */
  readonly signatureSm3: Uint8Array;
  /** When the released key came, milliseconds since 1970; the server's clock now unless told. */
  readonly receivedAt?: number;
  /**
   * The server's own word that the key came from the session of the bidder who handed this package in. Without it no key out of a backup
   * key file is taken, which nobody signed. Default false; of a signed key the signature says it.
   */
  readonly bySubmitter?: boolean;
  /**
   * 统一社会信用代码 of the bidder who handed the package in, as {@link verifyPackageOf} found it then. With it a key is also taken that another
   * certificate of the same bidder signed: a spare one (第二把CA锁), or the renewed one.
   */
  readonly uscc?: string;
}

/** A released key that is the package's: whose it is. The key itself stays inside. */
export interface VerifiedReleasedKey {
  readonly packageId: string;
  readonly profile: PackageProfile;
  /** Who signed the package. */
  readonly signer: Certificate;
  /** It came out of a backup key file: nobody's signature is on it. */
  readonly fromBackup: boolean;
}

/** A package whose files are all there, as they were signed. */
export interface OpenedBid extends VerifiedReleasedKey {
  readonly header: BidHeader;
  /** In the order in which the sink got them. */
  readonly files: BidFileList["files"];
}

export interface PackageParts {
  readonly gm: Gm;
  readonly clock: Clock;
  readonly signerOf: SignerCheck;
  /** Other cores for the segments. */
  readonly open?: RunOpener | undefined;
}

function codeOf(cause: unknown, { isWhole }: AnyPackage) {
  if (!(cause instanceof ProofError)) return "PACKAGE_MALFORMED";
  return isWhole && cause.code === "CONTENT_MISMATCH" ? "PACKAGE_PAYLOAD_MISMATCH" : "PACKAGE_SIGNATURE_INVALID";
}

/** @throws VerificationError PACKAGE_SIGNATURE_INVALID, PACKAGE_MALFORMED; PACKAGE_PAYLOAD_MISMATCH where the signature is over the payload itself */
function signedBy(opened: AnyPackage): BidSigner {
  try {
    return opened.signedBy();
  } catch (cause) {
    throw new VerificationError(codeOf(cause, opened), undefined, { cause });
  }
}

/** A key block that is none is seen now, while the bidder can still make another package. @throws VerificationError PACKAGE_MALFORMED */
function checkKeyBlock({ keyBlock }: AnyPackage): void {
  try {
    parseEnvelopedData(keyBlock, limits.keyBlockLen);
  } catch (cause) {
    throw new VerificationError("PACKAGE_MALFORMED", "the key block is no envelope", { cause });
  }
}

/** @throws VerificationError PACKAGE_PAYLOAD_MISMATCH */
async function checkPayload(opened: AnyPackage, job: JobOptions): Promise<void> {
  try {
    await opened.checkPayload(job);
  } catch (cause) {
    if (!(cause instanceof ProofError) && !OperationError.is(cause, "MALFORMED")) throw cause;
    throw new VerificationError("PACKAGE_PAYLOAD_MISMATCH", undefined, { cause });
  }
}

type Lot = Pick<BidNotice, "platformId" | "projectCode" | "lot">;

const isSameLot = (a: Lot, b: Lot): boolean =>
  a.platformId === b.platformId && a.projectCode === b.projectCode && a.lot === b.lot;

function newestOf(notices: readonly BidNotice[]): BidNotice {
  const [newest] = notices.toSorted((a, b) => b.sequence - a.sequence);
  if (newest === undefined) throw new RangeError('"notices" expected at least one');
  return newest;
}

const profileIn = ({ profile }: BidNotice): PackageProfile => profile ?? "standard";

/** @throws PolicyError PACKAGE_OF_ANOTHER_LOT, PACKAGE_NOTICE_UNKNOWN */
function mustFitNotices({ header, profile }: AnyPackage, newest: BidNotice, notices: readonly BidNotice[]): void {
  if (!isSameLot(header, newest)) throw new PolicyError("PACKAGE_OF_ANOTHER_LOT");
  // Made for an earlier opening that was then postponed it still opens; made for a later one, its key would not be released in time.
  const known = notices.some(
    (notice) =>
      notice.projectName === header.projectName &&
      notice.openingTime === header.openingTime &&
      profileIn(notice) === profile,
  );
  if (!known || Date.parse(header.openingTime) > Date.parse(newest.openingTime)) {
    throw new PolicyError("PACKAGE_NOTICE_UNKNOWN");
  }
}

/**
 * The time, steps 1 to 4, the lot, and the signer.
 *
 * @throws VerificationError PACKAGE_MALFORMED, PACKAGE_SIGNATURE_INVALID, PACKAGE_PAYLOAD_MISMATCH, CHAIN_INVALID · PolicyError
 *   PACKAGE_OF_ANOTHER_LOT, PACKAGE_NOTICE_UNKNOWN, PACKAGE_LATE and those of the certificate
 */
export async function verifyPackageOf(
  { gm, clock, signerOf }: PackageParts,
  source: ByteSource,
  { notices, receivedAt = clock(), ...job }: PackageExpectation,
): Promise<VerifiedPackage> {
  const newest = newestOf(notices);
  if (receivedAt >= Date.parse(newest.openingTime)) throw new PolicyError("PACKAGE_LATE");
  // That a platform takes the legacy profile at all, it has said in a notice. One in it is read whole before it says anything: nobody makes a server do so unasked.
  const isLegacy = (await profileOf(source)) === "legacy";
  if (isLegacy && !notices.some((notice) => profileIn(notice) === "legacy")) {
    throw new PolicyError("PACKAGE_NOTICE_UNKNOWN");
  }
  const opened = await readAnyPackage(gm, source, job);
  const { header, profile, signature, keyBlock } = opened;
  mustFitNotices(opened, newest, notices);
  const { signer, certificates, signedAt } = signedBy(opened);
  checkKeyBlock(opened);
  const brought = certificates.filter(({ der }) => !sameBytes(der, signer.der));
  const verified = await signerOf(signer, brought, true).catch((error: unknown) => {
    // The one code of the signer's check that speaks of a token.
    if (!(error instanceof VerificationError) || error.code !== "TOKEN_MALFORMED") throw error;
    throw new VerificationError("PACKAGE_MALFORMED", error.message, { cause: error });
  });
  if (!opened.isWhole) await checkPayload(opened, job);
  return {
    packageId: header.packageId,
    profile,
    header,
    signer: verified,
    signedAt,
    signatureSm3: gm.sm3(signature),
    packageLen: source.size,
    keyBlock,
    ledgerHead: opened.ledgerHead,
    receivedAt,
  };
}

interface Keyed {
  readonly opened: AnyPackage;
  readonly signer: Certificate;
  /** The caller wipes it. */
  readonly fileKey: Uint8Array<ArrayBuffer>;
  readonly fromBackup: boolean;
}

/** Everything but the payload: the package is the one that was received, and the key is its own. Reads less than 100 KB, and all of it in the legacy profile. */
async function openKey(
  { gm, clock, signerOf }: PackageParts,
  source: ByteSource,
  releasedKey: Uint8Array,
  opening: OpeningRoom,
  { signatureSm3, receivedAt = clock(), bySubmitter = false, uscc }: OpeningExpectation,
): Promise<Keyed> {
  const room: ReadRoom = readRoom(gm, opening);
  if (clock() < Date.parse(room.said.openingTime)) throw new PolicyError("OPENING_NOT_BEGUN");
  // Before the package: a legacy one is read whole, and anybody's bytes would make the server do it.
  const key = readReleasedKey(gm, releasedKey, bySubmitter);
  mustBeOnOrder(key, room, receivedAt);
  const opened = await readAnyPackage(gm, source);
  const { header, headerBytes, commitment, signature } = opened;
  if (!isSameLot(header, room.said)) throw new PolicyError("PACKAGE_OF_ANOTHER_LOT");
  if (!sameBytes(gm.sm3(signature), signatureSm3)) throw new PolicyError("PACKAGE_NOT_RECEIVED");
  const { signer } = signedBy(opened);
  const { packageId } = header;
  const { keyBlockSm3 } = opened;
  const keyed = { packageId, signer, header: headerBytes, commitment, keyBlockSm3 };
  await mustBeTheBidders(signerOf, key, signer, uscc);
  return {
    opened,
    signer,
    fileKey: openReleasedKey(gm, key, keyed, room),
    fromBackup: key.signer === null,
  };
}

/** Errors as of {@link openPackageOf}, but those of the payload. */
export async function verifyReleasedKeyOf(
  parts: PackageParts,
  source: ByteSource,
  releasedKey: Uint8Array,
  room: OpeningRoom,
  expected: OpeningExpectation,
): Promise<VerifiedReleasedKey> {
  const { opened, signer, fileKey, fromBackup } = await openKey(parts, source, releasedKey, room, expected);
  fileKey.fill(0);
  return { packageId: opened.header.packageId, profile: opened.profile, signer, fromBackup };
}

/**
 * @throws VerificationError PACKAGE_MALFORMED, PACKAGE_SIGNATURE_INVALID, PACKAGE_PAYLOAD_MISMATCH, RELEASED_KEY_MALFORMED,
 *   RELEASED_KEY_SIGNATURE_INVALID · BlamedError RELEASED_KEY_WRONG, PACKAGE_CONTENT_INVALID · PolicyError OPENING_NOT_BEGUN,
 *   PACKAGE_OF_ANOTHER_LOT, PACKAGE_NOT_RECEIVED, RELEASED_KEY_OF_ANOTHER_…, RELEASED_KEY_UNSIGNED, RELEASED_KEY_LATE, and those of a
 *   spare or renewed certificate. Of a key out of a backup key file RELEASED_KEY_WRONG is a VerificationError that blames nobody.
 */
export async function openPackageOf(
  parts: PackageParts,
  source: ByteSource,
  releasedKey: Uint8Array,
  room: OpeningRoom,
  { sink, signal, onProgress, ...expected }: OpeningExpectation & JobOptions & { readonly sink: FileSink },
): Promise<OpenedBid> {
  const { opened, signer, fileKey, fromBackup } = await openKey(parts, source, releasedKey, room, expected);
  const job = { ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) };
  const { header, profile } = opened;
  try {
    const { files, isAsSigned } = await opened.readFiles(fileKey, sink, { open: parts.open, ...job });
    // Segments open for whoever knows the key, and the bidder does: that these were handed in, only the signature says.
    if (!isAsSigned) throw new VerificationError("PACKAGE_PAYLOAD_MISMATCH");
    return { packageId: header.packageId, profile, header, signer, fromBackup, files };
  } catch (cause) {
    if (!OperationError.is(cause, "BID_NOT_OPENED")) throw cause;
    // Whose fault? What the server kept is as it was signed, or it is not. And a read that went wrong once is nobody's work: whoever is blamed is so by what does not open twice.
    await checkPayload(opened, job);
    if (await opensOnceMore(opened, fileKey, parts.open, signal)) {
      throw new VerificationError("PACKAGE_PAYLOAD_MISMATCH", "it opens, and what was read the first time did not", {
        cause,
      });
    }
    throw new BlamedError("PACKAGE_CONTENT_INVALID", signer, { cause });
  } finally {
    fileKey.fill(0);
  }
}
