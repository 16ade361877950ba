/** The bid package (加密投标文件): written and read, its keys, its key block. docs/formats/bid-package.md */
export { type BackupKey, createPassphrase, encodeBackupKey, parseBackupKey, readPassphrase } from "./backup-key.ts";
