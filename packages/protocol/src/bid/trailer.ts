import * as v from "valibot";
import { limits } from "../limits.ts";
import { sm3Text } from "./header.ts";

/** What the bidder signs of a package. docs/formats/bid-package.md, Trailer */
export const bidTrailer = v.strictObject({
  format: v.literal("shared-certificate-bid-trailer:1"),
  headerSm3: sm3Text,
  commitment: sm3Text,
  keyBlockSm3: sm3Text,
  /** Bytes: whole segments, each with its tag. */
  payloadLen: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(limits.sealedSegmentLen),
    v.maxValue(limits.packageLen),
    v.multipleOf(limits.sealedSegmentLen),
  ),
  /** Of the payload, in pieces of a segment with its tag. */
  payloadSm3: sm3Text,
  /** Of the last line of the bid's ledger when it was encrypted, where the program that made it keeps one. docs/formats/ledger.md */
  ledgerHead: v.exactOptional(sm3Text),
});

export type BidTrailer = v.InferOutput<typeof bidTrailer>;
