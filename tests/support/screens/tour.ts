/** What every chapter of the tour through the screens has at hand. */
import { closePopup, openPopup, openSite, says, type Site, type Stage } from "@certbridge/demo/walk";
import type { Page } from "puppeteer";
import type { Inspection } from "./inspect.ts";
import type { Words } from "./words.ts";

export interface Tour {
  readonly stage: Stage;
  readonly words: Words;
  readonly see: Inspection["see"];
}

/** A platform's page, opened. */
export function openPlatform({ stage }: Tour, which: "a" | "b"): Promise<Site> {
  return openSite(stage.browser, stage.demo.platforms[which].origin);
}

/** Opens the extension's own page, waits for these words in it, looks at it, and closes it. */
export async function seePage(tour: Tour, name: string, path: string, words: string): Promise<void> {
  const page = await tour.stage.browser.open(tour.stage.browser.extensionUrl(path));
  await says(page, words);
  await tour.see(name, page);
  await page.close();
}

/** Opens the popup over the page, waits for these words in it, looks at it, does something in it, and closes it. */
export async function seePopup(
  tour: Tour,
  name: string,
  over: Page,
  words: string,
  use: (popup: Page) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const popup = await openPopup(tour.stage.browser, over, words);
  await tour.see(name, popup);
  await use(popup);
  await closePopup(popup);
}
