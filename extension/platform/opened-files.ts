/**
 * Files of a bid that its bidder opened (自行解密), in plain text: in the extension's own file system (OPFS), a folder for each window, until the
 * person has saved them. They are named by their numbers, and go with the window. docs/operations/decrypt.md
 */

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

/**
 * Removes what has no window any more: of a browser, or a background, that ended before it could.
 *
 * @param lockOf the lock that the window of an id holds while it is open
 */
export async function sweepOpenedFiles(lockOf: (id: string) => string): Promise<void> {
  const root = await openRoot();
  const ids: string[] = [];
  for await (const id of root.keys()) ids.push(id);
  for (const id of ids) {
    await navigator.locks.request(lockOf(id), { ifAvailable: true }, async (lock) => {
      if (lock !== null) await root.removeEntry(id, { recursive: true }).catch(() => undefined);
    });
  }
}
