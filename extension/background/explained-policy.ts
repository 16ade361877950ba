import { type Policy, type PolicyKey, policyKeys } from "@certbridge/protocol/policy";
import type { PolicyView } from "@certbridge/protocol/surface";
import { extensionVersion } from "../platform/environment.ts";
import { refusalOfAll } from "./policy.ts";
import type { PolicySource } from "./policy-source.ts";

function linesOf({ settings }: Policy, key: PolicyKey): string[] {
  const setting = settings[key];
  if (!("value" in setting)) return [];
  const { value } = setting;
  if (typeof value === "string") return [value];
  return value.map((entry) => (typeof entry === "string" ? entry : `${entry.name} ${entry.origin}`));
}

/** The policy in force, key by key: value, where it comes from, and what is wrong. */
export async function explainPolicy(policies: PolicySource): Promise<PolicyView> {
  const { policy, state } = await policies.current();
  return {
    state,
    installedByAdministrator: await policies.isInstalledByAdministrator(),
    settings: policyKeys.map((key) => ({
      key,
      source: policy.settings[key].source,
      values: linesOf(policy, key),
    })),
    refusesAll: refusalOfAll(policy, extensionVersion()),
    problems: policy.problems.map((problem) => ({ ...problem })),
  };
}
