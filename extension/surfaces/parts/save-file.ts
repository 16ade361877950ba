/** Saves by the browser's own download, or into a folder that the person picks. */

/** Long enough for a download to begin. */
const KEPT_MS = 60_000;

export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

type FolderPicker = (options: { readonly mode: "readwrite" }) => Promise<FileSystemDirectoryHandle>;

const { showDirectoryPicker } = globalThis as typeof globalThis & { showDirectoryPicker?: FolderPicker };

/** Whether this browser can write into a folder that the person picks: Chromium. */
export const canPickFolder = (): boolean => showDirectoryPicker !== undefined;

/** Null where the person picks none. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return (await showDirectoryPicker?.call(globalThis, { mode: "readwrite" })) ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}

/** Names that are tried for one file. */
const NAMES = 1000;

/** A name that nothing in the folder has: a file of the person's is never overwritten. @throws DOMException where none is found */
async function freeName(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  const isTaken = (wanted: string) =>
    folder.getFileHandle(wanted).then(
      () => true,
      (error: unknown) => !(error instanceof DOMException && error.name === "NotFoundError"),
    );
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let count = 1; count <= NAMES; count++) {
    const wanted = count === 1 ? name : `${stem} (${count})${extension}`;
    if (!(await isTaken(wanted))) return wanted;
  }
  throw new DOMException("no name is free", "NoModificationAllowedError");
}

/** Chromium holds no stream for the sake of what is read from it: see extension/workshop/slices.ts. */
const beingSaved = new Set<ReadableStream>();

/** The whole file, under that name or one beside it. Where it fails nothing of it is left. */
export async function saveInto(folder: FileSystemDirectoryHandle, content: Blob, name: string): Promise<void> {
  const free = await freeName(folder, name);
  const handle = await folder.getFileHandle(free, { create: true });
  try {
    // What is written becomes the file only when the stream is closed; until then there is an empty one.
    const stream = content.stream();
    beingSaved.add(stream);
    await stream.pipeTo(await handle.createWritable()).finally(() => beingSaved.delete(stream));
  } catch (error) {
    await folder.removeEntry(free).catch(() => undefined);
    throw error;
  }
}
