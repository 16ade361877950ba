/**
 * Files → the payload, over many cores: what packages/bid does in one thread (`createPayloadWriter`), its tasks given to hands. Slices are read in order and
 * segments come out in order; between the two everything goes on at once. docs/formats/bid-package.md, Payload
 */
import { type BidFiles, createPieceHash, type PackageWriter, type StreamPlan } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { Hands } from "./hands.ts";
import { AT_ONCE } from "./wire.ts";

const BATCH_LEN = AT_ONCE * limits.segmentLen;
/** Read at once: whole pieces, so that any hand can hash a slice. */
const SLICE_LEN = AT_ONCE * limits.segmentLen;

/** Slices of a file in order; the next one is asked for before the last one is used. */
async function* slicesOf(content: Blob, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const read = (at: number) => (at < content.size ? content.slice(at, at + SLICE_LEN).arrayBuffer() : null);
  try {
    for (let at = 0, next = read(0); next !== null;) {
      const slice = await next;
      at += SLICE_LEN;
      next = read(at);
      // One that fails is told when it is waited for.
      next?.catch(() => undefined);
      yield new Uint8Array(slice);
    }
  } catch (cause) {
    throw new OperationError("CONTENT_UNREADABLE", { name }, { cause });
  }
}

export interface PayloadOptions {
  readonly gm: Gm;
  readonly hands: Hands;
  readonly plan: StreamPlan;
  /** What stands before the files in the stream. */
  readonly start: Uint8Array;
  readonly contents: readonly Blob[];
  readonly whole: PackageWriter;
  /** Bytes of the payload that are written. */
  readonly report: (done: number) => void;
}

/** @throws OperationError CONTENT_UNREADABLE, STORAGE_FULL */
export async function writePayload({ gm, hands, plan, start, contents, whole, report }: PayloadOptions): Promise<void> {
  const spare: Uint8Array<ArrayBuffer>[] = [];
  let plain = new Uint8Array(BATCH_LEN);
  let plainLen = 0;
  let begun = 0;
  let written = 0;
  /** Batches are written in their order; the first failure ends it all. */
  let writing: Promise<void> = Promise.resolve();
  let failure: { readonly cause: unknown } | null = null;

  async function seal(): Promise<void> {
    // A disk that is full at the first batch is told at the next one, and not when all is read.
    if (failure !== null) throw failure.cause;
    const segments = plainLen / limits.segmentLen;
    const index = begun;
    begun += segments;
    const { result } = await hands.begin(
      "seal",
      { index, isLast: begun === plan.segments, plain: plain.subarray(0, plainLen) },
      [plain.buffer],
    );
    const before = writing;
    writing = (async () => {
      await before;
      const { sealed, digests, plain: back } = await result;
      for (const [at, segment] of sealed.entries()) await whole.add(segment, digests[at]);
      spare.push(new Uint8Array(back.buffer));
      written += segments;
      report(written * limits.sealedSegmentLen);
    })();
    writing.catch((cause: unknown) => {
      failure ??= { cause };
    });
    result.catch(() => undefined);
    plain = spare.pop() ?? new Uint8Array(BATCH_LEN);
    plainLen = 0;
  }

  async function put(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + BATCH_LEN - plainLen);
      plain.set(part, plainLen);
      plainLen += part.length;
      at += part.length;
      if (plainLen === BATCH_LEN) await seal();
    }
  }

  /** A file's bytes into the stream, and its hash, which is there once all its pieces are. */
  async function putFile({ name, size }: BidFiles[number], content: Blob): Promise<() => Promise<Uint8Array>> {
    const digests: Promise<readonly Uint8Array[]>[] = [];
    let len = 0;
    for await (const slice of slicesOf(content, name)) {
      len += slice.length;
      await put(slice);
      const { result } = await hands.begin("hash", { bytes: slice }, [slice.buffer]);
      result.catch(() => undefined);
      digests.push(result);
    }
    if (len !== size) throw new OperationError("CONTENT_UNREADABLE", { name });
    return async () => {
      const hash = createPieceHash(gm, limits.segmentLen);
      for (const some of digests) for (const digest of await some) hash.takeHashed(digest);
      return hash.digest();
    };
  }

  await put(start);
  const hashes: (() => Promise<Uint8Array>)[] = [];
  for (const [at, file] of plan.files.entries()) {
    const content = contents[at];
    if (content === undefined) throw new OperationError("CONTENT_UNREADABLE", { name: file.name });
    hashes.push(await putFile(file, content));
  }
  for (const hash of hashes) await put(await hash());
  const padding = plan.segments * limits.segmentLen - plan.endAt;
  if (padding > 0) await put(new Uint8Array(padding));
  if (plainLen > 0) await seal();
  await writing;
}
