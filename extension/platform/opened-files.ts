/**
 * Files of a bid that its bidder opened (自行解密), in plain text: in the extension's own file system (OPFS), a folder for each window, until the
 * person has saved them. They are named by their numbers, and go with the window. docs/operations/decrypt.md
 */

import { approvalLock } from "@certbridge/protocol/workshop";
import { removeOnceLetGo } from "./let-go.ts";
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

/** Gone, whether they were there or not. */
export const removeOpenedFiles = async (id: string): Promise<void> =>
  removeOnceLetGo(await openRoot(), id, { recursive: true });

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
