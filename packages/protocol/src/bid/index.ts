export { type BackupKeyFile, backupKeyFile } from "./backup-key.ts";
export { type BidFileList, bidFileList, bidFileName } from "./file-list.ts";
export { bidFormats, type BidHeader, bidHeader, packageId, type PackageProfile } from "./header.ts";
export { type LedgerEntry, ledgerEntry, ledgerLayers, ledgerStart, ledgerSteps } from "./ledger.ts";
export {
  type BidNotice,
  bidNotice,
  type OpeningOrder,
  openingOrder,
  type ReleasedKey,
  releasedBackupKey,
  releasedKey,
} from "./notice.ts";
export { type BidReceipt, bidReceipt } from "./receipt.ts";
export { type BidReport, bidReport } from "./report.ts";
export { type BidTrailer, bidTrailer, type LegacyBidTrailer, legacyBidTrailer } from "./trailer.ts";
