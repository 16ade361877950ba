/**
 * A package in the legacy profile (旧格式), made and opened again in one thread: CBC goes block by block, so that more cores are no help. The files
 * are read twice. docs/formats/legacy-package.md
 */
import {
  beginLegacyPackage,
  type BidFiles,
  type ByteSource,
  contentKeyOfFileKey,
  type LegacyPackageParts,
  type LegacyPackageWriter,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
  writeLegacyContent,
} from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { slicesOf } from "../slices.ts";

/** Read at once. */
const SLICE_LEN = 4 * 1024 * 1024;

/** What both halves need of the worker. `report` is told bytes of the archive, of as many as it has. */
interface Means {
  readonly gm: Gm;
  readonly report: (done: number) => void;
}

/**
 * Bytes beside the archive, at most: two heads of chunks for each of its MiB, of which there are 65,536 in the largest package, key block and signature.
 */
export const LEGACY_FRAME_LEN = 1024 * 1024;

/** @throws OperationError CONTENT_UNREADABLE, STORAGE_FULL */
export async function writeLegacy(
  { gm, report }: Means,
  options: {
    readonly parts: LegacyPackageParts;
    readonly write: (at: number, bytes: Uint8Array<ArrayBuffer>) => void;
    readonly files: BidFiles;
    readonly contents: readonly Blob[];
  },
): Promise<{ readonly writer: LegacyPackageWriter; readonly trailer: Uint8Array<ArrayBuffer> }> {
  const { parts, write, files, contents } = options;
  const writer = await beginLegacyPackage(gm, { write }, parts);
  const sources = files.map(({ name, size }, at) => {
    const content = contents[at];
    if (content === undefined) throw new OperationError("CONTENT_UNREADABLE", { name });
    return { name, size, chunks: () => slicesOf(content, name, SLICE_LEN) };
  });
  // Both readings of the files are one half of the work.
  const onProgress = (done: number) => report(Math.floor(done / 2));
  return { writer, trailer: await writeLegacyContent({ crc32: gm.crc32, writer, files: sources, onProgress }) };
}

/**
 * Opens what was written, by the file key: who signed, and every byte.
 *
 * @param archiveLen bytes of the archive in it, of which `report` is told
 * @throws ProofError · OperationError
 */
export async function checkLegacy(
  { gm, report }: Means,
  source: ByteSource,
  fileKey: Uint8Array,
  archiveLen: number,
): Promise<void> {
  // Both readings of the package are one half of the work.
  const tell = (before: number) => (done: number) =>
    report(Math.floor((archiveLen * (before + done)) / (2 * source.size)));
  const opened = await openLegacyPackage({ gm, source, onProgress: tell(0) });
  verifyLegacyPackage(gm, opened);
  const contentKey = contentKeyOfFileKey(gm, opened, fileKey);
  try {
    const sink = { write: () => undefined };
    await readLegacyFiles({ gm, crc32: gm.crc32, opened, contentKey, sink, onProgress: tell(source.size) });
  } finally {
    contentKey.fill(0);
  }
}
