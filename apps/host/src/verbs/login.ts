import { LOGIN_FORMAT, LOGIN_LABEL, encodeLoginStatement } from "@certbridge/protocol/statement";
import type { Handlers } from "../dispatch.ts";
import type { Host } from "../host.ts";
import { withConsentedKey } from "./consented-key.ts";
import { digestsOf, encodeSigned } from "./statement.ts";

/** One private-key call. docs/operations/login.md step 7, docs/formats/login-token.md */
export function login(host: Host): Handlers["login"] {
  return ({ origin, nonce, ...consent }) =>
    withConsentedKey(host, { ...consent, origin }, 1, async (holder) => {
      const statement = encodeLoginStatement(digestsOf(host, holder, origin, nonce));
      return async (key) => ({ token: encodeSigned(LOGIN_FORMAT, holder, await key.sign(statement, LOGIN_LABEL)) });
    });
}
