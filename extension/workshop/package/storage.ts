/** The packages of this browser as they are written, in the origin-private file system: one file each, of no name that says anything. */
import { OperationError } from "@certbridge/protocol/errors";
import { removeOnceLetGo } from "../../platform/let-go.ts";
import { openPackageFolder, PART_OF_PACKAGE, WHOLE_PACKAGE } from "../../platform/packages.ts";

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
  const handle = await (folder ?? (await openPackageFolder())).getFileHandle(name, { create: true });
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
  return (await (await openPackageFolder()).getFileHandle(name)).getFile();
}

/** Gone, whether it was there or not. */
export const removeFile = async (name: string): Promise<void> => removeOnceLetGo(await openPackageFolder(), name);

export const partName = (id: string): string => `${id}${PART_OF_PACKAGE}`;

/** The finished file under its other name; half-written ones never have it. */
export async function nameWhole(id: string): Promise<string> {
  const name = `${id}${WHOLE_PACKAGE}`;
  type Movable = FileSystemFileHandle & { move(name: string): Promise<void> };
  await ((await (await openPackageFolder()).getFileHandle(partName(id))) as Movable).move(name);
  return name;
}
