import type { ManagedStorage } from "../../../extension/platform/managed.ts";

/** A browser's managed storage in a test's hands: Chromium's, which says nothing before it has read, unless told. */
export interface Managed extends ManagedStorage {
  /** The browser has read this; an empty one: it has seen that there is none. Tells a change, as Chromium does. */
  arrive(values: Readonly<Record<string, unknown>>): void;
  /** The browser starts anew, and has read nothing. */
  restart(): void;
  failing: boolean;
  readonly listeners: Set<() => void>;
}

export function openManaged(options: { readonly firefox?: boolean; readonly byAdministrator?: boolean } = {}): Managed {
  let values: Readonly<Record<string, unknown>> = {};
  const listeners = new Set<() => void>();
  return {
    failing: false,
    listeners,
    read() {
      if (this.failing) return Promise.reject(new Error("the disk fails"));
      const settled = options.firefox === true || Object.keys(values).length > 0;
      return Promise.resolve({ values: structuredClone(values), settled });
    },
    onChanged: (listener) => void listeners.add(listener),
    isInstalledByAdministrator: () => Promise.resolve(options.byAdministrator === true),
    arrive(next) {
      values = next;
      for (const listener of listeners) listener();
    },
    restart() {
      values = {};
      listeners.clear();
    },
  };
}
