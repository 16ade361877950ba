import { browser } from "./browser.ts";

/** What a surface may do with its own window and with tabs. */
export function openExtensionPage(path: string): void {
  void browser.tabs.create({ url: browser.runtime.getURL(path) });
}

/** The tab that the popup was opened over. */
export async function activeTab(): Promise<{ readonly id: number; readonly url: string }> {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return { id: tab?.id ?? -1, url: tab?.url ?? "" };
}

/** Asks the browser, which asks the person; must be called in the click. */
export function requestAccess(origin: string): Promise<boolean> {
  return browser.permissions.request({ origins: [`${origin}/*`] });
}

export function version(): string {
  return browser.runtime.getManifest().version;
}
