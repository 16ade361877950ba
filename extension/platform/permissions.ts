/**
 * The browser's own permission for a site. Asking for it shows the browser's prompt, which it allows only inside a
 * person's click: call {@link requestSite} before the first `await` of a click's handler.
 */
import browser from "webextension-polyfill";

/**
 * The pattern under which browsers know an origin. It names no port: what a person grants is a host, in both browsers, and Firefox
 * holds a pattern with a port for one that was not granted. Which port may ask is the background's to decide, by exact origin.
 */
export function patternOf(origin: string): string {
  return `https://${new URL(origin).hostname}/*`;
}

/** Asks the person, in the browser's words. False where they said no. */
export function requestSite(origin: string): Promise<boolean> {
  return browser.permissions.request({ origins: [patternOf(origin)] });
}
