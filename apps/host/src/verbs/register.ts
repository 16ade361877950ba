import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { REGISTRATION_FORMAT, REGISTRATION_LABEL, encodeRegistrationStatement } from "@certbridge/protocol/statement";
import type { KeptCredential } from "../credentials.ts";
import type { Handlers } from "../dispatch.ts";
import type { Host } from "../host.ts";
import { findUsableHolder, withConsentedKey } from "./consented-key.ts";
import { digestsOf, encodeSigned } from "./statement.ts";

/** The stored credential with this id, of the holder of this key and of nobody else. */
async function choose(host: Host, keyId: string, credentialId: string): Promise<KeptCredential> {
  const { uscc } = await findUsableHolder(host, keyId);
  if (uscc === null) throw new OperationError("CREDENTIAL_NOT_OF_THIS_BIDDER");
  const kept = (await host.credentials.of(uscc)).find(({ said }) => said.credentialId === credentialId);
  if (kept === undefined) throw new OperationError("INVALID_REQUEST", { path: "credentialId" });
  return kept;
}

/** One private-key call. docs/operations/register.md step 7, docs/formats/registration-credential.md */
export function register(host: Host): Handlers["register"] {
  return async ({ origin, nonce, credentialId, ...consent }) => {
    const kept = credentialId === null ? null : await choose(host, consent.keyId, credentialId);
    return withConsentedKey(host, consent, 1, async (key, holder) => {
      const digests = {
        ...digestsOf(host, holder, origin, nonce),
        credential: host.gm.sm3(kept?.der ?? new Uint8Array(0)),
      };
      const signature = await key.sign(encodeRegistrationStatement(digests), REGISTRATION_LABEL);
      return {
        credential: kept === null ? null : encodeBase64Url(kept.der),
        proof: encodeSigned(REGISTRATION_FORMAT, holder, signature),
      };
    });
  };
}
