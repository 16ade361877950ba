/**
 * Self-repair (自行修复): at a start of the program, manifests and the launcher that the receipt names and that are gone or were altered are written
 * again: an older launcher, too, that starts the program less carefully than today's. Where Node or the program is not where the receipt says, no
 * launcher would be of use, and `doctor` says so.
 *
 * Only ours: one that names another program is left, and shown as a hazard. Only in folders of the person's own, below a profile that is
 * there: a browser that was removed is not brought back in pieces. And only by the receipt: where it is gone, the person uninstalled, and
 * nothing is written.
 */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isFileError, readIfThere, removeFile, writeWhole } from "../disk.ts";
import type { Home } from "../home.ts";
import type { Log } from "../log.ts";
import { encodeLauncher } from "./launcher.ts";
import { isExecutable } from "./look-at-places.ts";
import { encodeManifest, parseManifest } from "./manifest.ts";
import type { Installed } from "./receipt.ts";
import { readInstalled } from "./receipt.ts";

/** Whether the folder is the person's, and there. */
async function isOwn(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

/** Whether the manifest's folder can be written to, after it was made, if need be, in a profile of the person's. */
async function openFolder(folder: string): Promise<boolean> {
  if (await isOwn(folder)) return true;
  if (!(await isOwn(dirname(folder)))) return false;
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (isFileError(error, "EEXIST")) return false;
    throw error;
  }
}

/** Whether it was written again. */
async function mendOne({ kind, path }: Installed["manifests"][number], home: Home): Promise<boolean> {
  const wanted = encodeManifest(kind, home.launcher);
  const content = await readIfThere(path);
  if (content?.toString("utf8") === wanted) return false;
  const found = content === null ? null : parseManifest(content);
  if (found !== null && found.path !== home.launcher) return false;
  if (!(await openFolder(dirname(path)))) return false;
  await writeWhole(path, wanted, 0o644);
  return true;
}

/** Whether the launcher was written again, as `install` writes it. */
async function mendLauncher(record: Installed, home: Home): Promise<boolean> {
  const wanted = encodeLauncher(record, home.folder);
  const content = await readIfThere(home.launcher);
  if (content?.toString("utf8") === wanted && (await isExecutable(home.launcher))) return false;
  const leadsSomewhere = (await isExecutable(record.node)) && (await readIfThere(record.script)) !== null;
  if (!leadsSomewhere || !(await isOwn(home.folder))) return false;
  await writeWhole(home.launcher, wanted, 0o700);
  return true;
}

/** Gives the files that were written again. Whatever hinders one is no reason to leave the others, nor not to serve. */
export async function mendInstalled(home: Home, log: Log): Promise<readonly string[]> {
  const record = await readInstalled(home).catch(() => null);
  if (record === null) return [];
  const mended: string[] = [];
  async function mend(path: string, step: () => Promise<boolean>): Promise<void> {
    try {
      if (await step()) mended.push(path);
    } catch (error) {
      await log({ event: "mend", error });
    }
  }
  await mend(home.launcher, () => mendLauncher(record, home));
  if (await isExecutable(home.launcher)) {
    for (const manifest of record.manifests) await mend(manifest.path, () => mendOne(manifest, home));
  }
  if (mended.length === 0) return mended;
  if ((await readInstalled(home).catch(() => null)) !== null) {
    await log({ event: "mended" });
    return mended;
  }
  // Uninstalled meanwhile: what was written is taken back, whichever of the two was faster.
  for (const path of mended) await removeFile(path).catch(() => undefined);
  return [];
}
