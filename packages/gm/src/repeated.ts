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

/** Verifications by others after which a table may be given away: keys that come in turns do not take each other's. */
const IDLE = 256;

interface Seen {
  /** A copy of our own: the caller's array may change (and a Buffer's slice is a view). Nothing else is looked at from then on. */
  readonly key: Uint8Array;
  times: number;
  /** The number of the last verification by this key. */
  last: number;
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** What verifies, with a memory of the last keys. Public keys only, so nothing here is secret. */
export function createVerification(core: Core) {
  const seen: Seen[] = [];
  let now = 0;
  /** Whose table each slot holds: the one place that says so. */
  const owners: (Seen | null)[] = Array.from({ length: SLOTS }, () => null);

  /** The entry of this key, at the front; the one that was not used for the longest time is forgotten for it. */
  function recall(key: Uint8Array): Seen {
    // A look at bytes that differ spares most comparisons.
    const at = seen.findIndex((entry) => entry.key[1] === key[1] && entry.key[2] === key[2] && same(entry.key, key));
    const [entry = { key: new Uint8Array(key), times: 0, last: 0 }] = at < 0 ? [] : seen.splice(at, 1);
    entry.last = ++now;
    seen.unshift(entry);
    const forgotten = seen.length > REMEMBERED ? seen.pop() : undefined;
    if (forgotten !== undefined && owners.includes(forgotten)) owners[owners.indexOf(forgotten)] = null;
    return entry;
  }

  /** Gives an entry a slot that is free, or whose owner was not there for long. Where the key is no point, the slot stays as it was. */
  function prepare(entry: Seen): void {
    const slot = owners.findIndex((owner) => owner === null || now - owner.last > IDLE);
    entry.times = 0;
    if (slot >= 0 && core.keyPrepare(slot, entry.key)) owners[slot] = entry;
  }

  return (publicKey: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean => {
    const entry = recall(publicKey);
    if (!owners.includes(entry) && ++entry.times > OFTEN) prepare(entry);
    const slot = owners.indexOf(entry);
    return slot >= 0 ? core.verifyPrepared(slot, e, signature) : core.verify(entry.key, e, signature);
  };
}
