import { OperationError } from "@certbridge/protocol/errors";
import type { HostClient } from "./host-client.ts";
import { neededHostVersion } from "./policy.ts";
import type { PolicySource } from "./policy-source.ts";

/**
 * The companion program as the administrator's policy wants it: one that is older than `minimumHostVersion` is outdated, as one of
 * another grammar is, and is asked for nothing but its version.
 */
export function governHost(host: HostClient, policies: PolicySource): HostClient {
  const look: HostClient["look"] = async () => {
    const found = await host.look();
    if (found.state.state !== "ready") return found;
    const { version } = found.state;
    const needed = neededHostVersion((await policies.current()).policy, version);
    return needed === null
      ? found
      : { state: { state: "outdated", found: version, needed }, operations: [], carriers: [] };
  };

  return {
    async call(verb, params) {
      const { policy } = await policies.current();
      if (policy.settings.minimumHostVersion.source !== "default") {
        const { state } = await look();
        if (state.state === "outdated") {
          throw new OperationError("HOST_OUTDATED", { found: state.found, needed: state.needed });
        }
      }
      return host.call(verb, params);
    },
    look,
    trust: (publicKey) => host.trust(publicKey),
  };
}
