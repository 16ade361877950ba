import { browser } from "./browser.ts";
import { isFirefox } from "./environment.ts";

/** What the browser holds of the administrator's policy for this extension. */
export interface ManagedRead {
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * Whether this is all: Firefox reads policies before any extension runs. Chromium answers with nothing for some seconds after
   * each start, and then tells a change.
   */
  readonly settled: boolean;
}

export interface ManagedStorage {
  read(): Promise<ManagedRead>;
  /** The browser has read a policy that is not the one before, or has seen it go. */
  onChanged(listener: () => void): void;
  /** Whether an administrator put this extension here, so that a policy is to be expected. */
  isInstalledByAdministrator(): Promise<boolean>;
}

export const managedStorage: ManagedStorage = {
  async read() {
    try {
      const values = await browser.storage.managed.get();
      return { values, settled: isFirefox() || Object.keys(values).length > 0 };
    } catch {
      // Firefox: no policy names this extension.
      return { values: {}, settled: isFirefox() };
    }
  },
  onChanged(listener) {
    browser.storage.onChanged.addListener((_changes, area) => {
      if (area === "managed") listener();
    });
  },
  isInstalledByAdministrator: async () => (await browser.management.getSelf()).installType === "admin",
};
