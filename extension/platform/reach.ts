import { browser } from "./browser.ts";

/** Whether this build may ask the site at all: the manifest's content security policy lets it ask those that it lists, and no other. */
export function mayReach(origin: string): boolean {
  const { host_permissions: listed = [] } = browser.runtime.getManifest() as { host_permissions?: readonly string[] };
  return listed.includes(`${origin}/*`);
}

/**
 * Asks the site's first page for its headers: no cookie, no referrer, nothing of what was asked before, and no address but this one.
 *
 * @returns its clock as it says it, or null where the browser hides it
 * @throws where nobody answers
 */
export async function reachSite(origin: string, signal: AbortSignal): Promise<string | null> {
  const plain = {
    method: "HEAD",
    credentials: "omit",
    cache: "no-store",
    redirect: "manual",
    referrerPolicy: "no-referrer",
    signal,
  } as const;
  try {
    return (await fetch(`${origin}/`, plain)).headers.get("date");
  } catch (error) {
    if (signal.aborted) throw error;
    // Where the person did not let the extension into the site, the browser hides all but that there was an answer.
    await fetch(`${origin}/`, { ...plain, mode: "no-cors", redirect: "follow" });
    return null;
  }
}
