/** Answers of the background: a result, or an error by its code. */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { type FailedOutside, failedOutside } from "@certbridge/protocol/host";
import type { Answer } from "@certbridge/protocol/page/wire";
import * as v from "valibot";

export function succeed(result: unknown): Answer {
  return { v: 1, ok: true, result };
}

/** The only place where an unknown throw becomes INTERNAL. The report id is all that leaves; the console keeps the rest. */
export function failWith(error: unknown): Answer {
  if (error instanceof OperationError) return { v: 1, ok: false, error: error.toRecord() };
  const reportId = encodeBase64Url(crypto.getRandomValues(new Uint8Array(9)));
  console.error(`report ${reportId}`, error);
  return { v: 1, ok: false, error: new OperationError("INTERNAL", { reportId }).toRecord() };
}

/** What the program writes down of something that failed outside of it. */
export function failedOutsideOf(error: unknown): FailedOutside {
  const code = error instanceof OperationError ? error.code : null;
  return v.is(failedOutside, code) ? code : "INTERNAL";
}

const isOfKeys = (policy: string | undefined) => policy === "allowedCarriers" || policy === "allowedAuthorities";

/** What a site may learn: nothing about keys or PINs that tells one person from another. */
export function forSite(error: unknown): unknown {
  const hidden = [
    "KEY_NOT_FOUND",
    "PIN_INCORRECT",
    "PIN_LOCKED",
    "PIN_PAUSED",
    "PIN_LAST_TRY",
    "CERTIFICATE_UNUSABLE",
    "DEVICE_REMOVED",
    "DEVICE_BUSY",
    "DEVICE_FAILED",
    "DRIVER_FAILED",
    "STORE_DAMAGED",
    "STORE_BUSY",
    "BID_REFUSED",
    "BIDS_IN_THE_MAKING",
    "CLOCK_BEHIND",
    "BACKUP_KEY_REFUSED",
  ];
  if (!(error instanceof OperationError)) return error;
  // Which keys a policy leaves out tells which keys are there.
  const ofKeys = OperationError.is(error, "BLOCKED_BY_POLICY") && isOfKeys(error.details?.policy);
  return ofKeys || hidden.includes(error.code) ? new OperationError("USER_DECLINED") : error;
}
