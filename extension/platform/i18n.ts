/**
 * Words for people, in the browser's language: zh-CN first, zh-TW and en beside it. The keys of the zh-CN file are the one list;
 * the compiler refuses a key that is not there, and a contract test holds the three files together.
 */
import browser from "webextension-polyfill";
import type { ErrorCode, ErrorDetails, OperationError } from "@certbridge/protocol/errors";
import type words from "../public/_locales/zh_CN/messages.json";

export type MessageKey = keyof typeof words;

/** The sentence of that key; `$1`… in it are filled in order. */
export function t(key: MessageKey, ...substitutions: readonly (string | number)[]): string {
  return browser.i18n.getMessage(key, substitutions.map(String));
}

/** The language in which {@link t} speaks, for `<html lang>` and for dates: "zh-CN", "zh-TW" or "en". */
export function languageTag(): string {
  return t("language_tag");
}

const BEIJING = "Asia/Shanghai";

/**
 * 2027年6月30日 09:30:00（北京时间）: when bids are opened, and all that is held against it. Tenders say it by the clock of Beijing, wherever the computer is.
 */
export function beijingTime(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "–";
  const zone = { timeZone: BEIJING } as const;
  const date = at.toLocaleDateString(languageTag(), { ...zone, year: "numeric", month: "long", day: "numeric" });
  return t("time_beijing", `${date} ${at.toLocaleTimeString(languageTag(), { ...zone, hour12: false })}`);
}

/** What a reminder says: no project's name, for others see it on the screen, too. @param hours before the opening */
export function reminderWords(hours: number, openingTime: string): { title: string; message: string } {
  return { title: t("reminder_title"), message: t("reminder_body", hours, beijingTime(openingTime)) };
}

/** 09:31:07, and with the day before it where it is not today. */
function clockTime(instant: string | null): string {
  const at = new Date(instant ?? "");
  if (Number.isNaN(at.getTime())) return "–";
  const time = at.toLocaleTimeString(languageTag(), { hour12: false });
  const today = at.toDateString() === new Date().toDateString();
  return today ? time : `${at.toLocaleDateString(languageTag())} ${time}`;
}

/** What of an error's details stands in its sentence. A code that is not here has a sentence without gaps. */
const gaps: { readonly [C in ErrorCode]?: (details: NonNullable<ErrorDetails[C]>) => readonly (string | number)[] } = {
  HOST_OUTDATED: ({ found, needed }) => [found, needed],
  EXTENSION_OUTDATED: ({ found, needed }) => [found, needed],
  UNSUPPORTED_OPERATION: ({ operation }) => [operation],
  INVALID_REQUEST: ({ path }) => [path],
  TOO_LARGE: ({ limit }) => [limit],
  TOO_MANY_REQUESTS: ({ limit }) => [limit],
  CONTENT_UNREADABLE: ({ name }) => [name],
  BLOCKED_BY_POLICY: ({ policy }) => [policy],
  PIN_INCORRECT: ({ triesLeft }) => [triesLeft],
  DEVICE_FAILED: ({ call, code }) => [call, code],
  MALFORMED: ({ what }) => [what],
  INTERNAL: ({ reportId }) => [reportId],
};

/** Words of another program's, cut: letters, figures, punctuation and blanks. */
function plain(words: string): string {
  return words.replace(/[^\p{L}\p{N}\p{P}\p{Zs}]/gu, "").slice(0, 80);
}

/** What the program says where it has no browser's own name to say: `apps/host/src/parent.ts`. */
const OWNERS: Readonly<Record<string, MessageKey>> = {
  browser: "device_of_browser",
  "certbridge-host": "device_of_command",
};

/** Who has a device, as the program says it (`Edge · 南京公共资源`), in the person's language. It is not cut yet. */
export function deviceOwner(by: string): string {
  const [name = "", ...site] = by.split(" · ");
  const word = Object.hasOwn(OWNERS, name) ? OWNERS[name] : undefined;
  return [word === undefined ? name : t(word), ...site].join(" · ");
}

/** What a driver came to, and what helps. */
const DRIVER_FAULTS: Readonly<Record<NonNullable<ErrorDetails["DRIVER_FAILED"]>["fault"], MessageKey>> = {
  ended: "error_DRIVER_FAILED",
  hung: "error_DRIVER_FAILED_hung",
  paused: "error_DRIVER_FAILED_paused",
  changed: "error_DRIVER_FAILED_changed",
  writable: "error_DRIVER_FAILED_writable",
  "not-loaded": "finding_driver_not_loaded",
  "wrong-architecture": "finding_driver_architecture",
};

/** A more exact sentence where the details allow one. */
function exactly<C extends ErrorCode>(code: C, details: ErrorDetails[C] | undefined): string | null {
  if (details === undefined || typeof details !== "object") return null;
  if (code === "CERTIFICATE_UNUSABLE" && "reason" in details) {
    switch (details.reason) {
      case "expired":
        return t("error_CERTIFICATE_UNUSABLE_expired");
      case "not-yet-valid":
        return t("error_CERTIFICATE_UNUSABLE_not_yet_valid");
      case "wrong-usage":
        return t("error_CERTIFICATE_UNUSABLE_wrong_usage");
    }
  }
  if (code === "BLOCKED_BY_POLICY" && "policy" in details && details.policy === "minimumExtensionVersion") {
    return t("error_BLOCKED_BY_POLICY_extension", details.policy);
  }
  if (code === "ORDER_REFUSED" && "rule" in details) {
    switch (details.rule) {
      case "lot":
        return t("error_ORDER_REFUSED_lot");
      case "opening":
        return t("error_ORDER_REFUSED_opening");
      case "time-stamp":
        return t("error_ORDER_REFUSED_time_stamp");
      case "too-early":
        return t("error_ORDER_REFUSED_too_early");
      case "too-late":
        return t("error_ORDER_REFUSED_too_late");
      case "room-certificate":
        return t("error_ORDER_REFUSED_room");
    }
  }
  if (code === "DEVICE_BUSY" && "by" in details && details.by !== null) {
    return t("error_DEVICE_BUSY_by", plain(deviceOwner(details.by)), clockTime(details.since));
  }
  if (code === "DRIVER_FAILED" && "fault" in details) {
    const words: Readonly<Record<string, MessageKey>> = DRIVER_FAULTS;
    // One that a newer program names has the general words.
    return t(words[details.fault] ?? "error_DRIVER_FAILED");
  }
  if (code === "BACKUP_KEY_REFUSED" && "fault" in details && details.fault === "another-bid") {
    return t("error_BACKUP_KEY_REFUSED_another");
  }
  if ("retryAt" in details && details.retryAt !== null) {
    if (code === "PIN_INCORRECT") return t("error_PIN_INCORRECT_wait", clockTime(details.retryAt));
    if (code === "BACKUP_KEY_REFUSED") return t("error_BACKUP_KEY_REFUSED_wait", clockTime(details.retryAt));
    if (code === "PIN_LOCKED") return t("error_PIN_LOCKED_wait", clockTime(details.retryAt));
  }
  return null;
}

/** What happened, which key or file, and what to do now, in one sentence or two. */
export function tError<C extends ErrorCode>(code: C, details?: ErrorDetails[C]): string {
  const exact = exactly(code, details);
  if (exact !== null) return exact;
  const fill = gaps[code];
  const filled = fill !== undefined && details ? fill(details) : [];
  return t(`error_${code}`, ...filled);
}

/** {@link tError} of a caught error. */
export function errorWords(error: OperationError): string {
  return tError(error.code, error.details);
}
