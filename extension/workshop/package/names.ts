/** Names of picked files as a bid package takes them: nothing unseen, one spelling, no two the same. */
import { limits } from "@certbridge/protocol/limits";

const utf8 = new TextEncoder();

const NAMELESS = "file";

/** As much of the beginning as fits, whole characters. */
function shorten(name: string, len: number): string {
  let short = "";
  let left = len;
  for (const character of name) {
    left -= utf8.encode(character).length;
    if (left < 0) break;
    short += character;
  }
  return short;
}

/** A name as the format has it: what it does not take becomes `_`, and what is too long loses its end but for the extension. */
function fit(name: string, mark: string): string {
  const spelt = name
    .toWellFormed()
    .normalize("NFC")
    .replaceAll(/[/\\\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "_");
  const named = /^\.*$/.test(spelt) ? NAMELESS : spelt;
  const dot = named.lastIndexOf(".");
  const extension = dot > 0 && named.length - dot <= 16 ? named.slice(dot) : "";
  const stem = named.slice(0, named.length - extension.length);
  return `${shorten(stem, limits.nameLen - utf8.encode(mark + extension).length)}${mark}${extension}`;
}

/** One name for each, in their order; a second one of the same name gets a number. */
export function fitNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let fitted = fit(name, "");
    for (let count = 2; taken.has(fitted); count++) fitted = fit(name, ` (${count})`);
    taken.add(fitted);
    return fitted;
  });
}
