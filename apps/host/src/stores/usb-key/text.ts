/** Text as a library wrote it: UTF-8 by the standard (GM/T 0016-2012 clause 6.3), GBK by habit. Nothing says which. */

/** Strictly UTF-8 where it is that, else GBK; what is neither has replacement characters. */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gbk").decode(bytes);
  }
}
