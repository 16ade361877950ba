import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { REGISTRATION_FORMAT, REGISTRATION_LABEL, encodeRegistrationStatement } from "@certbridge/protocol/statement";
import type { KeptCredential } from "../credentials.ts";
import type { Handlers } from "../dispatch.ts";
import type { Holder } from "../holder.ts";
import type { Host } from "../host.ts";
import { withConsentedKey } from "./consented-key.ts";
import { digestsOf, encodeSigned } from "./statement.ts";

/** The stored credential with this id, of this holder and of nobody else. */
async function choose(host: Host, { uscc }: Holder, credentialId: string): Promise<KeptCredential> {
  if (uscc === null) throw new OperationError("CREDENTIAL_NOT_OF_THIS_BIDDER");
  const kept = (await host.credentials.of(uscc)).find(({ said }) => said.credentialId === credentialId);
  if (kept === undefined) throw new OperationError("INVALID_REQUEST", { path: "credentialId" });
  return kept;
}

/** One private-key call. docs/operations/register.md step 7, docs/formats/registration-credential.md */
export function register(host: Host): Handlers["register"] {
  return ({ origin, nonce, credentialId, ...consent }) =>
    withConsentedKey(host, { ...consent, origin }, 1, async (holder) => {
      const kept = credentialId === null ? null : await choose(host, holder, credentialId);
      const statement = encodeRegistrationStatement({
        ...digestsOf(host, holder, origin, nonce),
        credential: host.gm.sm3(kept?.der ?? new Uint8Array(0)),
      });
      return async (key) => ({
        credential: kept === null ? null : encodeBase64Url(kept.der),
        proof: encodeSigned(REGISTRATION_FORMAT, holder, await key.sign(statement, REGISTRATION_LABEL)),
      });
    });
}
