import { browser } from "./browser.ts";

export function extensionVersion(): string {
  return browser.runtime.getManifest().version;
}

/** A profile's browser has started, with this extension in it. */
export function onStarted(listener: () => void): void {
  browser.runtime.onStartup.addListener(listener);
}

export function onInstalled(listener: (reason: string) => void): void {
  browser.runtime.onInstalled.addListener((details) => listener(details.reason));
}

/** Told by a function that no other browser has. */
export function isFirefox(): boolean {
  return "getBrowserInfo" in browser.runtime;
}
