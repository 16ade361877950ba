import type { Storage } from "webextension-polyfill";
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

/**
 * Keeps what is on disk from content scripts, which live in the same process as the page. Chromium alone lets them in unless told
 * otherwise; its memory is closed to them anyway. Firefox has no such setting, and no content script of ours asks.
 */
export async function closeDisk(): Promise<void> {
  type Closable = Storage.StorageArea & { setAccessLevel?(level: { accessLevel: "TRUSTED_CONTEXTS" }): Promise<void> };
  const disk: Closable = browser.storage.local;
  await disk.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
}
