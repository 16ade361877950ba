import { isFirefox } from "./environment.ts";

/**
 * Match patterns of an origin. Firefox's know no port: one covers every port of its host. Chromium's do, and one without a port
 * covers every port as well. Which origin may ask is the background's decision, whatever a pattern covers.
 */
export function hostPattern(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}

/** The origin alone, where the browser can say so. */
export function originPattern(origin: string): string {
  return isFirefox() ? hostPattern(origin) : `${origin}/*`;
}

/** The pages that get page script and relay. Over http just that port, where the browser can say so: no other page may see the API. */
export function pagesPattern(origin: string): string {
  const { protocol, port } = new URL(origin);
  return protocol === "http:" && port === "" && !isFirefox() ? `${origin}:80/*` : originPattern(origin);
}
