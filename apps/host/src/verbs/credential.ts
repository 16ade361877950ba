/** Reading a credential that a page wants kept, and keeping it. docs/operations/register.md, steps of saveRegistration */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostParams } from "@certbridge/protocol/host";
import { mayBePlatform } from "../authorities.ts";
import { isInForce, parseCredential, summarize } from "../credentials.ts";
import type { KeptCredential } from "../credentials.ts";
import type { Handlers } from "../dispatch.ts";
import { readHolder } from "../holder.ts";
import type { Host } from "../host.ts";
import { findKey } from "../key-store.ts";

/**
 * @throws OperationError MALFORMED (signature, shape, dates), CREDENTIAL_NOT_OF_THIS_PLATFORM, CREDENTIAL_NOT_OF_THIS_BIDDER,
 *   KEY_NOT_FOUND
 */
async function accept(host: Host, params: HostParams<"readCredential">): Promise<KeptCredential> {
  const credential = parseCredential(host.gm, decodeBase64Url(params.credential));
  const { issuer } = credential.said;
  if (issuer.origin !== params.origin || !mayBePlatform(host.registry, issuer)) {
    throw new OperationError("CREDENTIAL_NOT_OF_THIS_PLATFORM");
  }
  const { uscc } = readHolder(host, await findKey(host.stores, params.keyId));
  if (uscc === null || credential.said.subject.uscc !== uscc) throw new OperationError("CREDENTIAL_NOT_OF_THIS_BIDDER");
  if (!isInForce(credential, host.clock())) throw new OperationError("MALFORMED", { what: "credential: not in force" });
  return credential;
}

export function readCredential(host: Host): Handlers["readCredential"] {
  return async (params) => summarize(host.registry, await accept(host, params));
}

export function saveCredential(host: Host): Handlers["saveCredential"] {
  return async ({ consentId, ...params }) => {
    await host.consents.refuseTaken(consentId);
    const credential = await accept(host, params);
    await host.consents.take(consentId);
    await host.credentials.keep(credential);
    return summarize(host.registry, credential);
  };
}
