/**
 * A server's challenges (挑战值): 32 bytes, bound to one session and one origin, in force for five minutes, and gone at the first
 * attempt, whether it succeeds or not. One is outstanding per session and origin; a newer one replaces it.
 */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { PolicyError } from "./errors.ts";

/** Milliseconds since 1970. */
export type Clock = () => number;

/** To whom a nonce belongs. */
export interface NonceOwner {
  /** The server's own name of the session, as unguessable as its cookie; at most 512 characters. */
  readonly session: string;
  /** The server's own origin, as the browser serialises it. */
  readonly origin: string;
}

/** An outstanding nonce. */
export interface NonceRecord {
  readonly nonce: Uint8Array;
  readonly expiresAt: number;
}

/** Where outstanding nonces are kept. Servers of several processes give one that they share. */
export interface NonceStore {
  put(key: string, record: NonceRecord): void;
  /** The record, which is gone afterwards; two callers never get the same one. */
  take(key: string): NonceRecord | null;
}

/** The challenges of one server: issued to a page, consumed by the attempt that answers. */
export interface Nonces {
  /** A fresh nonce as it goes to the page: base64url, 43 characters. */
  issue(owner: NonceOwner): string;
  /**
   * The outstanding nonce's 32 bytes, which are used up by this.
   *
   * @throws PolicyError NONCE_MISSING, NONCE_EXPIRED
   */
  consume(owner: NonceOwner): Uint8Array;
}

/** Outstanding nonces in one process; the oldest give way, so that a flood costs a retry and no memory. */
const CAPACITY = 100_000;

const OWNER_LEN = 512;

/** In memory, at most `capacity` records. A server limits requests per client before it issues. */
export function createNonceMemory(capacity: number = CAPACITY): NonceStore {
  const records = new Map<string, NonceRecord>();
  return {
    put(key, record) {
      // Deleted first, so that the map stays ordered by age and its first entry is the oldest.
      records.delete(key);
      for (const oldest of records.keys()) {
        if (records.size < capacity) break;
        records.delete(oldest);
      }
      records.set(key, record);
    },
    take(key) {
      const record = records.get(key) ?? null;
      records.delete(key);
      return record;
    },
  };
}

function keyOf({ session, origin }: NonceOwner): string {
  if (session.length === 0 || session.length > OWNER_LEN || origin.length > OWNER_LEN) {
    throw new RangeError(`"session" and "origin" expected 1 to ${OWNER_LEN} characters`);
  }
  return JSON.stringify([session, origin]);
}

/** @param options.random fills an array with unpredictable bytes; default `crypto.getRandomValues` */
export function createNonces(
  options: {
    readonly clock?: Clock;
    readonly random?: (into: Uint8Array<ArrayBuffer>) => void;
    readonly store?: NonceStore;
  } = {},
): Nonces {
  const {
    clock = Date.now,
    random = (into) => void crypto.getRandomValues(into),
    store = createNonceMemory(),
  } = options;
  return {
    issue(owner) {
      const nonce = new Uint8Array(limits.nonceMinLen);
      random(nonce);
      store.put(keyOf(owner), { nonce, expiresAt: clock() + limits.nonceLifeMs });
      return encodeBase64Url(nonce);
    },
    consume(owner) {
      const record = store.take(keyOf(owner));
      if (record === null) throw new PolicyError("NONCE_MISSING");
      if (clock() >= record.expiresAt) throw new PolicyError("NONCE_EXPIRED");
      return record.nonce;
    },
  };
}
