/** Files → sealed segments: the half of writing that knows the key. docs/formats/bid-package.md, Payload */
import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { createPieceHash } from "./hash-in-pieces.ts";
import type { PayloadKeys } from "./keys.ts";
import { SEALED_LEN, sealSegment, SEGMENT_LEN } from "./segments.ts";
import { type BidFiles, HASH_LEN, planStream } from "./stream.ts";

/** Sealed segments in order, each an array of its own that may be transferred. */
export type SealedSegments = Generator<Uint8Array<ArrayBuffer>, void>;

/** Takes the files' bytes in order. One that failed, or whose segments were not all asked for, takes nothing more: Error. */
export interface PayloadWriter {
  /** Bytes of all sealed segments together. */
  readonly payloadLen: number;
  /**
   * The next bytes of a file; may be empty, and a file of no bytes need not be pushed. They are read while the segments are asked
   * for, and the caller's again behind the last one.
   *
   * @param file its place in the list, never one before the last
   * @throws OperationError CONTENT_UNREADABLE naming the file that has more or fewer bytes than the list says
   */
  push(file: number, bytes: Uint8Array): SealedSegments;
  /** Behind the last file: its end, the hashes, the padding. Throws as `push`. */
  end(): SealedSegments;
}

/**
 * @param options.keys  as `payloadKeys` gave them, of a file key that no other package has; the caller wipes them behind the end
 * @param options.files in the order in which they are pushed; names as in the format's page
 * @throws OperationError MALFORMED, TOO_LARGE
 */
export function createPayloadWriter(options: {
  readonly gm: Pick<Gm, "sm3Many" | "createSm3" | "sm4GcmEncrypt">;
  readonly keys: PayloadKeys;
  readonly files: BidFiles;
}): PayloadWriter {
  const { gm, keys } = options;
  const { plan, start } = planStream(options.files);
  const { files, segments } = plan;
  const hash = createPieceHash(gm, SEGMENT_LEN);
  const hashes = new Uint8Array(HASH_LEN * files.length);
  const plain = new Uint8Array(SEGMENT_LEN);
  plain.set(start); // shorter than a segment
  let plainLen = start.length;
  let sealed = 0;
  let current = 0;
  let currentLen = 0;
  /** Whether segments are still to be asked for, or failed: nothing may come between. */
  let busy = false;

  function* put(bytes: Uint8Array): SealedSegments {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + SEGMENT_LEN - plainLen);
      plain.set(part, plainLen);
      plainLen += part.length;
      at += part.length;
      if (plainLen < SEGMENT_LEN) continue;
      const index = sealed++;
      plainLen = 0;
      yield sealSegment(gm, keys, index, sealed === segments, plain);
    }
  }

  function checkSize(isRight: (size: number) => boolean): void {
    const { name, size } = files[current] ?? { name: "", size: 0 };
    if (!isRight(size)) throw new OperationError("CONTENT_UNREADABLE", { name });
  }

  /** To the beginning of a later file, or behind the last one. */
  function goTo(file: number): void {
    for (; current < file; current++) {
      checkSize((size) => currentLen === size);
      hashes.set(hash.digest(), HASH_LEN * current);
      currentLen = 0;
    }
  }

  /** Runs to its end before another begins. */
  function* alone(work: SealedSegments): SealedSegments {
    if (busy) throw new Error("the payload has failed, ended, or waits for its segments to be taken");
    busy = true;
    yield* work;
    busy = sealed === segments;
  }

  function* pushing(file: number, bytes: Uint8Array): SealedSegments {
    if (file < current || files[file] === undefined)
      throw new RangeError(`"file" expected a file that is not over, got ${file}`);
    goTo(file);
    currentLen += bytes.length;
    checkSize((size) => currentLen <= size);
    hash.update(bytes);
    yield* put(bytes);
  }

  function* ending(): SealedSegments {
    goTo(files.length);
    yield* put(hashes);
    if (plainLen > 0) yield* put(new Uint8Array(SEGMENT_LEN - plainLen));
    plain.fill(0);
  }

  return {
    payloadLen: segments * SEALED_LEN,
    push: (file, bytes) => alone(pushing(file, bytes)),
    end: () => alone(ending()),
  };
}
