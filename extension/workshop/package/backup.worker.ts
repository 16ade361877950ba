import { releaseBackupKey } from "@certbridge/bid";
import { loadGm } from "@certbridge/gm";
import { readCoreModules } from "../../platform/core-module.ts";
import { answerCalls } from "./calls.ts";
import type { BackupCalls } from "./wire.ts";

/** Opens one backup key file, for one order. */

answerCalls<BackupCalls>({
  async release(asked) {
    const gm = await loadGm(await readCoreModules());
    const fresh = crypto.getRandomValues(new Uint8Array(32));
    return releaseBackupKey(gm, { ...asked, now: Date.now(), fresh });
  },
});
