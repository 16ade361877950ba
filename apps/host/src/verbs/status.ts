import { HOST_PROTOCOL, hostVerbNames } from "@certbridge/protocol/host";
import type { Handlers } from "../dispatch.ts";
import type { Host } from "../host.ts";

/** What this program is and can; nothing of who is there. */
export function status({ version, stores }: Host): Handlers["status"] {
  return async () => ({
    version,
    protocol: HOST_PROTOCOL,
    operations: [...hostVerbNames],
    carriers: stores.map(({ carrier }) => carrier),
  });
}
