/**
 * A browser for the background to stand on: storage in memory, windows by number, native messaging to whoever the test puts there.
 * Import this before any room of the extension.
 */
import { fetchBuilt } from "../../support/built-files.ts";

export const stored = new Map<string, unknown>();
export const windows = { open: new Set<number>(), last: 0 };

/** The companion program at the other end: null for none. Every message that passes is kept, as it travels. */
export const native: {
  answer: ((message: unknown) => Promise<unknown>) | null;
  passed: string[];
  /** How often it was started. */
  starts: number;
  /** Ends the run that was started last. */
  end(): void;
} = { answer: null, passed: [], starts: 0, end: () => undefined };

function connectNative(): object {
  native.starts += 1;
  const { answer } = native;
  const [heard, ended]: [Set<(message: unknown) => void>, Set<(port: object) => void>] = [new Set(), new Set()];
  let isOpen = true;
  const port = {
    onMessage: { addListener: (listener: (message: unknown) => void) => heard.add(listener) },
    onDisconnect: { addListener: (listener: (port: object) => void) => ended.add(listener) },
    error: { message: answer === null ? "Specified native messaging host not found." : "Native host has exited." },
    postMessage(message: unknown) {
      const text = JSON.stringify(message);
      native.passed.push(text);
      void answer?.(JSON.parse(text)).then((reply) => {
        const back = JSON.stringify(reply);
        native.passed.push(back);
        if (isOpen) for (const listener of heard) listener(JSON.parse(back));
      });
    },
    disconnect() {
      isOpen = false;
    },
  };
  native.end = () => {
    isOpen = false;
    for (const listener of ended) listener(port);
  };
  if (answer === null) queueMicrotask(() => native.end());
  return port;
}

/** Messages between the extension's own windows and its background; the test connects them. */
export const own: { send(message: unknown): Promise<unknown> } = { send: () => Promise.resolve() };

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
  fetch: fetchBuilt,
  chrome: { runtime: { id: "stage" } },
  browser: {
    runtime: {
      id: "stage",
      getURL: (path: string) => `https://stage.test/${path}`,
      getManifest: () => ({ version: "0.1.0" }),
      onMessage: { ...none, removeListener: () => undefined },
      sendMessage: (message: unknown) => own.send(message),
      connectNative,
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
