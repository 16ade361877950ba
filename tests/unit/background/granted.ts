/** A browser that grants sites and puts scripts into pages. Import this after the stage and before any room of the extension. */
import "./stage.ts";

export const granted = new Set<string>();
/** Scripts that were put in, by id: the pattern of their pages. */
export const scripts = new Map<string, string>();

interface Script {
  readonly id: string;
  readonly matches: readonly [string];
}

const { browser } = globalThis as typeof globalThis & { browser: object };

Object.assign(browser, {
  permissions: {
    contains: ({ origins }: { origins: readonly string[] }) =>
      Promise.resolve(origins.every((pattern) => granted.has(pattern.replace(/\/\*$/, "")))),
  },
  scripting: {
    getRegisteredContentScripts: () => Promise.resolve(Array.from(scripts.keys(), (id) => ({ id }))),
    registerContentScripts(added: readonly Script[]) {
      for (const { id, matches } of added) {
        if (scripts.has(id)) return Promise.reject(new Error(`Duplicate script ID '${id}'`));
        scripts.set(id, matches[0]);
      }
      return Promise.resolve();
    },
    unregisterContentScripts({ ids }: { ids: readonly string[] }) {
      for (const id of ids) scripts.delete(id);
      return Promise.resolve();
    },
  },
});

Object.assign(globalThis, { BUILD_REGISTRY: null });
