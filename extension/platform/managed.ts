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
  /** Rejects where the browser cannot say whether there is a policy. */
  read(): Promise<ManagedRead>;
  /** The browser has read a policy that is not the one before, or has seen it go. */
  onChanged(listener: () => void): void;
  /** Whether an administrator put this extension here, so that a policy is to be expected. */
  isInstalledByAdministrator(): Promise<boolean>;
}

const NO_POLICY: ManagedRead = { values: {}, settled: true };

/** Firefox's words where no policy names this extension. */
const isAbsence = (error: unknown) => error instanceof Error && error.message.includes("not found");

export const managedStorage: ManagedStorage = {
  async read() {
    // Some browsers made from Chromium have none.
    const managed = browser.storage.managed as typeof browser.storage.managed | undefined;
    if (managed === undefined) return NO_POLICY;
    try {
      const values = await managed.get();
      return { values, settled: isFirefox() || Object.keys(values).length > 0 };
    } catch (error) {
      if (isFirefox() && isAbsence(error)) return NO_POLICY;
      throw error;
    }
  },
  onChanged(listener) {
    browser.storage.onChanged.addListener((_changes, area) => {
      if (area === "managed") listener();
    });
  },
  isInstalledByAdministrator: async () => (await browser.management.getSelf()).installType === "admin",
};
