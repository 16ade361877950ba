import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostKey } from "@certbridge/protocol/host";
import type { Policy, PolicyKey, PolicyName, PolicyValues } from "@certbridge/protocol/policy";

/**
 * What the administrator's policy decides, question by question. Nothing here reads or waits: the policy comes in as it binds now.
 * A key that forbids and is broken forbids all that it could (docs/decisions/0007-policy-fails-closed.md).
 */

/** A key's value; null where the policy does not set it. A broken one is asked for by {@link isBroken}. */
function valueOf<K extends PolicyKey>(policy: Policy, key: K): PolicyValues[K] | null {
  const setting = policy.settings[key];
  return "value" in setting ? setting.value : null;
}

const isBroken = (policy: Policy, key: PolicyKey) => policy.settings[key].source === "broken";

/** Whether one version comes before another, number by number. What is no version comes before every one. */
export function isOlder(version: string, than: string): boolean {
  const numbers = version.split(".").map((part) => Number.parseInt(part, 10));
  const needed = than.split(".").map(Number);
  for (const [at, number] of needed.entries()) {
    const own = numbers[at] ?? 0;
    if (Number.isNaN(own) || own < number) return true;
    if (own > number) return false;
  }
  return false;
}

export function blockedOrigins(policy: Policy): string[] {
  return [...(valueOf(policy, "blockedOrigins") ?? [])];
}

/** In whose name everything is refused; null where not everything is. */
export function refusalOfAll(policy: Policy, extensionVersion: string): PolicyName | null {
  if (policy.unreadable !== null) return policy.unreadable;
  const needed = valueOf(policy, "minimumExtensionVersion");
  if (needed !== null && isOlder(extensionVersion, needed)) return "minimumExtensionVersion";
  for (const key of ["blockedOrigins", "minimumExtensionVersion", "minimumHostVersion"] as const) {
    if (isBroken(policy, key)) return key;
  }
  return null;
}

/** In whose name this origin is refused; null where it is not. */
export function refusalOf(policy: Policy, origin: string, extensionVersion: string): PolicyName | null {
  return blockedOrigins(policy).includes(origin) ? "blockedOrigins" : refusalOfAll(policy, extensionVersion);
}

/** @throws OperationError BLOCKED_BY_POLICY */
export function mustNotRefuse(policy: Policy, origin: string, extensionVersion: string): void {
  const refusal = refusalOf(policy, origin, extensionVersion);
  if (refusal !== null) throw new OperationError("BLOCKED_BY_POLICY", { policy: refusal });
}

/** Whether pages of this http origin may ask. */
export function admitsInsecure(policy: Policy, origin: string): boolean {
  return valueOf(policy, "insecureOrigins")?.includes(origin) === true;
}

/** Platforms that the policy adds. An http origin has no name in it. */
export function addedPlatforms(policy: Policy): readonly { readonly origin: string; readonly name: string | null }[] {
  const insecure = (valueOf(policy, "insecureOrigins") ?? []).map((origin) => ({ origin, name: null }));
  const platforms = [...(valueOf(policy, "extraPlatforms") ?? []), ...insecure];
  // The first name counts; the second one is told as a problem.
  return platforms.filter(({ origin }, at) => platforms.findIndex((other) => other.origin === origin) === at);
}

/** Whether any key can be refused at all. */
export function limitsKeys({ settings }: Policy): boolean {
  return settings.allowedCarriers.source !== "default" || settings.allowedAuthorities.source !== "default";
}

function admitsCarrier(policy: Policy, carrier: Carrier): boolean {
  if (isBroken(policy, "allowedCarriers")) return false;
  return valueOf(policy, "allowedCarriers")?.includes(carrier) ?? true;
}

export function admittedCarriers(policy: Policy, carriers: readonly Carrier[]): Carrier[] {
  return carriers.filter((carrier) => admitsCarrier(policy, carrier));
}

/** In whose name a key is left out; null where it may be used. A key whose CA is not known is of none that is allowed. */
export function refusalOfKey(policy: Policy, key: Pick<HostKey, "carrier" | "issuerKeySm3">): PolicyKey | null {
  if (!admitsCarrier(policy, key.carrier)) return "allowedCarriers";
  if (isBroken(policy, "allowedAuthorities")) return "allowedAuthorities";
  const authorities = valueOf(policy, "allowedAuthorities");
  const isAllowed = authorities === null || authorities.includes(key.issuerKeySm3 ?? "");
  return isAllowed ? null : "allowedAuthorities";
}

/** The version that the companion program must have, where this one is older. */
export function neededHostVersion(policy: Policy, version: string): string | null {
  const needed = valueOf(policy, "minimumHostVersion");
  return needed !== null && isOlder(version, needed) ? needed : null;
}
