/**
 * Where finished bid packages are: in the extension's own file system (OPFS), under the id of the request that made them, until they are
 * swept. docs/operations/encrypt.md
 */

export const PACKAGE_FOLDER = "bids";

/** Ends the name of a file that is whole. */
export const WHOLE_PACKAGE = ".cbid";

/** By reference. @throws DOMException NotFoundError */
export async function readPackage(id: string): Promise<File> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(PACKAGE_FOLDER);
  return (await folder.getFileHandle(`${id}${WHOLE_PACKAGE}`)).getFile();
}
