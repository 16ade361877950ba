import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { hostStatus } from "@certbridge/protocol/host/status";
import { encodeRequestStatement } from "@certbridge/protocol/host/proof";
import type { RequestProof } from "@certbridge/protocol/host/proof";
import { encodeSealedPin } from "@certbridge/protocol/host/sealed-pin";
import { clientKeyOf, makePair } from "../../extension/platform/client-key.ts";
import type { ClientKey } from "../../extension/platform/client-key.ts";
import { gm } from "./authority.ts";
import { conform } from "./host.ts";

/** The extension's side of native messaging, without a browser: its key, its proofs, and PINs as the approval window seals them. */

export const openClient = async (): Promise<ClientKey> => clientKeyOf(await makePair());

/** What a run of the program said of itself. */
export interface Met {
  readonly publicKey: string;
  readonly session: string;
  readonly paired: boolean;
}

/** Params of `status` with a fresh challenge. */
export function questionOf(client: ClientKey): { extension: string; challenge: string; client: string } {
  const challenge = encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  return { extension: "0.1.0", challenge, client: client.publicKey };
}

export function readMet(result: unknown): Met {
  const { identity, paired } = conform(hostStatus, result);
  if (identity === null) throw new Error("the program did not say who it is");
  return { publicKey: identity.publicKey, session: identity.session, paired };
}

export async function prove(
  client: ClientKey,
  { publicKey, session }: Met,
  request: { readonly id: string; readonly operation: string; readonly params: unknown },
): Promise<RequestProof> {
  const statement = encodeRequestStatement({ host: publicKey, session, ...request });
  return { client: client.publicKey, signature: await client.sign(statement) };
}

/** The PIN, for the program with this key and for this consent. */
export function sealFor(publicKey: string, consentId: string, pin: string): string {
  const plaintext = encodeSealedPin(consentId, new TextEncoder().encode(pin));
  return encodeBase64Url(gm.sm2Encrypt(decodeBase64Url(publicKey), plaintext));
}
