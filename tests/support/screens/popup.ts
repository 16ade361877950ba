/** The popup of the toolbar: the real one, over the tab that is in front. */
import { says, type Stage } from "@certbridge/demo/walk";
import type { Page } from "puppeteer";

/** Brings the page to the front and opens the popup over it; waits for these words in it. */
export async function openPopup(stage: Stage, over: Page, words: string): Promise<Page> {
  const { browser } = stage.browser;
  const address = stage.browser.extensionUrl("popup.html");
  await over.bringToFront();
  const known = new Set(browser.targets());
  const opened = browser.waitForTarget((target) => !known.has(target) && target.url() === address, { timeout: 15_000 });
  const worker = await stage.browser.worker();
  // An approval window has no toolbar: the popup belongs to the window with the tabs.
  await worker.evaluate(
    `chrome.windows.getAll({ windowTypes: ["normal"] }).then(async ([{ id: windowId }]) => {
      await chrome.windows.update(windowId, { focused: true });
      await chrome.action.openPopup({ windowId });
    })`,
  );
  const page = await (await opened).asPage();
  await says(page, words);
  return page;
}

/** As a click beside it does. */
export async function closePopup(page: Page): Promise<void> {
  await page.evaluate(() => window.close()).catch(() => undefined);
}
