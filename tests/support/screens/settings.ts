/** The browser's own page of extensions, where a person allows a site or takes that back. */
import type { Stage } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";

export interface Settings {
  /** What the person does there; no page may ask for it in their place. */
  permit(origin: string, allowed: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openSettings({ browser }: Stage): Promise<Settings> {
  const page = await browser.open("chrome://extensions");
  return {
    permit: (origin, allowed) =>
      page.evaluate(
        (id, pattern, call) =>
          new Promise<void>((resolve) => {
            type Private = Record<string, (id: string, host: string, done: () => void) => void>;
            const { developerPrivate } = (window as unknown as { chrome: { developerPrivate: Private } }).chrome;
            developerPrivate[call]?.(id, pattern, resolve);
          }),
        CHROMIUM_EXTENSION_ID,
        `${origin}/*`,
        allowed ? "addHostPermission" : "removeHostPermission",
      ),
    close: () => page.close(),
  };
}
