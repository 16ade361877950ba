/**
 * SM3 of four messages of the same number of blocks, any number of bytes: lanesStart, sm3Pad where they end, sm3Lanes for the
 * blocks, lanesToBytes.
 *
 * Constant time: in the data; not in lengths and counts, which are public.
 */
import { compressLanes } from "./compress-lanes";
import { Lanes, lanesLoad, lanesWipe } from "./lanes";

/**
 * Padding, GB/T 32905-2016 clause 5.2, behind the `len` bytes at data that end a message of `total` bytes, up to `end`.
 * Bounds: len + 9 ≤ end, a multiple of 64.
 */
export function sm3Pad(data: usize, len: i32, end: i32, total: f64): void {
  store<u8>(data + len, 0x80);
  memory.fill(data + len + 1, 0, end - len - 1);
  store<u64>(data + end - 8, bswap<u64>((total as u64) << 3));
}

/** Four messages take in `count` blocks each: the first at data, the others `stride` bytes further on, one after the other. */
export function sm3Lanes(lanes: Lanes, data: usize, stride: i32, count: i32): void {
  const end = data + 64 * count;
  for (let at = data; at < end; at += 64) {
    lanesLoad(at, stride, 64);
    compressLanes(lanes);
  }
  lanesWipe();
}
