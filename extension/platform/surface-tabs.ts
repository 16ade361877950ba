/** The few things that the extension's own pages do with tabs and with themselves. */
import browser from "webextension-polyfill";

/** The tab over which the popup was opened. Its address is empty where the browser does not tell it. */
export async function activeTab(): Promise<{ tabId: number; url: string } | null> {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab?.id === undefined ? null : { tabId: tab.id, url: tab.url ?? "" };
}

export async function reloadTab(tabId: number): Promise<void> {
  await browser.tabs.reload(tabId);
}

/** Opens the page that helps to install what is missing. */
export async function openWelcome(): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL("/welcome.html") });
}

/** Opens the report for whoever helps. */
export async function openReport(): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL("/report.html") });
}

/** Opens the bids that wait for their opening. @param at which of them, by its package id; or `rescue`, to have all of them checked at once */
export async function openBids(at = ""): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL(`/bids.html${at === "" ? "" : `#${at}`}`) });
}

/** Takes a reminder's mark off the toolbar's button. */
export async function clearBadge(): Promise<void> {
  await browser.action.setBadgeText({ text: "" });
}

/** Opens a platform's first page. @param origin as the program's registry has it */
export async function openPlatform(origin: string): Promise<void> {
  await browser.tabs.create({ url: `${origin}/` });
}

/** Opens the list of sites. */
export async function openOptions(): Promise<void> {
  await browser.runtime.openOptionsPage();
}

/** The extension's version, as its manifest says. */
export function extensionVersion(): string {
  return browser.runtime.getManifest().version;
}
