import type { Stage } from "@certbridge/demo/walk";

/** Ten requests a minute are one origin's share, and two wrong PINs an hour. */
const SHARES = { requests: "asked-at:", wrongPins: "wrong-pin-at:" } as const;

/** From now on every origin has the whole of it again. */
export async function renewShare(browser: Stage["browser"], of: readonly (keyof typeof SHARES)[]): Promise<void> {
  const worker = await browser.worker();
  await worker.evaluate(
    async (prefixes) => {
      const { chrome } = globalThis as unknown as {
        chrome: { storage: { session: { get(key: null): Promise<object>; remove(keys: string[]): Promise<void> } } };
      };
      const keys = Object.keys(await chrome.storage.session.get(null));
      await chrome.storage.session.remove(keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix))));
    },
    of.map((share) => SHARES[share]),
  );
}
