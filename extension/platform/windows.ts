import { browser } from "./browser.ts";

/** Opens a window of the extension's own, in front; gives its id. */
export async function openWindow(path: string, width: number, height: number): Promise<number> {
  const opened = await browser.windows.create({
    type: "popup",
    url: browser.runtime.getURL(path),
    width,
    height,
    focused: true,
  });
  if (opened.id === undefined) throw new Error("the browser opened a window without an id");
  return opened.id;
}

export async function windowExists(id: number): Promise<boolean> {
  return browser.windows.get(id).then(
    () => true,
    () => false,
  );
}

export async function focusWindow(id: number): Promise<void> {
  await browser.windows.update(id, { focused: true, drawAttention: true }).catch(() => undefined);
}

export async function closeWindow(id: number): Promise<void> {
  await browser.windows.remove(id).catch(() => undefined);
}

export function onWindowClosed(listener: (id: number) => unknown): void {
  browser.windows.onRemoved.addListener((id) => void listener(id));
}

export function onTabClosed(listener: (id: number) => unknown): void {
  browser.tabs.onRemoved.addListener((id) => void listener(id));
}

export async function focusTab(id: number): Promise<void> {
  const tab = await browser.tabs.update(id, { active: true }).catch(() => undefined);
  if (tab?.windowId !== undefined) await focusWindow(tab.windowId);
}

export async function openTab(path: string): Promise<void> {
  await browser.tabs.create({ url: browser.runtime.getURL(path) });
}
