/** The browser's own page of extensions, where a person allows a site or takes that back; no page may ask for it in their place. */
import type { Stage } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";

export interface Settings {
  /** @param pattern a match pattern, such as `https://bid.example.com/*` */
  grant(pattern: string): Promise<void>;
  withdraw(pattern: string): Promise<void>;
  /** Whether the extension may go to all sites that it names, or to those that the person chose. */
  limitTo(sites: "all" | "chosen"): Promise<void>;
  close(): Promise<void>;
}

/** What the browser's page itself calls when the person clicks. */
interface Managed {
  readonly developerPrivate: Readonly<Record<string, (...words: readonly unknown[]) => void>>;
  readonly runtime: { readonly lastError?: { readonly message: string } };
}

export async function openSettings({ browser }: Stage): Promise<Settings> {
  const page = await browser.open("chrome://extensions");

  const call = (name: string, ...words: readonly unknown[]) =>
    page.evaluate(
      (called, given) =>
        new Promise<void>((done, refuse) => {
          const { chrome } = window as unknown as { chrome: Managed };
          const call = chrome.developerPrivate[called];
          if (call === undefined) throw new Error(`this browser has no ${called}`);
          call(...given, () => {
            const { lastError } = chrome.runtime;
            if (lastError === undefined) done();
            else refuse(new Error(lastError.message));
          });
        }),
      name,
      words,
    );

  return {
    grant: (pattern) => call("addHostPermission", CHROMIUM_EXTENSION_ID, pattern),
    withdraw: (pattern) => call("removeHostPermission", CHROMIUM_EXTENSION_ID, pattern),
    limitTo: (sites) =>
      call("updateExtensionConfiguration", {
        extensionId: CHROMIUM_EXTENSION_ID,
        hostAccess: sites === "all" ? "ON_ALL_SITES" : "ON_SPECIFIC_SITES",
      }),
    close: () => page.close(),
  };
}

/** Opens the page, grants, and closes it. */
export async function grantInBrowser(stage: Stage, pattern: string): Promise<void> {
  const settings = await openSettings(stage);
  await settings.grant(pattern);
  await settings.close();
}
