/**
 * Files of a bid that its bidder opened (自行解密), in plain text: in the extension's own file system (OPFS), a folder for each window, until the
 * person has saved them. They are named by their numbers, and go with the window. docs/operations/decrypt.md
 */

import { approvalLock } from "@certbridge/protocol/workshop";
import { onWindowGone } from "./window-lock.ts";

const OPENED_FOLDER = "opened";

async function openRoot(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(OPENED_FOLDER, { create: true });
}

/** Where the files of this id go. */
export async function createOpenedFolder(id: string): Promise<FileSystemDirectoryHandle> {
  return (await openRoot()).getDirectoryHandle(id, { create: true });
}

/** By reference. @throws DOMException NotFoundError */
export async function readOpenedFile(id: string, at: number): Promise<File> {
  const folder = await (await openRoot()).getDirectoryHandle(id);
  return (await folder.getFileHandle(String(at))).getFile();
}

/** A worker that was ended lets go of its file a moment later. */
const LET_GO = { tries: 50, waitMs: 100 } as const;

/** Gone, whether they were there or not; what nobody lets go of goes at the next sweep. */
export async function removeOpenedFiles(id: string): Promise<void> {
  const root = await openRoot();
  for (let tries = 0; tries < LET_GO.tries; tries++) {
    const gone = await root.removeEntry(id, { recursive: true }).then(
      () => true,
      (error: unknown) => error instanceof DOMException && error.name === "NotFoundError",
    );
    if (gone) return;
    await new Promise((wait) => setTimeout(wait, LET_GO.waitMs));
  }
}

/** They go when the window of this id does; at once, where it is gone already. */
export function removeWithWindow(id: string): void {
  onWindowGone(approvalLock(id), () => void removeOpenedFiles(id).catch(() => undefined));
}

/** Whoever waited for a window may have ended before it: whatever is there waits anew, and what has no window any more goes. */
export async function sweepOpenedFiles(): Promise<void> {
  const ids: string[] = [];
  for await (const id of (await openRoot()).keys()) ids.push(id);
  for (const id of ids) removeWithWindow(id);
}
