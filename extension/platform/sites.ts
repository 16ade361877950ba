import { browser } from "./browser.ts";
import { patternOf } from "./permissions.ts";

/** Whether the person has granted this extension access to the origin. */
export function isGranted(origin: string): Promise<boolean> {
  return browser.permissions.contains({ origins: [patternOf(origin)] });
}

/** Puts page script and relay into pages of an origin that is not in the manifest, from the next load on, also after a restart. */
export async function registerScripts(origin: string): Promise<void> {
  await unregisterScripts(origin);
  const common = { matches: [patternOf(origin)], runAt: "document_start" as const, persistAcrossSessions: true };
  const page = { ...common, id: `page ${origin}`, js: ["page-api.js"], world: "MAIN" as const };
  const relay = { ...common, id: `relay ${origin}`, js: ["relay.js"] };
  await browser.scripting.registerContentScripts([page, relay]);
}

export async function unregisterScripts(origin: string): Promise<void> {
  const registered = await browser.scripting.getRegisteredContentScripts();
  const ids = registered.map((script) => script.id).filter((id) => id === `page ${origin}` || id === `relay ${origin}`);
  if (ids.length > 0) await browser.scripting.unregisterContentScripts({ ids });
}

export function onPermissionsChanged(listener: () => void): void {
  browser.permissions.onAdded.addListener(listener);
  browser.permissions.onRemoved.addListener(listener);
}
