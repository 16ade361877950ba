/**
 * Public keys that come again: a platform verifies thousands of signatures by its CAs' keys, and its own. One that came often enough
 * gets a table of its multiples in the module, from which verification takes a third of the time.
 */
import type { Core } from "./core/index.ts";

/** Tables that the module has room for (`wasm-core/sm2/base-table.ts`). */
const SLOTS = 4;

/** Keys that are remembered, the latest first. */
const REMEMBERED = 32;

/** Verifications before a key gets a table: making one takes as long as that many save. */
const OFTEN = 16;

interface Seen {
  readonly key: Uint8Array;
  times: number;
  slot: number | null;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** What verifies, with a memory of the last keys. Public keys only, so nothing here is secret. */
export function createVerification(core: Core) {
  const seen: Seen[] = [];

  /** The entry of this key, at the front. A key is found by its first bytes, which differ. */
  function recall(key: Uint8Array): Seen {
    const at = seen.findIndex((entry) => entry.key[1] === key[1] && entry.key[2] === key[2] && same(entry.key, key));
    const [entry = { key: key.slice(), times: 0, slot: null }] = at < 0 ? [] : seen.splice(at, 1);
    seen.unshift(entry);
    return entry;
  }

  /** A slot that is free, else that of the key that was not used for the longest time. Slots are taken in their order. */
  function takeSlot(): number {
    const used = seen.filter(({ slot }) => slot !== null);
    const last = used.at(-1);
    if (last === undefined || used.length < SLOTS) return used.length;
    const { slot } = last;
    last.slot = null;
    last.times = 0;
    return slot ?? 0;
  }

  return (publicKey: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean => {
    const entry = recall(publicKey);
    if (seen.length > REMEMBERED) seen.pop();
    if (entry.slot === null && ++entry.times > OFTEN) {
      const slot = takeSlot();
      if (core.keyPrepare(slot, publicKey)) entry.slot = slot;
    }
    if (entry.slot !== null) return core.verifyPrepared(entry.slot, e, signature);
    return core.verify(publicKey, e, signature);
  };
}
