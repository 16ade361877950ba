import type { CoreExports } from "./module.ts";

/**
 * Places in the module's window, named once. The only room that sees a pointer; every view is made anew, so that nothing
 * outlives a call.
 *
 * Layout  0…4095: small values in slots of 128 bytes; from 4096: bulk data.
 */
export interface Arena {
  /** Address of a slot. */
  slot(index: number): number;
  /** Address of the bulk area, and its length in bytes. */
  readonly bulk: number;
  readonly bulkLen: number;
  put(p: number, bytes: Uint8Array): void;
  take(p: number, len: number): Uint8Array<ArrayBuffer>;
  /** Runs, then wipes all slots and as much of the bulk area as was named. */
  scoped<T>(bulkUsed: number, use: () => T): T;
}

const SLOT_LEN = 128;
const SLOTS = 32;

export function openArena(core: CoreExports): Arena {
  const window = core.windowPtr();
  const bulk = window + SLOTS * SLOT_LEN;
  const bulkLen = core.windowLen() - SLOTS * SLOT_LEN;
  return {
    slot: (index) => window + index * SLOT_LEN,
    bulk,
    bulkLen,
    put(p, bytes) {
      new Uint8Array(core.memory.buffer).set(bytes, p);
    },
    take: (p, len) => new Uint8Array(core.memory.buffer).slice(p, p + len),
    scoped(bulkUsed, use) {
      try {
        return use();
      } finally {
        core.wipe(window, SLOTS * SLOT_LEN);
        core.wipe(bulk, Math.min(bulkUsed, bulkLen));
      }
    },
  };
}
