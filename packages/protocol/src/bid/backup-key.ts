import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";

/** A bid package's file key under a passphrase (备用密钥文件). docs/formats/backup-key.md */
export const backupKeyFile = v.strictObject({
  format: v.literal("shared-certificate-backup-key:1"),
  /** The package's header, as its bytes stand in the package. */
  header: base64Url(1, limits.bidHeaderLen),
  salt: base64Url(16, 16),
  /** Bounded, so that a hostile file keeps nobody busy for long. */
  iterations: v.pipe(v.number(), v.integer(), v.minValue(100_000), v.maxValue(10_000_000)),
  nonce: base64Url(12, 12),
  /** The file key's 32 bytes, encrypted, and the tag. */
  sealed: base64Url(48, 48),
});

export type BackupKeyFile = v.InferOutput<typeof backupKeyFile>;
