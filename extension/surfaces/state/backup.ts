/** Opening by a backup key file in place of a key: whether the person chose so, and which file. What they type is no part of it. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";

export interface BackupState {
  readonly chosen: ReadonlySignal<boolean>;
  readonly file: ReadonlySignal<File | null>;
  pick(file: File | null): void;
}

/** Letters and digits of a passphrase, however the person grouped them. */
const PASSPHRASE_LEN = 20;

/** Whether enough was typed: whether it is right, only the file tells. */
export const isWholePassphrase = (typed: string): boolean => typed.replaceAll(/[\s-]/g, "").length === PASSPHRASE_LEN;

/** Milliseconds until the next passphrase may be tried; 0 where it may be tried at once. */
export function passphraseWaitMs(problem: OperationError | null, now: number): number {
  const retryAt = OperationError.is(problem, "BACKUP_KEY_REFUSED") ? (problem.details?.retryAt ?? null) : null;
  return retryAt === null ? 0 : Math.max(0, Date.parse(retryAt) - now);
}

export function createBackup() {
  const chosen = signal(false);
  const file = signal<File | null>(null);
  const state: BackupState = {
    chosen,
    file,
    pick(picked) {
      file.value = picked;
    },
  };
  return {
    state,
    choose(use: boolean) {
      chosen.value = use;
      if (!use) file.value = null;
    },
    /** The file's content. @throws OperationError BACKUP_KEY_REFUSED where it is none, or cannot be read */
    async read(): Promise<string> {
      const picked = file.value;
      const isOfItsSize = picked !== null && picked.size > 0 && picked.size <= limits.backupKeyLen;
      const bytes = isOfItsSize ? await picked.arrayBuffer().catch(() => null) : null;
      if (bytes === null) throw new OperationError("BACKUP_KEY_REFUSED", { fault: "not-opened", retryAt: null });
      return encodeBase64Url(new Uint8Array(bytes));
    },
  };
}
