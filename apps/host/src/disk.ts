/**
 * Files of the home folder (互认通程序的数据文件夹): written whole or not at all, seen by their owner only.
 *
 * A write goes to a new file beside the old one, reaches the disk, takes the old one's name, and then the folder reaches
 * the disk: a power cut leaves the old content or the new, never a part of either.
 */
import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { chmod, link, mkdir, open, readFile, readdir, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

const OWNER_FILE = 0o600;
const OWNER_FOLDER = 0o700;

/** Whether the error is of the file system and of this kind, such as ENOENT. */
export function isFileError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** Makes the folder, and those above it, for its owner only; tightens it where it was wider. One that is as it should be costs a look. */
export async function ownFolder(path: string): Promise<void> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true && (found.mode & 0o777) === OWNER_FOLDER) return;
  await mkdir(path, { recursive: true, mode: OWNER_FOLDER });
  await chmod(path, OWNER_FOLDER);
}

async function syncFolder(path: string): Promise<void> {
  // Windows lets nobody flush a folder: NTFS keeps a journal of names itself.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeThrough(file: FileHandle, content: string | Uint8Array): Promise<void> {
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

const unfinished = (path: string): string => `.${basename(path)}.`;

/** Replaces the file's content, all or nothing. Leftovers of an interrupted write of the same file are removed. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = OWNER_FILE): Promise<void> {
  const folder = dirname(path);
  const fresh = join(folder, `${unfinished(path)}${randomBytes(8).toString("hex")}.tmp`);
  try {
    await writeThrough(await open(fresh, "wx", mode), content);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  for (const name of await readdir(folder)) {
    if (name.startsWith(unfinished(path)) && name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
  }
}

/** Makes a file with this content, all or nothing; false where the name is taken. Among processes that try at once, one succeeds. */
export async function writeOnce(path: string, content: string): Promise<boolean> {
  const folder = dirname(path);
  const fresh = join(folder, `${unfinished(path)}${randomBytes(8).toString("hex")}.tmp`);
  await writeThrough(await open(fresh, "wx", OWNER_FILE), content);
  try {
    await link(fresh, path);
  } catch (error) {
    if (isFileError(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  await syncFolder(folder);
  return true;
}

/**
 * Gives a whole file one more name, where nothing has it. A file system without links (FAT and exFAT, as sticks have) gets a copy, which reaches the
 * disk and is not left in parts where it fails.
 *
 * @throws EEXIST where the name is taken, and what the disk says of the copy
 */
export async function giveName(from: string, to: string, linkFile = link): Promise<void> {
  try {
    await linkFile(from, to);
    return;
  } catch (error) {
    if (isFileError(error, "EEXIST")) throw error;
  }
  try {
    const copy = createWriteStream(to, { flags: "wx", mode: OWNER_FILE, flush: true });
    await pipeline(createReadStream(from), copy);
  } catch (error) {
    if (!isFileError(error, "EEXIST")) await rm(to, { force: true });
    throw error;
  }
}

/**
 * Makes an empty file; false where the name is taken. Among processes that try at once, one succeeds. It outlives every process,
 * but is not waited for until it reaches the disk: for names that mean nothing after a power cut.
 */
export async function claimName(path: string): Promise<boolean> {
  try {
    await (await open(path, "wx", OWNER_FILE)).close();
    return true;
  } catch (error) {
    if (isFileError(error, "EEXIST")) return false;
    throw error;
  }
}

/**
 * Whether the system says that there is nothing of this name. Asked before what may well be missing is read: a start looks for a hundred files that are not
 * there, and making an error for each of them takes longer than everything else that it does.
 */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false; // who reads it is told why
  }
}

/** The file's bytes; null where there is none. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  if (isMissing(path)) return null;
  try {
    return await readFile(path);
  } catch (error) {
    if (isFileError(error, "ENOENT")) return null;
    throw error;
  }
}

/** Removes a file, where there is one; it stays away, also after a power cut. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** Removes a file that may as well come back: a power cut can undo it, and nothing is waited for. */
export async function dropFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** The names in a folder; none where there is no folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  if (isMissing(folder)) return [];
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isFileError(error, "ENOENT")) return [];
    throw error;
  }
}
