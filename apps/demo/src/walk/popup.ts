/** The popup of the toolbar: the real one, over the tab that is in front. */
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import type { Page } from "puppeteer";
import type { ChromiumBrowser } from "./browser.ts";
import { says } from "./clerk.ts";

/** Brings the page to the front and opens the popup over it; waits for these words in it. */
export async function openPopup(chromium: ChromiumBrowser, over: Page, words: string): Promise<Page> {
  const { browser } = chromium;
  const address = chromium.extensionUrl("popup.html");
  await over.bringToFront();
  const known = new Set(browser.targets());
  const opened = browser.waitForTarget((target) => !known.has(target) && target.url() === address, { timeout: 15_000 });
  const extension = (await browser.extensions()).get(CHROMIUM_EXTENSION_ID);
  if (extension === undefined) throw new Error("the extension is not there");
  // A click on the icon, which also lets the extension know what page is below it.
  await over.triggerExtensionAction(extension);
  const page = await (await opened).asPage();
  await says(page, words);
  return page;
}

/** As a click beside it does. */
export async function closePopup(page: Page): Promise<void> {
  await page.evaluate(() => window.close()).catch(() => undefined);
}
