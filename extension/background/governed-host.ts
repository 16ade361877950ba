import { OperationError } from "@certbridge/protocol/errors";
import type { HostClient } from "./host-client.ts";
import { neededHostVersion } from "./policy.ts";
import type { PolicySource } from "./policy-source.ts";

/**
 * The companion program as the administrator's policy wants it: one that is older than `minimumHostVersion` is outdated, as one of
 * another grammar is, and is asked for nothing but its version.
 */
export function governHost(host: HostClient, policies: PolicySource): HostClient {
  async function state(): ReturnType<HostClient["state"]> {
    const found = await host.state();
    if (found.state !== "ready") return found;
    const { policy } = await policies.current();
    const needed = neededHostVersion(policy, found.version);
    return needed === null ? found : { state: "outdated", found: found.version, needed };
  }

  return {
    async call(verb, params) {
      const { policy } = await policies.current();
      if (verb !== "status" && policy.settings.minimumHostVersion.source !== "default") {
        const found = await state();
        if (found.state === "outdated") {
          throw new OperationError("HOST_OUTDATED", { found: found.found, needed: found.needed });
        }
      }
      return host.call(verb, params);
    },
    state,
    rest: () => host.rest(),
  };
}
