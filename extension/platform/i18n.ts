import type { ErrorCode } from "@certbridge/protocol/errors";
import type messages from "../public/_locales/zh_CN/messages.json";
import { browser } from "./browser.ts";

/** A key of the words for people. Chinese is the first language: what it has, every other has (tests/contract/surfaces). */
export type MessageKey = keyof typeof messages;

/** The words for a key in the browser's language; `$1` to `$9` in them are replaced. */
export function t(key: MessageKey, ...values: readonly (string | number)[]): string {
  return browser.i18n.getMessage(key, values.map(String));
}

/** The sentence for an error's code. */
export function errorWords(code: ErrorCode, ...values: readonly (string | number)[]): string {
  return t(`error_${code}`, ...values);
}

/** BCP 47 tag of the words that are shown. */
export function shownLanguage(): string {
  return browser.i18n.getUILanguage().startsWith("zh") ? "zh-CN" : "en";
}

/** A date as the reader writes it. */
export function dateWords(iso: string): string {
  return new Intl.DateTimeFormat(shownLanguage(), { dateStyle: "medium" }).format(new Date(iso));
}
