import { browser } from "./browser.ts";

/** A table in the browser's memory (`session`, gone with the browser, unseen by pages) or on disk (`local`). */
export interface Table {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** Values of all keys. */
  all(): Promise<readonly unknown[]>;
}

export function openTable(area: "session" | "local", name: string): Table {
  const prefix = `${name}:`;
  const storage = browser.storage[area];
  return {
    get: async (key) => (await storage.get(prefix + key))[prefix + key],
    set: (key, value) => storage.set({ [prefix + key]: value }),
    remove: (key) => storage.remove(prefix + key),
    async keys() {
      const everything = Object.keys(await storage.get(null));
      return everything.flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
    },
    async all() {
      const everything = await storage.get(null);
      return Object.entries(everything).flatMap(([key, value]) => (key.startsWith(prefix) ? [value] : []));
    },
  };
}
