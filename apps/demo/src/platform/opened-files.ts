/** Files of an opened package, on disk under numbers: what they are called stands in the list, so that no name chooses a path. */
import type { FilePiece, FileSink } from "@certbridge/bid";
import { hexOf } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { OpenedBid } from "@certbridge/verify";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { KeptBid } from "./bids.ts";
import { writeAll } from "./write-all.ts";

export interface KeptFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly path: string;
}

/**
 * Gives a sink to `use`; where that went well, the files are there, else none is.
 *
 * @throws what `use` throws
 */
export async function keepFiles(
  folder: string,
  { lotId, verified }: Pick<KeptBid, "lotId" | "verified">,
  use: (sink: FileSink) => Promise<OpenedBid>,
): Promise<readonly KeptFile[]> {
  // Hexadecimal: base64url has letters that differ by case alone, which not every file system tells apart.
  const place = join(folder, lotId, hexOf(decodeBase64Url(verified.packageId)));
  const pathOf = (file: number) => join(place, String(file));
  let current: { readonly file: number; readonly handle: FileHandle } | null = null;

  /** The handle of a file: they come one behind the other. */
  async function handleOf(file: number): Promise<FileHandle> {
    if (current?.file === file) return current.handle;
    await current?.handle.close();
    current = null;
    const handle = await open(pathOf(file), "w");
    current = { file, handle };
    return handle;
  }

  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  let whole = false;
  try {
    const { files } = await use({
      async write({ file, offset, bytes }: FilePiece) {
        const handle = await handleOf(file);
        await writeAll(handle, bytes, offset);
      },
    });
    whole = true;
    return files.map(({ name, size }, file) => ({ name, size, path: pathOf(file) }));
  } finally {
    await (current as { readonly handle: FileHandle } | null)?.handle.close();
    if (!whole) await rm(place, { recursive: true, force: true });
  }
}
