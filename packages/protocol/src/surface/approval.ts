import * as v from "valibot";
import { requestId } from "../page/wire.ts";
import { asked } from "./asked.ts";
import { hostState } from "./host-state.ts";
import { platform, shownKey } from "./shown.ts";
import type { ErrorCode } from "../errors.ts";

export const requestHash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Errors that the person can mend in the approval window: the request stays open. After every other one it is over. */
export const mendableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PIN_INCORRECT",
  "PIN_LOCKED",
  "PIN_PAUSED",
  "PIN_LAST_TRY",
  "BACKUP_KEY_REFUSED",
  "KEY_NOT_FOUND",
  "CERTIFICATE_UNUSABLE",
  "HOST_MISSING",
  "HOST_FORBIDDEN",
  "HOST_OUTDATED",
  "DEVICE_BUSY",
  "DEVICE_REMOVED",
  "DEVICE_FAILED",
  "DRIVER_FAILED",
  "STORE_BUSY",
  "BIDS_IN_THE_MAKING",
  "EXTENSION_OUTDATED",
  "HOST_CHANGED",
  "NOT_PAIRED",
]);

/** All that the approval window shows, for one request. */
export const approvalView = v.object({
  id: requestId,
  /** SHA-256 over all that the person is shown and for whom, hexadecimal: the consent is for this and nothing else. */
  hash: requestHash,
  platform,
  asked,
  /** False where the person only agrees and no key is used. */
  usesKey: v.boolean(),
  host: hostState,
  keys: v.array(shownKey),
  /** Wrong PINs for this origin reached the hour's limit; the person goes on in the popup. */
  pinPaused: v.boolean(),
  /** When the window closes by itself; milliseconds since 1970. */
  expiresAt: v.number(),
});

export type ApprovalView = v.InferOutput<typeof approvalView>;
