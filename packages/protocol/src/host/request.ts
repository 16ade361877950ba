/** What the host reads of any request, before it knows its verb. The verbs' own grammar, which is much larger, is in index.ts. */
import * as v from "valibot";
import { requestId } from "../page/wire.ts";
import { requestProof } from "./proof.ts";

/** What the background may ask of the host, as words. */
export const hostVerbNames = [
  "status",
  "keys",
  "awaitKeys",
  "diagnose",
  "login",
  "register",
  "readCredential",
  "saveCredential",
  "sign",
  "readNotice",
  "prepareBid",
  "beginBid",
  "finishBid",
  "confirmBid",
  "abandonBid",
  "bids",
  "rehearseBid",
  "exportBid",
  "importBid",
  "noteBackup",
  "saveReceipt",
  "bidEvidence",
  "updateNotice",
  "readOrder",
  "releaseKey",
  "releaseBackup",
  "noteBackupRelease",
  "readOwnBid",
  "openOwnBid",
] as const;

/** background → host, as JSON in a native-messaging frame of at most 512 KiB. */
export const hostRequest = v.strictObject({
  v: v.literal(1),
  id: requestId,
  operation: v.pipe(v.string(), v.maxLength(64)),
  params: v.unknown(),
  /** With every verb but `status`. */
  proof: v.optional(requestProof),
});
