/**
 * The receipt of an installation (安装记录), `installed.json` in the home folder: what `install` wrote, and the SHA-256 of each file. By it
 * `uninstall` removes that and nothing else, `doctor` knows what ought to be there, and a start of the program mends what is not.
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { readIfThere, writeWhole } from "../disk.ts";
import type { Home } from "../home.ts";

const FORMAT = "certbridge-installed:2";

const manifest = v.strictObject({
  label: v.string(),
  kind: v.picklist(["chromium", "firefox"]),
  path: v.string(),
});

const installed = v.strictObject({
  /** The first format had no digests. */
  format: v.picklist(["certbridge-installed:1", FORMAT]),
  version: v.string(),
  node: v.string(),
  script: v.string(),
  manifests: v.array(manifest),
  /** Folders that were made for manifests, innermost last. */
  folders: v.array(v.string()),
  registry: v.boolean(),
  /** By path: of each manifest, the launcher, and the registry that was brought. Hexadecimal. */
  sha256: v.optional(v.record(v.string(), v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))), {}),
});

/** What an installation wrote. */
export type Installed = v.InferOutput<typeof installed>;

export function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The receipt; null where there is none, or it cannot be read. */
export async function readInstalled(home: Home): Promise<Installed | null> {
  const content = await readIfThere(home.installed);
  if (content === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), installed), content.toString("utf8"));
  return parsed.success ? parsed.output : null;
}

export async function writeInstalled(home: Home, said: Omit<Installed, "format">): Promise<Installed> {
  const record: Installed = { format: FORMAT, ...said };
  await writeWhole(home.installed, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}
