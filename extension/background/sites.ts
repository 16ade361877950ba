import { builtinRegistry, findPlatform, parseRegistry, type Registry } from "@certbridge/trust";
import type { OptionsView, Platform } from "@certbridge/protocol/surface";
import * as v from "valibot";
import { isGranted, registerScripts, unregisterScripts } from "../platform/sites.ts";
import { openTable } from "../platform/storage.ts";

/** Which origins may ask: those of the registry, and those that a person added; each only while the browser grants access. */
export interface Sites {
  /** The platform of an origin that may ask now; null for every other. */
  participating(origin: string): Promise<Platform | null>;
  /** The platform that would take part if the browser's permission were there. */
  waitingForPermission(origin: string): Promise<Platform | null>;
  list(): Promise<OptionsView["sites"]>;
  add(origin: string): Promise<void>;
  remove(origin: string): Promise<void>;
  /** Puts the scripts into pages of added origins that were granted in the meantime. */
  refresh(): Promise<void>;
}

const added = v.object({ origin: v.string() });

/** The registry that the build put in; the built-in one where it put none. */
function buildRegistry(): Registry {
  return BUILD_REGISTRY === null ? builtinRegistry : parseRegistry(BUILD_REGISTRY);
}

export function openSites(): Sites {
  const registry = buildRegistry();
  const table = openTable("local", "site");

  async function addedOrigins(): Promise<readonly string[]> {
    return (await table.all()).flatMap((entry) => {
      const parsed = v.safeParse(added, entry);
      return parsed.success ? [parsed.output.origin] : [];
    });
  }

  async function known(origin: string): Promise<Platform | null> {
    const registered = findPlatform(registry, origin);
    if (registered !== null) return { origin, name: registered.name };
    return (await addedOrigins()).includes(origin) ? { origin, name: null } : null;
  }

  return {
    async participating(origin) {
      const platform = await known(origin);
      return platform !== null && (await isGranted(origin)) ? platform : null;
    },
    async waitingForPermission(origin) {
      const platform = await known(origin);
      return platform !== null && !(await isGranted(origin)) ? platform : null;
    },
    async list() {
      const rows: OptionsView["sites"] = [];
      for (const platform of registry.platforms.filter(({ enabled }) => enabled)) {
        for (const origin of platform.origins) {
          rows.push({
            platform: { origin, name: platform.name },
            source: "registry",
            granted: await isGranted(origin),
          });
        }
      }
      for (const origin of await addedOrigins()) {
        rows.push({ platform: { origin, name: null }, source: "person", granted: await isGranted(origin) });
      }
      return rows;
    },
    async add(origin) {
      await table.set(origin, { origin });
      if (await isGranted(origin)) await registerScripts(origin);
    },
    async remove(origin) {
      await table.remove(origin);
      await unregisterScripts(origin);
    },
    async refresh() {
      for (const origin of await addedOrigins()) {
        if (await isGranted(origin)) await registerScripts(origin);
        else await unregisterScripts(origin);
      }
    },
  };
}
