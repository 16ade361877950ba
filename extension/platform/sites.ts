import { browser } from "./browser.ts";
import { originPattern, pagesPattern } from "./match-patterns.ts";

/** Whether the person has granted this extension access to the origin. */
export function isGranted(origin: string): Promise<boolean> {
  return browser.permissions.contains({ origins: [originPattern(origin)] });
}

const PAGE = "page ";
const RELAY = "relay ";

/** Origins into whose pages scripts were put by {@link registerScripts}. */
export async function registeredOrigins(): Promise<readonly string[]> {
  const registered = await browser.scripting.getRegisteredContentScripts();
  return registered.flatMap(({ id }) => (id.startsWith(PAGE) ? [id.slice(PAGE.length)] : []));
}

/** Puts page script and relay into pages of an origin that is not in the manifest, from the next load on, also after a restart. */
export async function registerScripts(origin: string): Promise<void> {
  await unregisterScripts(origin);
  const common = { matches: [pagesPattern(origin)], runAt: "document_start" as const, persistAcrossSessions: true };
  const page = { ...common, id: PAGE + origin, js: ["page-api.js"], world: "MAIN" as const };
  const relay = { ...common, id: RELAY + origin, js: ["relay.js"] };
  await browser.scripting.registerContentScripts([page, relay]);
}

export async function unregisterScripts(origin: string): Promise<void> {
  const registered = await browser.scripting.getRegisteredContentScripts();
  const ids = registered.map((script) => script.id).filter((id) => id === PAGE + origin || id === RELAY + origin);
  if (ids.length > 0) await browser.scripting.unregisterContentScripts({ ids });
}

export function onPermissionsChanged(listener: () => void): void {
  browser.permissions.onAdded.addListener(listener);
  browser.permissions.onRemoved.addListener(listener);
}
