/** An error's words where it is known which certificate was used. */
import { OperationError } from "@certbridge/protocol/errors";
import { type HostKey, preflightRules } from "@certbridge/protocol/host";
import { errorWords, t } from "../../platform/i18n.ts";
import { lockedWords } from "../parts/key-facts.tsx";
import { sentenceOf } from "../parts/preflight.tsx";

/** Whether it belongs to what was typed, PIN or passphrase, rather than to the whole request. */
export function isOfTheField(error: OperationError): boolean {
  return ["PIN_INCORRECT", "PIN_LOCKED", "PIN_LAST_TRY", "BACKUP_KEY_REFUSED"].includes(error.code);
}

/** A CA锁 locks for good; a software certificate only makes the person wait, and is not threatened with more. */
export function problemWords(error: OperationError, key: HostKey | null): string {
  if (OperationError.is(error, "PIN_INCORRECT") && error.details?.retryAt === null && key?.carrier === "software") {
    return t("error_PIN_INCORRECT_software", error.details.triesLeft);
  }
  if (OperationError.is(error, "PIN_LOCKED") && error.details?.retryAt === null && key !== null) {
    return lockedWords(key) ?? errorWords(error);
  }
  if (OperationError.is(error, "BID_REFUSED")) {
    const rule = preflightRules.find((each) => each === error.details?.rule);
    // What exactly is wrong, where this version knows it.
    const exact = rule === undefined ? null : sentenceOf({ rule, outcome: "bad" });
    if (exact !== null) return exact;
  }
  return errorWords(error);
}
