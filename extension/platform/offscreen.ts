import { browser } from "./browser.ts";

/** chrome.offscreen, as far as it is used; Firefox has none: its background page does the work itself. */
interface Offscreen {
  hasDocument(): Promise<boolean>;
  createDocument(options: { url: string; reasons: readonly string[]; justification: string }): Promise<void>;
}

const { chrome } = globalThis as typeof globalThis & { chrome?: { offscreen?: Offscreen } };

let opening: Promise<void> | null = null;

/** Makes sure that the offscreen document exists. */
export async function openOffscreen(path: string): Promise<void> {
  const offscreen = chrome?.offscreen;
  if (offscreen === undefined || (await offscreen.hasDocument())) return;
  opening ??= offscreen
    .createDocument({
      url: browser.runtime.getURL(path),
      reasons: ["WORKERS"],
      justification: "reads and hashes the files that a person signs",
    })
    .finally(() => {
      opening = null;
    });
  await opening;
}
