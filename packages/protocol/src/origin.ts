import * as v from "valibot";

/** Longest origin that is taken, in characters; a host's name has at most 253. */
const ORIGIN_LEN = 512;

/** Names as DNS has them, and addresses. A URL may hold more, such as the `*` that match patterns give a meaning to. */
const SHAPE = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:]+\])(:[0-9]+)?$/;

/**
 * Whether it is a secure origin exactly as browsers serialise it (HTML Standard, "serialization of an origin"): scheme and host in
 * lower-case ASCII, a port where it is not 443, nothing behind it. What is compared or signed has one spelling.
 */
export function isOrigin(text: string): boolean {
  return text.startsWith("https:") && isPageOrigin(text);
}

/** As {@link isOrigin}, or an http origin: an administrator may name one, and the background lets no other one in. */
export function isPageOrigin(text: string): boolean {
  if (text.length > ORIGIN_LEN || !SHAPE.test(text)) return false;
  try {
    return new URL(text).origin === text;
  } catch {
    return false;
  }
}

export const origin = v.pipe(v.string(), v.check(isOrigin, "an https origin expected, as browsers serialise it"));

/** Of the page that asks, as the background tells the host. */
export const pageOrigin = v.pipe(v.string(), v.check(isPageOrigin, "an origin expected, as browsers serialise it"));
