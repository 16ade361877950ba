/** A package's files, by its file key: steps 5 and 6 of docs/formats/bid-package.md, What a reader does. */
import type { Gm, OpenedGcmRun } from "@certbridge/gm";
import { type JobOptions, readExactly } from "./bytes-in-and-out.ts";
import type { PieceHash } from "./hash-in-pieces.ts";
import { openKeys, wipeKeys } from "./keys.ts";
import { createPayloadReader, type FilePiece } from "./payload-reader.ts";
import type { OpenedPackage } from "./read.ts";
import { openRun, type RunOpener, SEALED_LEN } from "./segments.ts";
import type { BidFiles } from "./stream.ts";

/** Where the files go. What it gets is genuine, but not whole before {@link readFiles} has ended well. */
export interface FileSink {
  /** In the order of the files and their bytes. */
  write(piece: FilePiece): Promise<void> | void;
}

/** Segments of a run: four pieces of a file lie in it whole, which are hashed side by side. */
const RUN = 5;

/** Runs on their way through other cores: enough for four of them, and 30 MiB. */
const AT_ONCE = 6;

/** Where the memory belongs to something else, too, a copy of its own. */
function ownMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length ? new Uint8Array(buffer) : bytes.slice();
}

/**
 * Who signed the package is no matter here: that is for {@link verifyPackage}, before.
 *
 * @param options.fileKey from a key block or a released key; the caller wipes it
 * @param options.open    opens segments on other cores, some MiB at once; without it they are opened here
 * @param options.hash    takes in the sealed segments, to say afterwards whether they are those that were signed: a {@link createPieceHash} of SEALED_LEN
 * @returns the files, whole
 * @throws OperationError BID_NOT_OPENED for every failure of key and payload, CONTENT_UNREADABLE · what sink, signal and `open` throw. What
 *   the sink has by then is to be thrown away.
 */
export async function readFiles(
  options: {
    readonly gm: Pick<Gm, "sm3" | "sm3Many" | "createSm3" | "hkdfSm3" | "sm4GcmDecrypt" | "sm4GcmDecryptRun">;
    readonly opened: OpenedPackage;
    readonly fileKey: Uint8Array;
    readonly sink: FileSink;
    readonly open?: RunOpener | undefined;
    readonly hash?: PieceHash | undefined;
  } & JobOptions,
): Promise<BidFiles> {
  const { gm, opened, fileKey, sink, hash, signal, onProgress } = options;
  const here: RunOpener = async (sealed, run) => openRun(gm, sealed, run);
  const { open = here } = options;
  const atOnce = options.open === undefined ? 1 : AT_ONCE;
  const { source, entries, payload } = opened;
  const { segments } = payload;
  const keys = openKeys(gm, fileKey, entries.header, entries.commitment);
  const reader = createPayloadReader({ gm, keys, segments });
  const flight: { readonly count: number; readonly opening: Promise<OpenedGcmRun | null> }[] = [];
  /** The last read that was begun: one after another, since a source may count on their order. */
  let reading: Promise<unknown> = Promise.resolve();

  function begin(index: number, count: number): void {
    const read = reading.then(() => readExactly(source, payload.at + index * SEALED_LEN, count * SEALED_LEN));
    reading = read;
    const opening = read.then((bytes) =>
      open(keys, {
        index,
        isLast: index + count === segments,
        sealed: ownMemory(bytes),
        hashSealed: hash !== undefined,
        parts: reader.partsOf(index, count),
      }),
    );
    opening.catch(() => undefined); // told when its turn comes
    flight.push({ count, opening });
  }

  try {
    for (let taken = 0, begun = 0; taken < segments;) {
      while (begun < segments && flight.length < (taken === 0 ? 1 : atOnce)) {
        // The first segment alone: it says where the files lie, and so what of the others is to be hashed.
        const count = begun === 0 ? 1 : Math.min(RUN, segments - begun);
        begin(begun, count);
        begun += count;
      }
      signal?.throwIfAborted();
      const [next] = flight;
      const run = (await next?.opening) ?? null;
      void flight.shift();
      for (const sm3 of run?.sealedSm3 ?? []) hash?.takeHashed(sm3);
      for (const piece of reader.takeOpened(run)) await sink.write(piece);
      taken += next?.count ?? 0;
      onProgress?.(taken * SEALED_LEN, payload.len);
    }
    return reader.end();
  } finally {
    await Promise.allSettled(flight.map(({ opening }) => opening));
    wipeKeys(keys);
  }
}
