/**
 * The browser's own permission for a site. Asking for it shows the browser's prompt, which it allows only inside a
 * person's click: call {@link requestSite} before the first `await` of a click's handler.
 */
import browser from "webextension-polyfill";
import { hostPattern } from "./match-patterns.ts";

/** Asks the person, in the browser's words. False where they said no. */
export function requestSite(origin: string): Promise<boolean> {
  return browser.permissions.request({ origins: [hostPattern(origin)] });
}
