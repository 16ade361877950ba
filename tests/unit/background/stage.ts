/**
 * A browser for the background to stand on: storage in memory, windows by number. Import this before any room of the extension.
 */

export const stored = new Map<string, unknown>();
export const windows = { open: new Set<number>(), last: 0 };

const area = {
  get: (key: string | null) =>
    Promise.resolve(key === null ? Object.fromEntries(stored) : stored.has(key) ? { [key]: stored.get(key) } : {}),
  set(items: Record<string, unknown>) {
    for (const [key, value] of Object.entries(items)) stored.set(key, structuredClone(value));
    return Promise.resolve();
  },
  remove(key: string) {
    stored.delete(key);
    return Promise.resolve();
  },
};

const none = { addListener: () => undefined };

Object.assign(globalThis, {
  chrome: { runtime: { id: "stage" } },
  browser: {
    runtime: {
      id: "stage",
      getURL: (path: string) => `https://stage.test/${path}`,
      getManifest: () => ({ version: "0.1.0" }),
      onMessage: none,
    },
    storage: { session: area, local: area },
    windows: {
      create() {
        const id = ++windows.last;
        windows.open.add(id);
        return Promise.resolve({ id });
      },
      get: (id: number) => (windows.open.has(id) ? Promise.resolve({ id }) : Promise.reject(new Error("no window"))),
      remove(id: number) {
        windows.open.delete(id);
        return Promise.resolve();
      },
      update: () => Promise.resolve({}),
      onRemoved: none,
    },
  },
});
