/**
 * The core in bytes: copies them into the module's memory, calls, copies out, wipes. This folder alone sees pointers. Arguments arrive
 * checked (`../face.ts`); data of any size passes through the module's window piece by piece.
 */
import { checksum } from "./crc32.ts";
import { ciphers } from "./cipher.ts";
import { gcm } from "./gcm.ts";
import { hashes } from "./hash.ts";
import { openMemory } from "./memory.ts";
import { sm2 } from "./sm2.ts";

export type Core = ReturnType<typeof openCore>;

export function openCore(instance: WebAssembly.Instance) {
  const memory = openMemory(instance);
  return { ...hashes(memory), ...ciphers(memory), ...checksum(memory), ...gcm(memory), ...sm2(memory) };
}
