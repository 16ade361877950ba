/** The bid package (加密投标文件): written and read, its keys, its key block. docs/formats/bid-package.md */
export {
  type BackupKey,
  backupKeyRefused,
  createPassphrase,
  encodeBackupKey,
  parseBackupKey,
  readPassphrase,
  readPickedBackupKey,
} from "./backup-key.ts";
export type { ByteSink, ByteSource, Crc32, JobOptions, Progress } from "./bytes-in-and-out.ts";
export { createPieceHash, hashPieces, type PieceHash } from "./hash-in-pieces.ts";
export { encodeKeyBlockContent, type KeyBlockContent, parseKeyBlockContent } from "./key-block.ts";
export {
  COMMITMENT_LEN,
  commitmentOf,
  FILE_KEY_LEN,
  isCommitted,
  openKeys,
  type PayloadKeys,
  payloadKeys,
  wipeKeys,
} from "./keys.ts";
export { type OwnPackage, readOwnPackage } from "./own-package.ts";
export { createPayloadReader, type FilePiece, type PayloadReader } from "./payload-reader.ts";
export { createPayloadWriter, type PayloadWriter, type SealedSegments } from "./payload-writer.ts";
export { checkBid, OPENING_MARGIN_MS, type PreflightFacts, readinessOf } from "./preflight.ts";
export { type FileSink, readFiles } from "./read-files.ts";
export { type OpenedPackage, openPackage, verifyPackage, verifyPayload } from "./read.ts";
export { type BackupRelease, releaseBackupKey } from "./release-backup.ts";
export { judgeOrder, judgeRelease, type Judgement, type OrderFacts, type ReleaseFacts } from "./release.ts";
export {
  archiveLenOf,
  beginLegacyPackage,
  contentKeyOfFileKey,
  contentKeyOfRecipient,
  encodeLegacyContext,
  LEGACY_FIRST_BYTE,
  type LegacyContext,
  legacyKeyOf,
  type LegacyPackageParts,
  type LegacyPackageWriter,
  type OpenedLegacyPackage,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
  verifyLegacyTrailer,
  writeLegacyContent,
} from "./legacy/index.ts";
export {
  openInPool,
  openRun,
  openSegment,
  type RunOpener,
  type SealedBatch,
  sealRun,
  sealSegment,
  type SegmentBatch,
  type SegmentRun,
} from "./segments.ts";
export { type BidSigner, verifyTrailer } from "./signature.ts";
export { type BidFiles, payloadLenOf, planStream, type StreamPlan } from "./stream.ts";
export { type BidSource, writePackage } from "./write-package.ts";
export { beginPackage, packageLenOf, type PackageParts, type PackageWriter } from "./write.ts";
