import type { Handlers } from "../dispatch.ts";
import type { Host, Run } from "../host.ts";
import { beginBid } from "./bid/begin.ts";
import { bids } from "./bid/bids.ts";
import { bidEvidence } from "./bid/evidence.ts";
import { noteBackup, noteBackupRelease, releaseBackup } from "./bid/backup.ts";
import { exportBid, importBid } from "./bid/carry.ts";
import { abandonBid, confirmBid, finishBid } from "./bid/finish.ts";
import { readNotice, updateNotice } from "./bid/notice.ts";
import { saveReceipt } from "./bid/receipt.ts";
import { awaitKeys } from "./await-keys.ts";
import { openOwnBid, readOwnBid } from "./bid/own.ts";
import { prepareBid } from "./bid/prepare.ts";
import { readOrder } from "./bid/order.ts";
import { rehearseBid } from "./bid/rehearse.ts";
import { releaseKey } from "./bid/release.ts";
import { readCredential, saveCredential } from "./credential.ts";
import { diagnose } from "./diagnose.ts";
import { keys } from "./keys.ts";
import { login } from "./login.ts";
import { register } from "./register.ts";
import { sign } from "./sign.ts";
import { status } from "./status.ts";

/** Every verb of the grammar with its handler. A new verb makes the compiler name this place. */
export function createHandlers(host: Host, run: Run): Handlers {
  return {
    status: status(host, run),
    keys: keys(host),
    awaitKeys: awaitKeys(host),
    diagnose: diagnose(run),
    login: login(host),
    register: register(host),
    readCredential: readCredential(host),
    saveCredential: saveCredential(host),
    sign: sign(host),
    readNotice: readNotice(host),
    prepareBid: prepareBid(host),
    beginBid: beginBid(host, run),
    finishBid: finishBid(host, run),
    confirmBid: confirmBid(host, run),
    abandonBid: abandonBid(host, run),
    bids: bids(host),
    rehearseBid: rehearseBid(host),
    exportBid: exportBid(host),
    importBid: importBid(host),
    noteBackup: noteBackup(host),
    saveReceipt: saveReceipt(host),
    bidEvidence: bidEvidence(host),
    updateNotice: updateNotice(host),
    readOrder: readOrder(host),
    releaseKey: releaseKey(host),
    releaseBackup: releaseBackup(host),
    noteBackupRelease: noteBackupRelease(host),
    readOwnBid: readOwnBid(host),
    openOwnBid: openOwnBid(host),
  };
}
