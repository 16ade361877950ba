/** What another program enveloped: bytes that nothing here looks into. docs/formats/legacy-package.md, Content */
import type { ArchiveReader } from "./archive-reader.ts";

/** A ZIP archive begins so, also an empty one: "PK". */
const isArchive = ([first, second]: Uint8Array): boolean => first === 0x50 && second === 0x4b;

/** One file of all the bytes there are. */
export function createPlainReader(): ArchiveReader {
  let name = "content";
  let size = 0;
  return {
    take(bytes) {
      if (size === 0 && isArchive(bytes)) name = "content.zip";
      const piece = { file: 0, name, offset: size, bytes };
      size += bytes.length;
      return [piece];
    },
    end: () => [{ name, size }],
  };
}
