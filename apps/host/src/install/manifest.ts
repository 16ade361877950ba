/** The manifest by which a browser finds the program and knows who may start it. */
import { CHROMIUM_EXTENSION_ID, FIREFOX_EXTENSION_ID, HOST_NAME, STORE_EXTENSION_IDS } from "@certbridge/protocol/ids";
import * as v from "valibot";
import type { ManifestKind } from "./browsers.ts";

/** Origins of our extension in browsers of Chromium's family: our own id, and those of the stores once they are known. */
export const chromiumOrigins: readonly string[] = [
  CHROMIUM_EXTENSION_ID,
  STORE_EXTENSION_IDS.chrome,
  STORE_EXTENSION_IDS.edge,
].flatMap((id) => (id === null ? [] : [`chrome-extension://${id}/`]));

export const firefoxExtensions: readonly string[] = [FIREFOX_EXTENSION_ID];

const DESCRIPTION = "CertBridge 互认通程序";

/** The manifest's text. `launcher` is an absolute path. */
export function encodeManifest(kind: ManifestKind, launcher: string): string {
  const allowed =
    kind === "chromium" ? { allowed_origins: chromiumOrigins } : { allowed_extensions: firefoxExtensions };
  const manifest = { name: HOST_NAME, description: DESCRIPTION, path: launcher, type: "stdio", ...allowed };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const manifest = v.object({
  name: v.literal(HOST_NAME),
  path: v.string(),
  type: v.literal("stdio"),
  allowed_origins: v.optional(v.array(v.string()), []),
  allowed_extensions: v.optional(v.array(v.string()), []),
});

/** What a manifest that was found says; null where it is none. */
export function parseManifest(content: Buffer): v.InferOutput<typeof manifest> | null {
  try {
    return v.parse(manifest, JSON.parse(content.toString("utf8")));
  } catch {
    return null;
  }
}

/** Whether it lets our extension in, under each of its ids, and nobody else. */
export function allowsExactly(kind: ManifestKind, found: v.InferOutput<typeof manifest>): boolean {
  const [allowed, ours] =
    kind === "chromium" ? [found.allowed_origins, chromiumOrigins] : [found.allowed_extensions, firefoxExtensions];
  return allowed.length === ours.length && ours.every((id) => allowed.includes(id));
}
