/** Sessions of a platform: an unguessable cookie that scripts cannot read, renewed at each sign-in, kept as its SM3. */
import type { Gm } from "@certbridge/gm";
import { hexOf } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Clock } from "@certbridge/verify";
import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";

/** `__Host-`: only over https, for this host alone, for all its paths. */
export const SESSION_COOKIE = "__Host-session";

const LIFE_MS = 8 * 3600_000;

/** A bidder whose certificate was verified, who has yet to fill in the form. */
const pending = v.object({ name: v.string(), uscc: v.string(), facts: v.record(v.string(), v.string()) });

export type Pending = v.InferOutput<typeof pending>;

export interface Session {
  readonly id: string;
  /** The account that is signed in. */
  readonly uscc: string | null;
  readonly pending: Pending | null;
}

export interface Sessions {
  open(): Session;
  /** The session of this cookie, if it is in force. */
  find(id: string): Session | null;
  setPending(id: string, pending: Pending): void;
  /** A new session for the signed-in account in place of the old one, so that an id planted beforehand is worth nothing. */
  signIn(id: string, uscc: string): Session;
  end(id: string): void;
}

const row = v.object({
  uscc: v.nullable(v.string()),
  pending: v.nullable(v.pipe(v.string(), v.parseJson(), pending)),
});

export function createSessions(gm: Gm, database: DatabaseSync, clock: Clock): Sessions {
  const keyOf = (id: string) => hexOf(gm.sm3(new TextEncoder().encode(id)));

  function open(uscc: string | null): Session {
    database.prepare("DELETE FROM sessions WHERE expiresAt <= ?").run(clock());
    const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    database.prepare("INSERT INTO sessions VALUES (?, ?, NULL, ?)").run(keyOf(id), uscc, clock() + LIFE_MS);
    return { id, uscc, pending: null };
  }

  const end = (id: string) => void database.prepare("DELETE FROM sessions WHERE id = ?").run(keyOf(id));

  return {
    open: () => open(null),
    find(id) {
      const found = database
        .prepare("SELECT uscc, pending FROM sessions WHERE id = ? AND expiresAt > ?")
        .get(keyOf(id), clock());
      return found === undefined ? null : { id, ...v.parse(row, found) };
    },
    setPending(id, value) {
      database.prepare("UPDATE sessions SET pending = ? WHERE id = ?").run(JSON.stringify(value), keyOf(id));
    },
    signIn(id, uscc) {
      end(id);
      return open(uscc);
    },
    end,
  };
}
