/**
 * After a package is whole, its worker still has the file key: for a backup key file, as long as the window in which it can be asked for is
 * open, and ten minutes at most. Then the key is overwritten, and the worker with all of its memory ends. docs/formats/backup-key.md
 */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { approvalLock, type WorkshopResult } from "@certbridge/protocol/workshop";
import { onWindowGone } from "../../platform/window-lock.ts";
import type { Calls } from "./calls.ts";
import type { PackageCalls } from "./wire.ts";

const HELD_MS = 10 * 60_000;

export type Held = Pick<Calls<PackageCalls>, "call" | "close">;

export interface Backups {
  /** From now on the worker is this one's to end. */
  hold(id: string, calls: Held): void;
  /** @throws OperationError CONSENT_EXPIRED where the key is gone */
  make(id: string): Promise<WorkshopResult<"backupKey">>;
}

export function createBackups(): Backups {
  const held = new Map<string, Held>();

  async function forget(id: string): Promise<void> {
    const calls = held.get(id);
    if (calls === undefined) return;
    held.delete(id);
    await calls.call("wipe", undefined).catch(() => undefined);
    calls.close();
  }

  return {
    hold(id, calls) {
      held.set(id, calls);
      const late = setTimeout(() => void forget(id), HELD_MS);
      onWindowGone(approvalLock(id), () => {
        clearTimeout(late);
        void forget(id);
      });
    },
    async make(id) {
      const calls = held.get(id);
      if (calls === undefined) throw new OperationError("CONSENT_EXPIRED");
      const { file, passphrase } = await calls.call("backup", undefined);
      return { file: encodeBase64Url(file), passphrase };
    },
  };
}
