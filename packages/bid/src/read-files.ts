/** A package's files, by its file key: steps 5 and 6 of docs/formats/bid-package.md, What a reader does. */
import type { Gm } from "@certbridge/gm";
import { type JobOptions, readExactly } from "./bytes-in-and-out.ts";
import { openKeys, wipeKeys } from "./keys.ts";
import { createPayloadReader, type FilePiece } from "./payload-reader.ts";
import type { OpenedPackage } from "./read.ts";
import { SEALED_LEN } from "./segments.ts";
import type { BidFiles } from "./stream.ts";

/** Where the files go. What it gets is genuine, but not whole before {@link readFiles} has ended well. */
export interface FileSink {
  /** In the order of the files and their bytes. */
  write(piece: FilePiece): Promise<void> | void;
}

/**
 * Who signed the package is no matter here: that is for {@link verifyPackage}, before.
 *
 * @param options.fileKey from a key block or a released key; the caller wipes it
 * @returns the files, whole
 * @throws OperationError BID_NOT_OPENED for every failure of key and payload, CONTENT_UNREADABLE · what sink and signal throw. What
 *   the sink has by then is to be thrown away.
 */
export async function readFiles(
  options: {
    readonly gm: Pick<Gm, "sm3" | "sm3Many" | "createSm3" | "hkdfSm3" | "sm4GcmDecrypt">;
    readonly opened: OpenedPackage;
    readonly fileKey: Uint8Array;
    readonly sink: FileSink;
  } & JobOptions,
): Promise<BidFiles> {
  const { gm, opened, fileKey, sink, signal, onProgress } = options;
  const { source, entries, payload } = opened;
  const { segments } = payload;
  const keys = openKeys(gm, fileKey, entries.header, entries.commitment);
  try {
    const reader = createPayloadReader({ gm, keys, segments });
    for (let index = 0; index < segments; index++) {
      signal?.throwIfAborted();
      const sealed = await readExactly(source, payload.at + index * SEALED_LEN, SEALED_LEN);
      for (const piece of reader.take(sealed)) await sink.write(piece);
      onProgress?.((index + 1) * SEALED_LEN, payload.len);
    }
    return reader.end();
  } finally {
    wipeKeys(keys);
  }
}
