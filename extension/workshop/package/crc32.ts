import type { Crc32 } from "@certbridge/bid";
import { createCRC32 } from "hash-wasm";

/** Bytes that only a segment has. */
const LONG = 1024 * 1024;

/**
 * CRC-32 as the frame of a package wants it: one long run, with short ones in between.
 *
 * @param longLen bytes with which a run can begin that is gone on with; 0 where there is one run at a time
 */
export async function openCrc32(longLen = LONG): Promise<Crc32> {
  const crc = await createCRC32();
  /** The last run, to go on with, and its value. */
  let state: Uint8Array | null = null;
  let value = 0;
  return (bytes, soFar) => {
    if (soFar === 0) crc.init();
    else if (state !== null && soFar === value) crc.load(state);
    else throw new RangeError("only the last run goes on");
    crc.update(bytes);
    const after = crc.save();
    const digest = Number.parseInt(crc.digest("hex"), 16);
    // A short run in between leaves the long one as it was.
    if (soFar !== 0 || bytes.length >= longLen) [state, value] = [after, digest];
    return digest;
  };
}
