/** Undoing exactly what the receipt says that `install` did. */
import { rmdir } from "node:fs/promises";
import { isFileError, readIfThere, removeFile } from "../disk.ts";
import type { Home } from "../home.ts";
import { parseManifest } from "./manifest.ts";
import type { Installed } from "./receipt.ts";
import { readInstalled, sha256Of } from "./receipt.ts";

/** A file that the receipt names and that was left: another program's by now, or changed by somebody since. */
export interface Left {
  readonly path: string;
  readonly why: "foreign" | "altered";
}

export interface Uninstalled {
  readonly removed: readonly string[];
  readonly left: readonly Left[];
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const kept = ["ENOTEMPTY", "ENOENT", "EEXIST"].some((code) => isFileError(error, code));
    if (!kept) throw error;
  }
}

const isAsWritten = ({ sha256 }: Installed, path: string, content: Buffer): boolean =>
  sha256[path] === sha256Of(content);

/** The manifests that are there: ours are removed, also where they were altered, since what they start is gone in a moment. */
async function removeManifests(home: Home, record: Installed): Promise<Uninstalled> {
  const removed: string[] = [];
  const left: Left[] = [];
  for (const { path } of record.manifests) {
    const content = await readIfThere(path);
    if (content === null) continue;
    if (isAsWritten(record, path, content) || parseManifest(content)?.path === home.launcher) {
      await removeFile(path);
      removed.push(path);
    } else left.push({ path, why: "foreign" });
  }
  return { removed, left };
}

/** Whether the registry goes: it was brought by `install`, and nobody has changed it since. */
async function registryToRemove(home: Home, record: Installed): Promise<"remove" | "leave" | "none"> {
  const content = record.registry ? await readIfThere(home.registry) : null;
  if (content === null) return "none";
  const isKnown = record.sha256[home.registry] !== undefined;
  return !isKnown || isAsWritten(record, home.registry, content) ? "remove" : "leave";
}

/** Removes what `install` wrote and nothing else: keys, credentials and the log stay. */
export async function uninstall(home: Home): Promise<Uninstalled> {
  const record = await readInstalled(home);
  if (record === null) return { removed: [], left: [] };
  const { removed, left } = await removeManifests(home, record);
  const registry = await registryToRemove(home, record);
  const own = [home.launcher, ...(registry === "remove" ? [home.registry] : []), home.installed];
  for (const path of own) await removeFile(path);
  // A program that was mending its manifests meanwhile may have written one before the receipt was gone, see mend.ts.
  await removeManifests(home, record);
  for (const folder of record.folders.toSorted((a, b) => b.length - a.length)) await removeEmpty(folder);
  const changed: readonly Left[] = registry === "leave" ? [{ path: home.registry, why: "altered" }] : [];
  return { removed: [...removed, ...own], left: [...left, ...changed] };
}
