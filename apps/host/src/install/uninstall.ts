/** Undoing exactly what the receipt says that `install` did. */
import { rmdir } from "node:fs/promises";
import { isFileError, readIfThere, removeFile } from "../disk.ts";
import type { Home } from "../home.ts";
import { parseManifest } from "./manifest.ts";
import type { Installed } from "./receipt.ts";
import { readInstalled, sha256Of, writeInstalled } from "./receipt.ts";

/** A file that the receipt names and that was left: another program's by now, changed by somebody since, or out of reach. */
export interface Left {
  readonly path: string;
  readonly why: "foreign" | "altered" | "failed";
}

export interface Uninstalled {
  readonly removed: readonly string[];
  readonly left: readonly Left[];
}

const isAsWritten = ({ sha256 }: Installed, path: string, content: Buffer): boolean =>
  sha256[path] === sha256Of(content);

type Outcome = Left["why"] | "removed" | "none";

/** Whatever hinders one file is no reason to leave the others. */
async function attempt(path: string, step: (content: Buffer) => Promise<Outcome>): Promise<Outcome> {
  try {
    const content = await readIfThere(path);
    return content === null ? "none" : await step(content);
  } catch (error) {
    return isFileError(error, "ENOTDIR") ? "none" : "failed";
  }
}

async function remove(path: string): Promise<Outcome> {
  await removeFile(path);
  return "removed";
}

/** One that is ours goes also where it was altered, since what it starts is gone in a moment. */
const removeManifest = (home: Home, record: Installed, path: string): Promise<Outcome> =>
  attempt(path, async (content) => {
    const isOurs = isAsWritten(record, path, content) || parseManifest(content)?.path === home.launcher;
    return isOurs ? remove(path) : "foreign";
  });

/** The registry goes where `install` brought it, and nobody has changed it since. */
async function removeRegistry({ registry: path }: Home, record: Installed): Promise<Outcome> {
  if (!record.registry) return "none";
  return attempt(path, async (content) => {
    const isKnown = record.sha256[path] !== undefined;
    return !isKnown || isAsWritten(record, path, content) ? remove(path) : "altered";
  });
}

/**
 * Removes what `install` wrote and nothing else: keys, credentials and the log stay. Where a file could not be removed, the receipt stays for the next time, with
 * no other manifest than that file.
 */
export async function uninstall(home: Home): Promise<Uninstalled> {
  const record = await readInstalled(home);
  if (record === null) return { removed: [], left: [] };
  const outcomes = new Map<string, Outcome>();
  for (const { path } of record.manifests) outcomes.set(path, await removeManifest(home, record, path));
  outcomes.set(home.launcher, await attempt(home.launcher, () => remove(home.launcher)));
  outcomes.set(home.registry, await removeRegistry(home, record));
  const isFailed = (path: string): boolean => outcomes.get(path) === "failed";
  if ([...outcomes.values()].includes("failed")) {
    await writeInstalled(home, { ...record, manifests: record.manifests.filter(({ path }) => isFailed(path)) });
  } else outcomes.set(home.installed, await attempt(home.installed, () => remove(home.installed)));
  // A program that was mending its manifests meanwhile may have written one before the receipt was gone, see mend.ts.
  for (const { path } of record.manifests) if (!isFailed(path)) await removeManifest(home, record, path);
  // A folder that does not go, for whatever reason, holds something or is in nobody's way.
  for (const folder of record.folders.toSorted((a, b) => b.length - a.length))
    await rmdir(folder).catch(() => undefined);
  const removed: string[] = [];
  const left: Left[] = [];
  for (const [path, outcome] of outcomes) {
    if (outcome === "removed") removed.push(path);
    else if (outcome !== "none") left.push({ path, why: outcome });
  }
  return { removed, left };
}
