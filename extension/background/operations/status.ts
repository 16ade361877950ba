import { type OperationName, operationNames } from "@certbridge/protocol/page/names";
import type { Result } from "@certbridge/protocol/page";
import { HOST_PROTOCOL, type HostVerb } from "@certbridge/protocol/host";
import { OperationError } from "@certbridge/protocol/errors";
import type { Policy } from "@certbridge/protocol/policy";
import { extensionVersion } from "../../platform/environment.ts";
import type { HostClient } from "../host-client.ts";
import { admittedCarriers, neededHostVersion } from "../policy.ts";

/** The host's verb behind each of the page's; null where none is needed. */
const hostVerbOf: { readonly [N in OperationName]: HostVerb | null } = {
  status: null,
  register: "register",
  saveRegistration: "saveCredential",
  login: "login",
  sign: "sign",
};

/** docs/operations/status.md. A host that cannot be reached is no error. */
export async function answerStatus(host: HostClient, policy: Policy): Promise<Result<"status">> {
  const extension = extensionVersion();
  try {
    const answer = await host.call("status", { extension });
    const operations = operationNames.filter((name) => {
      const verb = hostVerbOf[name];
      return verb === null || answer.operations.includes(verb);
    });
    if (answer.protocol !== HOST_PROTOCOL || neededHostVersion(policy, answer.version) !== null)
      return { extension, host: answer.version, operations: ["status"], carriers: [] };
    return { extension, host: answer.version, operations, carriers: admittedCarriers(policy, answer.carriers) };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { extension, host: null, operations: ["status"], carriers: [] };
  }
}
