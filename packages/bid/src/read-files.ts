/** A package's files, by its file key: steps 5 and 6 of docs/formats/bid-package.md, What a reader does. */
import type { Gm } from "@certbridge/gm";
import { type JobOptions, readExactly } from "./bytes-in-and-out.ts";
import { openKeys, wipeKeys } from "./keys.ts";
import { createPayloadReader, type FilePiece } from "./payload-reader.ts";
import type { OpenedPackage } from "./read.ts";
import { openSegment, SEALED_LEN, type SegmentOpener } from "./segments.ts";
import type { BidFiles } from "./stream.ts";

/** Where the files go. What it gets is genuine, but not whole before {@link readFiles} has ended well. */
export interface FileSink {
  /** In the order of the files and their bytes. */
  write(piece: FilePiece): Promise<void> | void;
}

/** Segments on their way through other cores: enough for four of them, and 16 MiB with what they become. */
const AT_ONCE = 8;

/**
 * Who signed the package is no matter here: that is for {@link verifyPackage}, before.
 *
 * @param options.fileKey from a key block or a released key; the caller wipes it
 * @param options.open    opens segments on other cores, eight at once; without it they are opened here, one by one
 * @returns the files, whole
 * @throws OperationError BID_NOT_OPENED for every failure of key and payload, CONTENT_UNREADABLE · what sink, signal and `open` throw. What
 *   the sink has by then is to be thrown away.
 */
export async function readFiles(
  options: {
    readonly gm: Pick<Gm, "sm3" | "sm3Many" | "createSm3" | "hkdfSm3" | "sm4GcmDecrypt">;
    readonly opened: OpenedPackage;
    readonly fileKey: Uint8Array;
    readonly sink: FileSink;
    readonly open?: SegmentOpener | undefined;
  } & JobOptions,
): Promise<BidFiles> {
  const { gm, opened, fileKey, sink, signal, onProgress } = options;
  const here: SegmentOpener = async (keys, ...segment) => openSegment(gm, keys, ...segment);
  const { open = here } = options;
  const atOnce = options.open === undefined ? 1 : AT_ONCE;
  const { source, entries, payload } = opened;
  const { segments } = payload;
  const keys = openKeys(gm, fileKey, entries.header, entries.commitment);
  const flight: Promise<Uint8Array<ArrayBuffer> | null>[] = [];
  /** The last read that was begun: one after another, since a source may count on their order. */
  let reading: Promise<unknown> = Promise.resolve();

  function begin(index: number): void {
    const sealed = reading.then(() => readExactly(source, payload.at + index * SEALED_LEN, SEALED_LEN));
    reading = sealed;
    const opening = sealed.then((bytes) => open(keys, index, index === segments - 1, bytes));
    opening.catch(() => undefined); // told when its turn comes
    flight.push(opening);
  }

  try {
    const reader = createPayloadReader({ gm, keys, segments });
    for (let taken = 0, begun = 0; taken < segments; taken++) {
      while (begun < segments && flight.length < atOnce) begin(begun++);
      signal?.throwIfAborted();
      for (const piece of reader.takeOpened((await flight.shift()) ?? null)) await sink.write(piece);
      onProgress?.((taken + 1) * SEALED_LEN, payload.len);
    }
    return reader.end();
  } finally {
    await Promise.allSettled(flight);
    wipeKeys(keys);
  }
}
