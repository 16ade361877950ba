/**
 * Files → the payload, over many cores: what packages/bid does in one thread (`createPayloadWriter`), its tasks given to hands. Slices are read in order and
 * segments come out in order; between the two everything goes on at once. docs/formats/bid-package.md, Payload
 */
import { type BidFiles, createPieceHash, type PackageWriter, type StreamPlan } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { slicesOf } from "../slices.ts";
import type { Hands } from "./hands.ts";
import { AT_ONCE } from "./wire.ts";

/** Read at once: whole pieces, so that any hand can hash a slice. */
const SLICE_LEN = AT_ONCE * limits.segmentLen;
/** Memory of a batch: its segments, each with room for its tag. Slices are read into the same. */
const MEMORY_LEN = AT_ONCE * limits.sealedSegmentLen;

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
  /** Memory that came back from the hands: made once, it goes round. */
  const spare: ArrayBuffer[] = [];
  const take = () => spare.pop() ?? new ArrayBuffer(MEMORY_LEN);
  const give = (memory: ArrayBuffer) => {
    // A slice may have brought its own.
    if (memory.byteLength === MEMORY_LEN) spare.push(memory);
  };
  let batch = new Uint8Array(take());
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
      { index, isLast: begun === plan.segments, batch: batch.subarray(0, segments * limits.sealedSegmentLen) },
      [batch.buffer],
    );
    const before = writing;
    writing = (async () => {
      await before;
      const { sealed, digests } = await result;
      for (const [at, digest] of digests.entries()) {
        await whole.add(sealed.subarray(at * limits.sealedSegmentLen, (at + 1) * limits.sealedSegmentLen), digest);
      }
      give(sealed.buffer);
      written += segments;
      report(written * limits.sealedSegmentLen);
    })();
    writing.catch((cause: unknown) => {
      failure ??= { cause };
    });
    result.catch(() => undefined);
    batch = new Uint8Array(take());
    plainLen = 0;
  }

  async function put(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const inSegment = plainLen % limits.segmentLen;
      const part = bytes.subarray(at, at + limits.segmentLen - inSegment);
      batch.set(part, Math.floor(plainLen / limits.segmentLen) * limits.sealedSegmentLen + inSegment);
      plainLen += part.length;
      at += part.length;
      if (plainLen === SLICE_LEN) await seal();
    }
  }

  /** A file's bytes into the stream, and its hash, which is there once all its pieces are. */
  async function putFile({ name, size }: BidFiles[number], content: Blob): Promise<() => Promise<Uint8Array>> {
    const digests: Promise<readonly Uint8Array[]>[] = [];
    let len = 0;
    for await (const slice of slicesOf(content, name, SLICE_LEN, take)) {
      len += slice.length;
      await put(slice);
      const { result } = await hands.begin("hash", { bytes: slice }, [slice.buffer]);
      const hashed = result.then(({ digests: some, bytes }) => {
        give(bytes.buffer);
        return some;
      });
      hashed.catch(() => undefined);
      digests.push(hashed);
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
