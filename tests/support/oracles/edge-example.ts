/** What the solved vectors have in common: the standard's example key, a nonce, a digest, and how numbers are written. */
import { toBytes32 } from "./bigint.ts";

export const d = 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n;
export const k = 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n;
export const e = 0xf0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640n;

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const num = (value: bigint): string => hex(toBytes32(value));

/** The bytes with those of `mask` at this place turned over. */
export function altered(bytes: Uint8Array, at: number, mask = 1): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

export type Result = "valid" | "invalid";
