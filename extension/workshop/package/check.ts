/**
 * What was written, opened again as whoever opens it on the day will (打开检查): signature, every segment, and the two sums over the payload that a
 * platform refuses a package by. docs/formats/bid-package.md, What a reader does
 */
import {
  type ByteSource,
  createPieceHash,
  openPackage,
  readFiles,
  type RunOpener,
  verifyPackage,
} from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { ProofError } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";

/**
 * @param options.open   opens segments on other cores; here, without it
 * @param options.report is told bytes of the payload
 * @throws ProofError CONTENT_MISMATCH where the payload is not the one that was signed, and those of a signature · OperationError MALFORMED, BID_NOT_OPENED,
 *   CONTENT_UNREADABLE
 */
export async function checkPackage(options: {
  readonly gm: Gm;
  readonly source: ByteSource;
  readonly fileKey: Uint8Array;
  readonly open?: RunOpener;
  readonly report: (done: number) => void;
}): Promise<void> {
  const { gm, source, fileKey, open, report } = options;
  const opened = await openPackage({ gm, crc32: gm.crc32, source });
  verifyPackage(gm, opened);
  const { payload, trailer } = opened;
  let crc = 0;
  let summedTo = payload.at;
  // The payload is read once, in order: its CRC-32 goes along, and its SM3 with the opening.
  const summed: ByteSource = {
    size: source.size,
    async read(at, len) {
      const bytes = await source.read(at, len);
      if (at === summedTo) {
        crc = gm.crc32(bytes, crc);
        summedTo += bytes.length;
      }
      return bytes;
    },
  };
  const hash = createPieceHash(gm, limits.sealedSegmentLen);
  const sink = { write: () => undefined };
  await readFiles({ gm, opened: { ...opened, source: summed }, fileKey, open, hash, sink, onProgress: report });
  if (encodeBase64Url(hash.digest()) !== trailer.payloadSm3) throw new ProofError("CONTENT_MISMATCH");
  if (summedTo !== payload.at + payload.len || crc !== payload.crc) {
    throw new OperationError("MALFORMED", { what: "bid package" });
  }
}
