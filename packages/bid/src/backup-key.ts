/**
 * The backup key file (备用密钥文件): a package's file key under a passphrase that the extension made up, for the day on which no key
 * of the bidder works any more. docs/formats/backup-key.md
 */
import type { Gm } from "@certbridge/gm";
import { backupKeyFile, type BidHeader, bidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { FILE_KEY_LEN } from "./keys.ts";

type Cipher = Pick<Gm, "pbkdf2Sm3" | "sm4GcmDecrypt" | "sm4GcmEncrypt">;

/** Without I, L, O and U: five bits a letter. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Letters, 100 bits; in groups of four. */
const PASSPHRASE_LEN = 20;
const GROUPS = /.{4}(?!$)/g;

const WRITTEN_ITERATIONS = 600_000;
const SALT_LEN = 16;
const NONCE_LEN = 12;
const KEY_LEN = 16;

/** What a file of at most {@link limits.backupKeyLen} bytes says, before its passphrase is known. */
export interface BackupKey {
  readonly header: BidHeader;
  /** header.json as it stands in the package. */
  readonly headerBytes: Uint8Array;
  /** The file key, 32 bytes, for the caller to wipe and to hold against a commitment; null where the passphrase is wrong or the file damaged. */
  open(gm: Cipher, passphrase: string): Uint8Array | null;
}

/**
 * A passphrase of 20 letters, 100 bits, in five groups of four.
 *
 * @param random 20 fresh random bytes
 */
export function createPassphrase(random: Uint8Array): string {
  if (random.length !== PASSPHRASE_LEN) throw new RangeError(`"random" expected ${PASSPHRASE_LEN} bytes`);
  return Array.from(random, (byte) => LETTERS[byte & 31])
    .join("")
    .replaceAll(GROUPS, "$&-");
}

/** What a person typed, as the letters that were meant; null where it cannot be a passphrase. */
export function readPassphrase(typed: string): string | null {
  const letters = typed.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  return letters.length === PASSPHRASE_LEN && Array.from(letters).every((letter) => LETTERS.includes(letter))
    ? letters
    : null;
}

/** Calls with the key of a passphrase, and wipes both. */
function withKey<T>(gm: Cipher, letters: string, salt: Uint8Array, iterations: number, use: (key: Uint8Array) => T): T {
  const password = new TextEncoder().encode(letters);
  const key = gm.pbkdf2Sm3(password, salt, iterations, KEY_LEN);
  try {
    return use(key);
  } finally {
    password.fill(0);
    key.fill(0);
  }
}

/**
 * The file's bytes.
 *
 * @param options.fresh 28 random bytes: salt and nonce
 * @throws RangeError where the passphrase is none of {@link createPassphrase}, or a length is wrong
 */
export function encodeBackupKey(
  gm: Cipher,
  options: {
    readonly header: Uint8Array;
    readonly fileKey: Uint8Array;
    readonly passphrase: string;
    readonly fresh: Uint8Array;
  },
): Uint8Array<ArrayBuffer> {
  const { header, fileKey, fresh } = options;
  const letters = readPassphrase(options.passphrase);
  if (letters === null) throw new RangeError(`"passphrase" expected ${PASSPHRASE_LEN} letters`);
  if (fileKey.length !== FILE_KEY_LEN) throw new RangeError(`"fileKey" expected ${FILE_KEY_LEN} bytes`);
  if (fresh.length !== SALT_LEN + NONCE_LEN) throw new RangeError(`"fresh" expected ${SALT_LEN + NONCE_LEN} bytes`);
  const salt = fresh.subarray(0, SALT_LEN);
  const nonce = fresh.subarray(SALT_LEN);
  const sealed = withKey(gm, letters, salt, WRITTEN_ITERATIONS, (key) => gm.sm4GcmEncrypt(key, nonce, fileKey, header));
  return encodeCanonical({
    format: "shared-certificate-backup-key:1",
    header: encodeBase64Url(header),
    salt: encodeBase64Url(salt),
    iterations: WRITTEN_ITERATIONS,
    nonce: encodeBase64Url(nonce),
    sealed: encodeBase64Url(sealed),
  });
}

/** Of a backup key file that a person picked. */
export function backupKeyRefused(fault: "not-opened" | "another-bid", cause?: unknown): OperationError {
  return new OperationError("BACKUP_KEY_REFUSED", { fault, retryAt: null }, cause === undefined ? {} : { cause });
}

/** What is no backup key file, and one that does not open, are one answer. @throws OperationError BACKUP_KEY_REFUSED */
export function readPickedBackupKey(bytes: Uint8Array): BackupKey {
  try {
    return parseBackupKey(bytes);
  } catch (cause) {
    throw backupKeyRefused("not-opened", cause);
  }
}

/** @throws OperationError MALFORMED */
export function parseBackupKey(bytes: Uint8Array): BackupKey {
  const said = parseCanonical(backupKeyFile, bytes, limits.backupKeyLen, "backup key file");
  const headerBytes = decodeBase64Url(said.header);
  return {
    header: parseCanonical(bidHeader, headerBytes, limits.bidHeaderLen, "backup key file"),
    headerBytes,
    open(gm, passphrase) {
      const letters = readPassphrase(passphrase);
      if (letters === null) return null;
      return withKey(gm, letters, decodeBase64Url(said.salt), said.iterations, (key) =>
        gm.sm4GcmDecrypt(key, decodeBase64Url(said.nonce), decodeBase64Url(said.sealed), headerBytes),
      );
    },
  };
}
