/**
 * SM3 of four messages side by side, GB/T 32905-2016 clause 5.3: word j of all four in the four lanes of one vector. One message
 * alone is a chain that leaves most of a processor idle; four of the same number of blocks take less than twice as long. What goes
 * in and comes out; the compression is in compress-lanes.ts.
 *
 *   Lanes   V: 8 vectors of four native words each, lane i of message i. 128 bytes
 *
 * Constant time: in the data.
 */
import { Sm3 } from "./hash";

/** Four running hashes, 128 bytes. */
export type Lanes = usize;

/** Bytes of Lanes. */
export const LANES_LEN: i32 = 128;

/** Scratch: W₀ … W₆₇ of four messages, 1088 bytes. Whoever fills the first 16 wipes all, by lanesWipe. */
export const W = memory.data(1088, 16);

/** Clears the scratch of this file. */
export function lanesWipe(): void {
  memory.fill(W, 0, 1088);
}

/** lanes ← four times what `state` has taken in, which is whole blocks. */
export function lanesStart(lanes: Lanes, state: Sm3): void {
  for (let i: usize = 0; i < 8; i++) v128.store(lanes + 16 * i, v128.load32_splat(state + 4 * i));
}

/** Each lane in the opposite byte order. */
function swapBytes(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** W ← the words of four messages' next `len` bytes, 32 or 64, at data and three times `stride` further on. */
export function lanesLoad(data: usize, stride: usize, len: usize): void {
  for (let i: usize = 0; i < len; i += 16) {
    const at = data + i;
    const to = W + 4 * i;
    const m0 = v128.load(at);
    const m1 = v128.load(at + stride);
    const m2 = v128.load(at + 2 * stride);
    const m3 = v128.load(at + 3 * stride);
    const low = v128.shuffle<u32>(m0, m1, 0, 4, 1, 5);
    const high = v128.shuffle<u32>(m0, m1, 2, 6, 3, 7);
    const lowNext = v128.shuffle<u32>(m2, m3, 0, 4, 1, 5);
    const highNext = v128.shuffle<u32>(m2, m3, 2, 6, 3, 7);
    v128.store(to, swapBytes(v128.shuffle<u64>(low, lowNext, 0, 2)));
    v128.store(to, swapBytes(v128.shuffle<u64>(low, lowNext, 1, 3)), 16);
    v128.store(to, swapBytes(v128.shuffle<u64>(high, highNext, 0, 2)), 32);
    v128.store(to, swapBytes(v128.shuffle<u64>(high, highNext, 1, 3)), 48);
  }
}

/** out ← the four values V in bytes, 32 each, one after the other. */
export function lanesToBytes(out: usize, lanes: Lanes): void {
  for (let i: usize = 0; i < 8; i++) {
    const v = swapBytes(v128.load(lanes + 16 * i));
    const at = out + 4 * i;
    v128.store32_lane(at, v, 0);
    v128.store32_lane(at, v, 1, 32);
    v128.store32_lane(at, v, 2, 64);
    v128.store32_lane(at, v, 3, 96);
  }
}
