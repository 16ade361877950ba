import type { Stage } from "@certbridge/demo/walk";

/** Ten requests a minute are one origin's share, and two wrong PINs an hour: from now on every origin has its whole share again. */
export async function renewShare(browser: Stage["browser"]): Promise<void> {
  const worker = await browser.worker();
  await worker.evaluate(async () => {
    const { chrome } = globalThis as unknown as {
      chrome: { storage: { session: { get(key: null): Promise<object>; remove(keys: string[]): Promise<void> } } };
    };
    const keys = Object.keys(await chrome.storage.session.get(null));
    await chrome.storage.session.remove(keys.filter((key) => /^(asked-at|wrong-pin-at):/.test(key)));
  });
}
