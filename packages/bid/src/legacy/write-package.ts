/** The whole content of a package in the legacy profile: the files twice, first for their CRC-32s, then to be encrypted. */
import { OperationError } from "@certbridge/protocol/errors";
import type { Crc32, JobOptions } from "../bytes-in-and-out.ts";
import type { BidSource } from "../write-package.ts";
import { type ArchivedFile, archiveOf } from "./archive.ts";
import type { LegacyPackageWriter } from "./write.ts";

/** As the file reads; one that has more or fewer bytes than it says, or cannot be read, is named. */
async function readAll(
  { name, size, chunks }: BidSource,
  signal: AbortSignal | undefined,
  use: (chunk: Uint8Array) => Promise<void> | void,
): Promise<void> {
  let len = 0;
  const unreadable = (cause?: unknown) =>
    new OperationError("CONTENT_UNREADABLE", { name }, cause === undefined ? {} : { cause });
  const source = async function* () {
    try {
      yield* chunks();
    } catch (cause) {
      throw unreadable(cause);
    }
  };
  for await (const chunk of source()) {
    signal?.throwIfAborted();
    len += chunk.length;
    if (len > size) throw unreadable();
    await use(chunk);
  }
  if (len !== size) throw unreadable();
}

/**
 * @param options.files   each of whose chunks can be had twice; one that changes between is refused
 * @param options.onProgress of the archive's bytes, each counted twice
 * @returns the trailer, canonical JSON, as the writer's `endContent`
 * @throws OperationError MALFORMED (names), TOO_LARGE, CONTENT_UNREADABLE · what sink and signal throw. What was written by then is no package.
 */
export async function writeLegacyContent(
  options: {
    readonly crc32: Crc32;
    readonly writer: LegacyPackageWriter;
    readonly files: readonly BidSource[];
  } & JobOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { crc32, writer, files, signal, onProgress } = options;
  const listed = files.map(({ name, size }): ArchivedFile => ({ name, size, crc: 0 }));
  const wholeLen = 2 * archiveOf(listed).len;
  let doneLen = 0;
  const done = (len: number) => onProgress?.((doneLen += len), wholeLen);

  const archived: ArchivedFile[] = [];
  for (const file of files) {
    let crc = 0;
    await readAll(file, signal, (chunk) => {
      crc = crc32(chunk, crc);
      done(chunk.length);
    });
    archived.push({ name: file.name, size: file.size, crc });
  }
  const { locals, tail } = archiveOf(archived);
  for (const [place, file] of files.entries()) {
    await writer.add(locals[place] ?? new Uint8Array(0));
    let crc = 0;
    await readAll(file, signal, async (chunk) => {
      crc = crc32(chunk, crc);
      await writer.add(chunk);
      done(chunk.length);
    });
    if (crc !== archived[place]?.crc) throw new OperationError("CONTENT_UNREADABLE", { name: file.name });
  }
  await writer.add(tail);
  const trailer = await writer.endContent();
  onProgress?.(wholeLen, wholeLen);
  return trailer;
}
