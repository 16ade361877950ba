/** Words for the key that opens a bid, where another one is inserted, or none: its CA, the last four of its serial number, its end. */
import type { NeededKey } from "@certbridge/protocol/host";
import type { ShownKey } from "@certbridge/protocol/surface";
import { type MessageKey, t } from "../../platform/i18n.ts";
import { day } from "./format.ts";
import { safeName } from "./text.ts";

/** 甲, or 甲或乙. */
function joined(names: readonly string[]): string {
  return names.reduce((all, name) => t("tails_or", all, name));
}

const namedBy =
  (words: MessageKey) =>
  ({ authority, serialTail, notAfter }: NeededKey): string =>
    t(words, safeName(authority, 40), safeName(serialTail, 8), day(notAfter));

/** @param needed what opens it; empty where nobody knows */
export function wantedWords(needed: readonly NeededKey[]): string | null {
  return needed.length === 0 ? null : t("key_needed", joined(needed.map(namedBy("key_needed_one"))));
}

/** Where keys are there, and none of them opens it. */
export function wrongKeyWords(needed: readonly NeededKey[], keys: readonly ShownKey[]): string | null {
  if (keys.length === 0 || keys.some(({ opens }) => opens !== false)) return null;
  const found = joined(keys.map(({ serialTail }) => safeName(serialTail, 8)));
  if (needed.length === 0) return t("key_wrong_unknown", found);
  return t("key_wrong", joined(needed.map(namedBy("key_wrong_one"))), found);
}
