import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";
import { HOST_PROTOCOL, hostGreeting, hostVerbs } from "@certbridge/protocol/host";
import * as v from "valibot";
import { extensionVersion } from "../platform/environment.ts";
import { type Connection, newId } from "./host-connection.ts";
import { provesIdentity } from "./host-proof.ts";

/** What a run of the program said of itself, proved. It is asked once per run. */
export interface Greeting {
  readonly version: string;
  readonly operations: readonly string[];
  readonly carriers: readonly Carrier[];
  /** Both base64url. */
  readonly publicKey: string;
  readonly session: string;
  readonly paired: boolean;
  readonly hazards: readonly string[];
}

/** A program of an older grammar knows no challenge, and refuses what it does not know: to it only the old question is put. */
async function askStatus(connection: Connection, challenge: string, client: string): Promise<unknown> {
  const extension = extensionVersion();
  const ask = (params: object) => connection.ask({ id: newId(), operation: "status", params });
  try {
    return await ask({ extension, challenge, client });
  } catch (error) {
    if (!OperationError.is(error, "INVALID_REQUEST")) throw error;
    return ask({ extension });
  }
}

/**
 * Asks a fresh run of the program who it is, with a challenge that was never used before. docs/formats/host-pairing.md
 *
 * @throws OperationError HOST_OUTDATED, EXTENSION_OUTDATED where the two speak different grammars; HOST_FAILED where the answer is
 *   none, or the program has not the key that it names
 */
export async function greet(connection: Connection, core: Promise<Gm>, client: string): Promise<Greeting> {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const answer = await askStatus(connection, encodeBase64Url(challenge), client);
  const greeting = v.safeParse(hostGreeting, answer);
  if (!greeting.success) throw new OperationError("HOST_FAILED");
  const { protocol, version: found } = greeting.output;
  const own = extensionVersion();
  if (protocol < HOST_PROTOCOL) throw new OperationError("HOST_OUTDATED", { found, needed: own });
  if (protocol > HOST_PROTOCOL) throw new OperationError("EXTENSION_OUTDATED", { found: own, needed: found });
  const parsed = v.safeParse(hostVerbs.status.result, answer);
  if (!parsed.success || parsed.output.identity === null) throw new OperationError("HOST_FAILED");
  const { version, operations, carriers, identity, paired, hazards } = parsed.output;
  if (!provesIdentity(await core, challenge, identity)) throw new OperationError("HOST_FAILED");
  const { publicKey, session } = identity;
  return { version, operations, carriers, publicKey, session, paired, hazards };
}
