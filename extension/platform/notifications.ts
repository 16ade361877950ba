import { browser } from "./browser.ts";

/** Only Chromium tells whether it shows them. */
type Notifications = typeof browser.notifications & { getPermissionLevel?(): Promise<"granted" | "denied"> };

const notifications = (): Notifications | undefined => browser.notifications;

/** Shows it in the place of one with the same id. False where the browser shows none, or the person does not want any. */
export async function notify(id: string, title: string, message: string): Promise<boolean> {
  const shown = notifications();
  if (shown === undefined || (await shown.getPermissionLevel?.()) === "denied") return false;
  try {
    await shown.create(id, { type: "basic", iconUrl: browser.runtime.getURL("icon/128.png"), title, message });
    return true;
  } catch {
    return false;
  }
}

export function onNotificationClicked(listener: (id: string) => void): void {
  notifications()?.onClicked.addListener((id) => {
    listener(id);
    void notifications()?.clear(id);
  });
}

/** A mark on the toolbar's button; none where it is empty. */
export async function setBadge(text: string): Promise<void> {
  await browser.action.setBadgeText({ text });
}
