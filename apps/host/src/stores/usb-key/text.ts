/** Text as a library wrote it: UTF-8 by the standard (GM/T 0016-2012 clause 6.3), GBK by habit. Nothing says which. */
import type { DeviceProfile } from "@certbridge/trust";

type Strings = DeviceProfile["strings"];

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** What is neither has replacement characters. @param strings `auto`: strictly UTF-8 where it is that, else GBK */
export function readText(bytes: Uint8Array, strings: Strings = "auto"): string {
  const label = strings === "auto" ? (isUtf8(bytes) ? "utf8" : "gbk") : strings;
  return new TextDecoder(label === "utf8" ? "utf-8" : "gbk").decode(bytes);
}

/** In what all of these are written; `auto` where every one is ASCII, which tells nothing. */
export function encodingOf(texts: readonly Uint8Array[]): Strings {
  const telling = texts.filter((text) => text.some((byte) => byte >= 0x80));
  if (telling.length === 0) return "auto";
  return telling.every(isUtf8) ? "utf8" : "gbk";
}
