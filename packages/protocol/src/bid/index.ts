export { type BackupKeyFile, backupKeyFile } from "./backup-key.ts";
export { type BidFileList, bidFileList, bidFileName } from "./file-list.ts";
export { type BidHeader, bidHeader, packageId, sm3Text } from "./header.ts";
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
export { type CarriedBid, carriedBid, openBidsFile, readOpenBidsFile, writeOpenBidsFile } from "./open-bids.ts";
export { type OpeningReceipt, openingReceipt } from "./opening-receipt.ts";
export { type BidReceipt, bidReceipt } from "./receipt.ts";
export { type BidReport, bidReport } from "./report.ts";
export { type BidTrailer, bidTrailer } from "./trailer.ts";
