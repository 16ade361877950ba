/** The packages of this browser, in the origin-private file system: one file each, of no name that says anything. */
import { OperationError } from "@certbridge/protocol/errors";
import { PACKAGE_FOLDER, WHOLE_PACKAGE } from "../../platform/packages.ts";

/** What nobody fetched for a day is swept. A page may read for hours what it was given. */
const KEPT_MS = 24 * 3600_000;

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(PACKAGE_FOLDER, { create: true });
}

/** A file that one worker writes; nobody else can open it meanwhile. */
export interface WritableFile {
  /** Bytes that were written: fewer where there is no more room. */
  write(bytes: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number;
  truncate(len: number): void;
  flush(): void;
  close(): void;
}

/** In a worker alone. @param folder that of the packages by default */
export async function createFile(name: string, folder?: FileSystemDirectoryHandle): Promise<WritableFile> {
  type Handle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<WritableFile> };
  const handle = await (folder ?? (await openFolder())).getFileHandle(name, { create: true });
  return (handle as Handle).createSyncAccessHandle();
}

/** Room that is left for whatever else the browser keeps. Bytes. */
const SPARE_LEN = 16 * 1024 * 1024;

/** @throws OperationError STORAGE_FULL */
export async function mustHaveRoom(len: number): Promise<void> {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota !== undefined && usage !== undefined && quota - usage < len + SPARE_LEN) {
    throw new OperationError("STORAGE_FULL");
  }
}

/** @throws DOMException NotFoundError */
export async function readFile(name: string): Promise<File> {
  return (await (await openFolder()).getFileHandle(name)).getFile();
}

/** A worker that was ended lets go of its file a moment later. */
const LET_GO = { tries: 50, waitMs: 100 } as const;

/** It is gone, whether it was there or not; one that nobody lets go of goes at the next sweep. */
export async function removeFile(name: string): Promise<void> {
  const folder = await openFolder();
  for (let tries = 0; tries < LET_GO.tries; tries++) {
    const gone = await folder.removeEntry(name).then(
      () => true,
      (error: unknown) => error instanceof DOMException && error.name === "NotFoundError",
    );
    if (gone) return;
    await new Promise((wait) => setTimeout(wait, LET_GO.waitMs));
  }
}

/** Removes what is older than a day, and what a browser that died left half-written: all but what is `live`. */
export async function sweep(live: ReadonlySet<string>, now: number): Promise<void> {
  const folder = await openFolder();
  for await (const [name, handle] of folder.entries()) {
    if (live.has(name) || handle.kind !== "file") continue;
    const isOld = await handle.getFile().then(
      ({ lastModified }) => now - lastModified > KEPT_MS,
      () => true,
    );
    if (isOld || !name.endsWith(WHOLE_PACKAGE)) await folder.removeEntry(name).catch(() => undefined);
  }
}

export const partName = (id: string): string => `${id}.part`;

/** The finished file under its other name; half-written ones never have it. */
export async function nameWhole(id: string): Promise<string> {
  const name = `${id}${WHOLE_PACKAGE}`;
  const handle: FileSystemFileHandle & { move?(name: string): Promise<void> } = await (
    await openFolder()
  ).getFileHandle(partName(id));
  await handle.move?.(name);
  return handle.move === undefined ? partName(id) : name;
}
