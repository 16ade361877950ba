/** Removing what a worker that was ended lets go of only a moment later. */
const LET_GO = { tries: 50, waitMs: 100 } as const;

/** It is gone, whether it was there or not; what nobody lets go of goes at the next sweep. */
export async function removeOnceLetGo(
  folder: FileSystemDirectoryHandle,
  name: string,
  options: { readonly recursive?: boolean } = {},
): Promise<void> {
  for (let tries = 0; tries < LET_GO.tries; tries++) {
    const gone = await folder.removeEntry(name, options).then(
      () => true,
      (error: unknown) => error instanceof DOMException && error.name === "NotFoundError",
    );
    if (gone) return;
    await new Promise((wait) => setTimeout(wait, LET_GO.waitMs));
  }
}
