import type { Handlers } from "../dispatch.ts";
import { describeKey } from "../holder.ts";
import type { Host } from "../host.ts";
import { listKeys } from "../key-store.ts";

/** The certificate pairs that are there, for the extension's own windows. */
export function keys(host: Host): Handlers["keys"] {
  return async () => {
    const found = await listKeys(host.stores);
    return { keys: await Promise.all(found.map((key) => describeKey(host, key))) };
  };
}
