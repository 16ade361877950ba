import { browser } from "./browser.ts";

/** Rings once, at about this time, also where the background sleeps; in the place of one of the same name. @param at milliseconds since 1970 */
export async function setAlarm(name: string, at: number): Promise<void> {
  await browser.alarms.clear(name);
  // The polyfill and Firefox give nothing back, newer Chromium a promise.
  await browser.alarms.create(name, { when: at });
}

export async function clearAlarm(name: string): Promise<void> {
  await browser.alarms.clear(name);
}

export function onAlarm(name: string, listener: () => void): void {
  browser.alarms.onAlarm.addListener((alarm) => {
    if (alarm.name === name) listener();
  });
}
