import { builtinRegistry, findPlatform, parseRegistry, type Registry } from "@certbridge/trust";
import { OperationError } from "@certbridge/protocol/errors";
import type { Policy } from "@certbridge/protocol/policy";
import type { OptionsView, Platform } from "@certbridge/protocol/surface";
import * as v from "valibot";
import { extensionVersion } from "../platform/environment.ts";
import { isGranted, registeredOrigins, registerScripts, unregisterScripts } from "../platform/sites.ts";
import { openTable } from "../platform/storage.ts";
import { addedPlatforms, mustNotRefuse, refusalOf } from "./policy.ts";
import type { PolicySource } from "./policy-source.ts";

/**
 * Which origins may ask: those of the registry, those of the administrator's policy, and those that a person added; each only while
 * the browser grants access, and none that the policy forbids.
 */
export interface Sites {
  /** The platform of an origin that may ask now; null for every other. */
  participating(origin: string): Promise<Platform | null>;
  /** The platform that would take part if the browser's permission were there. */
  waitingForPermission(origin: string): Promise<Platform | null>;
  list(): Promise<OptionsView["sites"]>;
  /** @throws OperationError BLOCKED_BY_POLICY */
  add(origin: string): Promise<void>;
  remove(origin: string): Promise<void>;
  /** Puts the scripts into pages of added origins that are granted, and takes them out of all others. */
  refresh(): Promise<void>;
}

/**
 * The platform of an origin that may ask now.
 *
 * @throws OperationError BLOCKED_BY_POLICY, SITE_NOT_ALLOWED
 */
export async function admit(sites: Sites, policies: PolicySource, origin: string): Promise<Platform> {
  const { policy } = await policies.current();
  mustNotRefuse(policy, origin, extensionVersion());
  const platform = await sites.participating(origin);
  if (platform === null) throw new OperationError("SITE_NOT_ALLOWED");
  return platform;
}

const added = v.object({ origin: v.string() });

/** The registry that the build put in; the built-in one where it put none. */
function buildRegistry(): Registry {
  return BUILD_REGISTRY === null ? builtinRegistry : parseRegistry(BUILD_REGISTRY);
}

export function openSites(policies: PolicySource): Sites {
  const registry = buildRegistry();
  const table = openTable("local", "site");
  let turn: Promise<unknown> = Promise.resolve();

  const policyInForce = async () => (await policies.current()).policy;
  const refusalBy = (policy: Policy, origin: string) => refusalOf(policy, origin, extensionVersion());

  async function addedOrigins(): Promise<readonly string[]> {
    return (await table.all()).flatMap((entry) => {
      const parsed = v.safeParse(added, entry);
      return parsed.success ? [parsed.output.origin] : [];
    });
  }

  async function known(policy: Policy, origin: string): Promise<Platform | null> {
    if (refusalBy(policy, origin) !== null) return null;
    const registered = findPlatform(registry, origin);
    if (registered !== null) return { origin, name: registered.name };
    const byPolicy = addedPlatforms(policy).find((platform) => platform.origin === origin);
    if (byPolicy !== undefined) return byPolicy;
    return (await addedOrigins()).includes(origin) ? { origin, name: null } : null;
  }

  /** Every origin that is named anywhere, once, by the first who names it. */
  async function named(policy: Policy): Promise<readonly Pick<OptionsView["sites"][number], "platform" | "source">[]> {
    const ofRegistry = registry.platforms
      .filter(({ enabled }) => enabled)
      .flatMap(({ name, origins }) => origins.map((origin) => ({ origin, name })));
    const ofPerson = (await addedOrigins()).map((origin) => ({ origin, name: null }));
    const all = [
      ...ofRegistry.map((platform) => ({ platform, source: "registry" as const })),
      ...addedPlatforms(policy).map((platform) => ({ platform, source: "policy" as const })),
      ...ofPerson.map((platform) => ({ platform, source: "person" as const })),
    ];
    const isFirst = (origin: string, at: number) => all.findIndex(({ platform }) => platform.origin === origin) === at;
    return all.filter(({ platform }, at) => isFirst(platform.origin, at));
  }

  async function refresh(): Promise<void> {
    const policy = await policyInForce();
    const wanted = new Set<string>();
    for (const { platform, source } of await named(policy)) {
      const isAdded = source !== "registry" && refusalBy(policy, platform.origin) === null;
      if (isAdded && (await isGranted(platform.origin))) wanted.add(platform.origin);
    }
    const registered = new Set(await registeredOrigins());
    for (const origin of registered) if (!wanted.has(origin)) await unregisterScripts(origin);
    for (const origin of wanted) if (!registered.has(origin)) await registerScripts(origin);
  }

  /** Two at once would put the same script in twice. */
  function refreshInTurn(): Promise<void> {
    const refreshed = turn.then(refresh);
    turn = refreshed.catch(() => undefined);
    return refreshed;
  }

  return {
    async participating(origin) {
      const platform = await known(await policyInForce(), origin);
      return platform !== null && (await isGranted(origin)) ? platform : null;
    },
    async waitingForPermission(origin) {
      const platform = await known(await policyInForce(), origin);
      return platform !== null && !(await isGranted(origin)) ? platform : null;
    },
    async list() {
      const policy = await policyInForce();
      const rows: OptionsView["sites"] = [];
      for (const { platform, source } of await named(policy)) {
        const refusal = refusalBy(policy, platform.origin);
        const granted = await isGranted(platform.origin);
        rows.push({ platform, source, granted, ...(refusal === null ? {} : { blockedBy: refusal }) });
      }
      return rows;
    },
    async add(origin) {
      mustNotRefuse(await policyInForce(), origin, extensionVersion());
      await table.set(origin, { origin });
      await refreshInTurn();
    },
    async remove(origin) {
      await table.remove(origin);
      await refreshInTurn();
    },
    refresh: refreshInTurn,
  };
}
