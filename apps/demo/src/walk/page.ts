import type { Page } from "puppeteer";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** The languages that the extension speaks. */
export type Language = "zh-CN" | "zh-TW" | "en";

/**
 * A page as people use it, whichever browser shows it: as much of puppeteer's `Page` as actors and stories need. Firefox has an
 * implementation of its own (firefox-page.ts), since nothing but Marionette reaches an extension's pages there.
 */
export interface WalkPage {
  /** Runs a function in the page, with arguments and result that JSON can carry. */
  evaluate: Page["evaluate"];
  click(selector: string): Promise<void>;
  /** Types at the end of what a field holds. */
  type(selector: string, text: string): Promise<void>;
  bringToFront(): Promise<void>;
  reload(): Promise<unknown>;
  screenshot(options: { readonly path: `${string}.png` }): Promise<unknown>;
  close(): Promise<void>;
}

/** A real browser with the extension loaded. */
export interface ExtensionBrowser<P extends WalkPage = WalkPage> {
  /** Opens a page and goes to the address. */
  open(url: string): Promise<P>;
  /** Address of a page of the extension. */
  extensionUrl(path: string): string;
  /** Waits for a window of the extension whose path begins so, and that was not given before: one that just ends is no new one. */
  extensionPage(path: string): Promise<P>;
  /** Whether the page's tab or window is there still. */
  isOpen(page: P): Promise<boolean>;
  /** Resolves when the browser has ended, by itself or by a person. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** A screenshot under the folder, of what the page shows. */
export async function photograph(page: WalkPage, folder: string, name: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) as `${string}.png` });
}
