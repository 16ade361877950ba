/** A backup key file on the day of the opening, in a worker of its own: stretching a passphrase takes a moment, and what it opened ends with it. */
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { WorkshopParams, WorkshopResult } from "@certbridge/protocol/workshop";
import { openCalls } from "./calls.ts";
import type { BackupCalls } from "./wire.ts";

/** @throws OperationError BACKUP_KEY_REFUSED, ORDER_REFUSED, CLOCK_BEHIND, MALFORMED */
export async function releaseBackup(params: WorkshopParams<"releaseBackup">): Promise<WorkshopResult<"releaseBackup">> {
  const worker = new Worker(new URL("./backup.worker.ts", import.meta.url), { type: "module" });
  const calls = openCalls<BackupCalls>(worker);
  const { passphrase, clockAccepted } = params;
  const stampedAt = new Date(params.stampedAt);
  const stampedFrom = new Date(params.stampedFrom);
  try {
    const released = await calls.call("release", {
      file: decodeBase64Url(params.file),
      order: decodeBase64Url(params.order),
      passphrase,
      stampedAt,
      stampedFrom,
      clockAccepted,
    });
    return { releasedKey: encodeBase64Url(released) };
  } finally {
    calls.close();
  }
}
