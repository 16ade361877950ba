import type { Params } from "@certbridge/protocol/page";
import { OperationError } from "@certbridge/protocol/errors";
import { lastKeyOf, type OperationHandler, usedKey } from "./handler.ts";

/** docs/operations/login.md, steps 4 to 8. */
export const login: OperationHandler<"login"> = {
  withoutContent: (params) => params,
  prepare: () => Promise.resolve({ operation: "login" }),
  async perform(record, consent, { host, lastKeys }) {
    if (consent === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { nonce } = record.params as Params<"login">;
    const { keyId } = consent;
    const { origin } = record.platform;
    const { token } = await host.call("login", { consentId: record.id, ...usedKey(consent), origin, nonce });
    await lastKeys.set(lastKeyOf(record), keyId);
    return token;
  },
};
