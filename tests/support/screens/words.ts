/** The sentences that a screen says, in the language in which the browser under test speaks. */
import type { Language } from "@certbridge/demo/walk";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const locales = join(import.meta.dirname, "../../../extension/public/_locales");
const messages = v.record(v.string(), v.object({ message: v.string() }));

/** The sentence of that key with its gaps filled; it stops before the first gap that is left open. */
export type Words = (key: string, ...gaps: readonly (string | number)[]) => string;

export function wordsIn(language: Language): Words {
  const file = join(locales, language.replace("-", "_"), "messages.json");
  const found = v.parse(messages, JSON.parse(readFileSync(file, "utf8")));
  return (key, ...gaps) => {
    const message = found[key]?.message;
    if (message === undefined) throw new Error(`${language} has no ${key}`);
    const filled = gaps.reduce<string>((text, gap, at) => text.replaceAll(`$${at + 1}`, String(gap)), message);
    return filled.split(/\$\d/)[0] ?? "";
  };
}
