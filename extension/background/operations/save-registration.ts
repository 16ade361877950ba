import { OperationError } from "@certbridge/protocol/errors";
import type { Params } from "@certbridge/protocol/page";
import { lastKeyOf, type Means, type OperationHandler } from "./handler.ts";
import type { RequestRecord } from "../records.ts";

/** The key that this tab used for this origin: the credential must be its holder's. */
async function keyInUse(record: RequestRecord, { lastKeys }: Means): Promise<string> {
  const keyId = await lastKeys.get(lastKeyOf(record));
  if (typeof keyId !== "string") throw new OperationError("CREDENTIAL_NOT_OF_THIS_BIDDER");
  return keyId;
}

/** docs/operations/register.md, steps of saveRegistration. */
export const saveRegistration: OperationHandler<"saveRegistration"> = {
  withoutContent: (params) => params,
  async prepare(record, { credential }, means) {
    const keyId = await keyInUse(record, means);
    const { origin } = record.platform;
    const summary = await means.host.call("readCredential", { keyId, origin, credential });
    return { operation: "saveRegistration", credential: summary };
  },
  async perform(record, _consent, means) {
    const keyId = await keyInUse(record, means);
    const { credential } = record.params as Params<"saveRegistration">;
    const { origin } = record.platform;
    await means.host.call("saveCredential", { consentId: record.id, keyId, origin, credential });
    return undefined;
  },
};
