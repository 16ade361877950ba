/**
 * Where finished bid packages are: in the extension's own file system (OPFS), under the id of the request that made them, until they are swept. docs/operations/encrypt.md
 */

/** The folder that they are in. */
const FOLDER = "bids";

/** By reference. @throws DOMException NotFoundError */
export async function readPackage(id: string): Promise<File> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER);
  return (await folder.getFileHandle(`${id}.cbid`)).getFile();
}
