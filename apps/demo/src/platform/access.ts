/** Who is asking: the session behind a request's cookie, and the account that is signed in. */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Account, Ledger } from "./ledger.ts";
import { PlatformError } from "./refusals.ts";
import { type Session, SESSION_COOKIE, type Sessions } from "./sessions.ts";

export interface Access {
  find(context: Context): Session | null;
  /** The session, a new one where there is none. */
  open(context: Context): Session;
  /** From now on the browser has this one. */
  use(context: Context, session: Session): void;
  /** @throws PlatformError NOT_SIGNED_IN */
  account(context: Context): Account;
}

export function createAccess(ledger: Ledger, sessions: Sessions): Access {
  const use = (context: Context, { id }: Session) =>
    setCookie(context, SESSION_COOKIE, id, { path: "/", secure: true, httpOnly: true, sameSite: "Lax" });

  function find(context: Context): Session | null {
    const id = getCookie(context, SESSION_COOKIE);
    return id === undefined ? null : sessions.find(id);
  }

  return {
    find,
    use,
    open(context) {
      const found = find(context);
      if (found !== null) return found;
      const session = sessions.open();
      use(context, session);
      return session;
    },
    account(context) {
      const uscc = find(context)?.uscc ?? null;
      const account = uscc === null ? null : ledger.account(uscc);
      if (account === null) throw new PlatformError("NOT_SIGNED_IN");
      return account;
    },
  };
}
