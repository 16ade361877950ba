import { type OperationName, operationNames } from "@certbridge/protocol/page/names";
import type { Result } from "@certbridge/protocol/page";
import type { HostState } from "@certbridge/protocol/surface";
import type { Policy } from "@certbridge/protocol/policy";
import { extensionVersion } from "../../platform/environment.ts";
import type { HostVerb } from "@certbridge/protocol/host";
import type { HostClient } from "../host-client.ts";
import { admittedCarriers } from "../policy.ts";

/** The host's verb behind each of the page's; null where none is needed. */
const hostVerbOf: { readonly [N in OperationName]: HostVerb | null } = {
  status: null,
  register: "register",
  saveRegistration: "saveCredential",
  login: "login",
  sign: "sign",
  encrypt: "beginBid",
  saveReceipt: "saveReceipt",
  updateNotice: "updateNotice",
  rehearse: "rehearseBid",
  decrypt: "releaseKey",
  jobs: null,
};

/** The program's version, where it said one. */
function versionOf(host: HostState): string | null {
  switch (host.state) {
    case "outdated":
      return host.found;
    case "extension-outdated":
      return host.needed;
    case "missing":
    case "forbidden":
    case "failed":
      return null;
    case "ready":
    case "sandboxed":
    case "unpaired":
    case "changed":
      break;
  }
  return host.version;
}

/** Pages look again no sooner at a program that is not ready: each look at such a one starts it anew. */
const LOOK_AGAIN_MS = 2000;

export function lookSeldom(host: Pick<HostClient, "look">, now: () => number): Pick<HostClient, "look"> {
  let last: { readonly at: number; readonly look: ReturnType<HostClient["look"]> } | null = null;
  return {
    look() {
      if (last !== null && now() - last.at < LOOK_AGAIN_MS) return last.look;
      const fresh = { at: now(), look: host.look() };
      last = fresh;
      const forget = () => {
        if (last === fresh) last = null;
      };
      fresh.look.then(({ state }) => {
        if (state.state === "ready") forget();
      }, forget);
      return fresh.look;
    },
  };
}

/** docs/operations/status.md. A host that cannot be reached or used is no error. */
export async function answerStatus(host: Pick<HostClient, "look">, policy: Policy): Promise<Result<"status">> {
  const extension = extensionVersion();
  const look = await host.look();
  const version = versionOf(look.state);
  if (look.state.state !== "ready") return { extension, host: version, operations: ["status"], carriers: [] };
  const operations = operationNames.filter((name) => {
    const verb = hostVerbOf[name];
    return verb === null || look.operations.includes(verb);
  });
  return { extension, host: version, operations, carriers: admittedCarriers(policy, look.carriers) };
}
