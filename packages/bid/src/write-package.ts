/** The whole of writing in one call, for one thread. */
import type { Gm } from "@certbridge/gm";
import { type BidHeader } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import type { ByteSink, Crc32, JobOptions } from "./bytes-in-and-out.ts";
import { commitmentOf, payloadKeys, wipeKeys } from "./keys.ts";
import { createPayloadWriter } from "./payload-writer.ts";
import { beginPackage } from "./write.ts";

/** A file to be encrypted. */
export interface BidSource {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Its bytes, once, in chunks of any length; a chunk is the source's own again when the next one is asked for. */
  chunks(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** As the file reads; what its source throws becomes a coded error that names it. */
async function* readChunks(file: BidSource): AsyncGenerator<Uint8Array, void> {
  try {
    yield* file.chunks();
  } catch (cause) {
    throw new OperationError("CONTENT_UNREADABLE", { name: file.name }, { cause });
  }
}

/**
 * @param options.fileKey  32 fresh random bytes, of no other package; the caller wipes them
 * @param options.keyBlock EnvelopedData over `encodeKeyBlockContent` of this file key and header, DER
 * @param options.sign     answers SignedData over these bytes, which stay outside, of the content type BID_TRAILER, DER
 * @returns bytes of the package
 * @throws OperationError MALFORMED (header, names), TOO_LARGE, CONTENT_UNREADABLE · ProofError where the signature does not hold ·
 *   what sink, signer and signal throw. What was written by then is no package.
 */
export async function writePackage(
  options: {
    readonly gm: Gm;
    readonly crc32: Crc32;
    readonly header: BidHeader;
    readonly fileKey: Uint8Array;
    readonly keyBlock: Uint8Array;
    readonly files: readonly BidSource[];
    /** Of the bid's ledger, base64url, where there is one. */
    readonly ledgerHead?: string;
    readonly sink: ByteSink;
    readonly sign: (trailer: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> | Uint8Array;
  } & JobOptions,
): Promise<number> {
  const { gm, crc32, fileKey, keyBlock, files, sink, sign, ledgerHead, signal, onProgress } = options;
  const header = encodeCanonical(options.header);
  const keys = payloadKeys(gm, fileKey, header);
  try {
    const payload = createPayloadWriter({ gm, keys, files: files.map(({ name, size }) => ({ name, size })) });
    const { payloadLen } = payload;
    const commitment = commitmentOf(gm, fileKey, header);
    const whole = await beginPackage({
      gm,
      crc32,
      sink,
      header,
      commitment,
      keyBlock,
      payloadLen,
      ...(ledgerHead === undefined ? {} : { ledgerHead }),
    });
    let doneLen = 0;

    async function addAll(segments: Iterable<Uint8Array<ArrayBuffer>>): Promise<void> {
      for (const sealed of segments) {
        await whole.add(sealed);
        signal?.throwIfAborted();
        doneLen += sealed.length;
        onProgress?.(doneLen, payloadLen);
      }
    }

    for (const [place, file] of files.entries()) {
      signal?.throwIfAborted();
      for await (const chunk of readChunks(file)) {
        signal?.throwIfAborted();
        await addAll(payload.push(place, chunk));
      }
    }
    await addAll(payload.end());
    const signature = await sign(whole.endPayload());
    signal?.throwIfAborted();
    return await whole.finish(signature);
  } finally {
    wipeKeys(keys);
  }
}
