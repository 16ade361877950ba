import { browser } from "./browser.ts";

export function extensionVersion(): string {
  return browser.runtime.getManifest().version;
}

export function onInstalled(listener: (reason: string) => void): void {
  browser.runtime.onInstalled.addListener((details) => listener(details.reason));
}
