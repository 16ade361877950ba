/** Words for the key that opens a bid, where another one is inserted, or none. */
import type { ShownKey } from "@certbridge/protocol/surface";
import { t } from "../../../platform/i18n.ts";
import { safeName } from "../../parts/text.ts";

/** 3F2A, or 3F2A或91C0. */
function joined(tails: readonly string[]): string {
  return tails.map((tail) => safeName(tail, 8)).reduce((all, tail) => t("tails_or", all, tail));
}

/** @param needed last four of the serial numbers of what opens it; empty where nobody knows */
export function wantedWords(needed: readonly string[]): string | null {
  return needed.length === 0 ? null : t("key_needed", joined(needed));
}

/** Where keys are there, and none of them opens it. */
export function wrongKeyWords(needed: readonly string[], keys: readonly ShownKey[]): string | null {
  if (keys.length === 0 || keys.some(({ opens }) => opens !== false)) return null;
  const found = joined(keys.map(({ serialTail }) => serialTail));
  return needed.length === 0 ? t("key_wrong_unknown", found) : t("key_wrong", joined(needed), found);
}
