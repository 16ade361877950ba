/**
 * Where bid packages are: in the extension's own file system (OPFS), under the id of the request that made them, until they are swept. A file that
 * is whole has a name of its own, and a half-written one never has it. docs/operations/jobs.md
 */

export const PACKAGE_FOLDER = "bids";

/** Ends the name of a file that is whole. */
export const WHOLE_PACKAGE = ".cbid";

/** Ends the name of one that is being written. */
export const PART_OF_PACKAGE = ".part";

/** Media type and the end of the name: of a package, and of one in the legacy profile. docs/formats/bid-package.md, docs/formats/legacy-package.md */
const STANDARD = { type: "application/vnd.certbridge.bid+zip", ending: "cbid" } as const;
const LEGACY = { type: "application/pkcs7-mime", ending: "p7m" } as const;

/** What a legacy package begins with, a SEQUENCE; a ZIP begins with another byte. */
const SEQUENCE = 0x30;

/** What nobody fetched for a day is swept. A page may read for hours what it was given. Milliseconds. */
export const PACKAGE_KEPT_MS = 24 * 3600_000;

export async function openPackageFolder(): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(PACKAGE_FOLDER, { create: true });
}

/** By reference, with the package's own name. @throws DOMException NotFoundError */
export async function readPackage(id: string, packageId: string): Promise<File> {
  const file = await (await (await openPackageFolder()).getFileHandle(`${id}${WHOLE_PACKAGE}`)).getFile();
  const [first] = new Uint8Array(await file.slice(0, 1).arrayBuffer());
  const { type, ending } = first === SEQUENCE ? LEGACY : STANDARD;
  return new File([file], `${packageId}.${ending}`, { type });
}

/** The same, where it is there and as long as it was when it was finished; else null. */
export async function findPackage(id: string, packageId: string, len: number): Promise<File | null> {
  const file = await readPackage(id, packageId).catch(() => null);
  return file?.size === len ? file : null;
}

/**
 * Removes what is older than a day, and every half-written file that nobody writes any more. What cannot be removed now, because somebody
 * still has it open, goes at the next time.
 *
 * @param isWritten whether the request of this id is being worked on; asked after the file was seen
 */
export async function sweepPackages(isWritten: (id: string) => Promise<boolean>, now: number): Promise<void> {
  const folder = await openPackageFolder();
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== "file") continue;
    const { lastModified } = await handle.getFile().catch(() => ({ lastModified: 0 }));
    const isOld = now - lastModified > PACKAGE_KEPT_MS;
    const stays = name.endsWith(WHOLE_PACKAGE)
      ? !isOld
      : name.endsWith(PART_OF_PACKAGE) && (await isWritten(name.slice(0, -PART_OF_PACKAGE.length)));
    if (!stays) await folder.removeEntry(name).catch(() => undefined);
  }
}
