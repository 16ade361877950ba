import type { Params } from "@certbridge/protocol/page";
import { OperationError } from "@certbridge/protocol/errors";
import { lastKeyOf, type OperationHandler, usedKey } from "./handler.ts";

/** docs/operations/register.md, steps 4 to 8. */
export const register: OperationHandler<"register"> = {
  withoutContent: (params) => params,
  prepare: () => Promise.resolve({ operation: "register" }),
  async perform(record, consent, { host, lastKeys }) {
    if (consent === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { nonce } = record.params as Params<"register">;
    const { keyId, credentialId } = consent;
    const { origin } = record.platform;
    const answer = await host.call("register", {
      consentId: record.id,
      ...usedKey(consent),
      origin,
      nonce,
      credentialId,
    });
    await lastKeys.set(lastKeyOf(record), keyId);
    return answer;
  },
};
