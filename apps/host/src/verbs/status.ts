import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { hostVerbNames } from "@certbridge/protocol/host/request";
import { HOST_PROTOCOL } from "@certbridge/protocol/host/status";
import type { Handlers } from "../dispatch.ts";
import type { Host, Run } from "../host.ts";
import type { KeyStore } from "../key-store.ts";

/** All that it stands on: it is answered before there is a store. */
type Known = Pick<Host, "version" | "identity"> & { readonly stores: readonly Pick<KeyStore, "carrier">[] };

/** What this program is and can, with the proof that it is the one that the extension knows; nothing of who is there. */
export function status({ version, stores, identity }: Known, run: Omit<Run, "begun" | "diagnose">): Handlers["status"] {
  return async ({ challenge, client }) => ({
    version,
    protocol: HOST_PROTOCOL,
    operations: [...hostVerbNames],
    carriers: stores.map(({ carrier }) => carrier),
    identity:
      challenge === undefined
        ? null
        : {
            publicKey: identity.publicKey,
            session: run.session,
            signature: encodeBase64Url(identity.prove(decodeBase64Url(challenge), decodeBase64Url(run.session))),
          },
    paired: client !== undefined && (await run.admitClient(client)),
    hazards: [...(await run.hazards())],
  });
}
