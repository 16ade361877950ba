/** The archive inside an envelope, read as its bytes come. docs/formats/legacy-package.md, Content */
import { sameBytes } from "@certbridge/pki";
import { bidFileName } from "@certbridge/protocol/bid";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import { type Crc32, join } from "../bytes-in-and-out.ts";
import { CENTRAL, LOCAL } from "../frame.ts";
import type { FilePiece } from "../payload-reader.ts";
import { notOpened } from "../refusals.ts";
import type { BidFiles } from "../stream.ts";
import { type ArchivedFile, archiveOf, LOCAL_EXTRA_LEN, LOCAL_LEN, localHeader } from "./archive.ts";

/** Takes the plaintext in order. Every failure is OperationError BID_NOT_OPENED. */
export interface ArchiveReader {
  take(bytes: Uint8Array<ArrayBuffer>): readonly FilePiece[];
  /** Behind the last byte: the files, whole. */
  end(): BidFiles;
}

/** Of a local header: CRC-32 and length of the name; of the ZIP64 field: the size. */
const CRC_AT = 14;
const NAME_LEN_AT = 26;
const SIZE_AT = 4;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** @throws OperationError BID_NOT_OPENED */
function readLocal(bytes: Uint8Array): ArchivedFile {
  const view = viewOf(bytes);
  const name = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    bytes.subarray(LOCAL_LEN, bytes.length - LOCAL_EXTRA_LEN),
  );
  const size = view.getBigUint64(bytes.length - LOCAL_EXTRA_LEN + SIZE_AT, true);
  if (size > limits.packageLen || !v.is(bidFileName, name)) throw notOpened();
  const file = { name, size: Number(size), crc: view.getUint32(CRC_AT, true) };
  if (!sameBytes(localHeader(file), bytes)) throw notOpened();
  return file;
}

export function createArchiveReader(crc32: Crc32): ArchiveReader {
  const files: ArchivedFile[] = [];
  /** What came of a header or of the records at the end. Shorter than a file list may be. */
  let gathered = new Uint8Array(0);
  let tail: Uint8Array | null = null;
  /** Of the file that is being read, the last of the list. */
  let fileLen = 0;
  let crc = 0;
  let isInFile = false;

  function closeFile(): void {
    const file = files.at(-1);
    if (file === undefined || fileLen < file.size) return;
    if (crc !== file.crc) throw notOpened();
    isInFile = false;
  }

  function openFile(file: ArchivedFile): FilePiece[] {
    if (files.length === limits.packageFiles) throw notOpened();
    files.push(file);
    gathered = new Uint8Array(0);
    fileLen = 0;
    crc = 0;
    isInFile = true;
    closeFile();
    if (isInFile) return [];
    return [{ file: files.length - 1, name: file.name, offset: 0, bytes: new Uint8Array(0) }];
  }

  /** Bytes that are wanted next: of a header as far as it is known, of the records at the end all that are left. */
  function wantedLen(): number {
    if (tail !== null) return tail.length;
    if (gathered.length < 4) return 4;
    const kind = viewOf(gathered).getUint32(0, true);
    if (kind === CENTRAL && files.length > 0) {
      try {
        ({ tail } = archiveOf(files));
      } catch {
        throw notOpened();
      }
      return tail.length;
    }
    if (kind !== LOCAL) throw notOpened();
    if (gathered.length < LOCAL_LEN) return LOCAL_LEN;
    return LOCAL_LEN + viewOf(gathered).getUint16(NAME_LEN_AT, true) + LOCAL_EXTRA_LEN;
  }

  function takeFile(bytes: Uint8Array<ArrayBuffer>, from: number, pieces: FilePiece[]): number {
    const { name, size } = files.at(-1) ?? { name: "", size: 0 };
    const to = Math.min(bytes.length, from + size - fileLen);
    const part = to - from === bytes.length ? bytes : bytes.slice(from, to);
    crc = crc32(part, crc);
    pieces.push({ file: files.length - 1, name, offset: fileLen, bytes: part });
    fileLen += part.length;
    closeFile();
    return to;
  }

  return {
    take(bytes) {
      const pieces: FilePiece[] = [];
      for (let at = 0; ;) {
        const missing = isInFile ? 0 : wantedLen() - gathered.length;
        if (!isInFile && missing === 0 && tail === null) {
          pieces.push(...openFile(readLocal(gathered)));
        } else if (at === bytes.length) {
          return pieces;
        } else if (isInFile) {
          at = takeFile(bytes, at, pieces);
        } else {
          // Something behind the end.
          if (missing === 0) throw notOpened();
          const part = bytes.subarray(at, at + missing);
          gathered = join([gathered, part]);
          at += part.length;
        }
      }
    },
    end() {
      if (isInFile || tail === null || !sameBytes(gathered, tail)) throw notOpened();
      return files.map(({ name, size }) => ({ name, size }));
    },
  };
}
