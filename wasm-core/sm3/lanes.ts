/**
 * SM3 of four messages side by side, GB/T 32905-2016 clause 5.3: word j of all four in the four lanes of one vector. One message
 * alone is a chain that leaves most of a processor idle; four of the same number of blocks take less than twice as long.
 *
 *   Lanes   V: 8 vectors of four native words each, lane i of message i. 128 bytes
 *
 * The words of a message and what they expand to lie in memory here, and each turn of a loop is four rounds, after which the
 * names stand where they stood: this is bound by the number of operations, so nothing is gained by writing all rounds out.
 *
 * Constant time: in the data; not in the number of blocks.
 */
import { T } from "./compress";
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

/** W ← the words of four blocks, at data and three times `stride` further on. */
export function lanesLoad(data: usize, stride: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    const at = data + 16 * i;
    const to = W + 64 * i;
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

/** Each lane of x <<< by. */
function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

/** Each lane of x <<< 8, which is one operation instead of three. */
function rotateByte(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
}

/** P₀, clause 4.4: x ⊕ (x <<< 9) ⊕ (x <<< 17). */
function p0(x: v128): v128 {
  const y = rotate(x, 9);
  return v128.xor(v128.xor(x, y), rotateByte(y));
}

/** P₁, clause 4.4: x ⊕ (x <<< 15) ⊕ (x <<< 23). */
function p1(x: v128): v128 {
  const y = rotate(x, 15);
  return v128.xor(v128.xor(x, y), rotateByte(y));
}

/** x + y + z. */
function sum(x: v128, y: v128, z: v128): v128 {
  return i32x4.add(i32x4.add(x, y), z);
}

/** FF and GG in rounds 0 to 15, clause 4.3. */
function parity(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z);
}

/** FF in rounds 16 to 63. */
function majority(x: v128, y: v128, z: v128): v128 {
  return v128.or(v128.and(y, z), v128.and(v128.or(y, z), x));
}

/** GG in rounds 16 to 63. */
function choice(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.and(v128.xor(y, z), x), z);
}

/** W₁₆ … W₆₇, clause 5.3.2. */
function expand(): void {
  for (let w = W + 256; w < W + 1088; w += 16) {
    const mixed = p1(parity(v128.load(w - 256), v128.load(w - 144), rotate(v128.load(w - 48), 15)));
    v128.store(w, parity(mixed, rotate(v128.load(w - 208), 7), v128.load(w - 96)));
  }
}

/** lanes ← CF of a block each, whose words are in W. */
export function compressLanes(lanes: Lanes): void {
  expand();
  let a = v128.load(lanes);
  let b = v128.load(lanes, 16);
  let c = v128.load(lanes, 32);
  let d = v128.load(lanes, 48);
  let e = v128.load(lanes, 64);
  let f = v128.load(lanes, 80);
  let g = v128.load(lanes, 96);
  let h = v128.load(lanes, 112);
  let x: v128;
  let y: v128;
  let s: v128;
  let t = T;
  let w = W;
  for (; w < W + 256; w += 64) {
    x = rotate(a, 12);
    s = rotate(sum(e, x, v128.load32_splat(t)), 7);
    y = v128.load(w);
    d = i32x4.add(sum(d, v128.xor(y, v128.load(w, 64)), parity(a, b, c)), v128.xor(s, x));
    h = p0(i32x4.add(sum(h, y, parity(e, f, g)), s));
    b = rotate(b, 9);
    f = rotate(f, 19);
    x = rotate(d, 12);
    s = rotate(sum(h, x, v128.load32_splat(t, 4)), 7);
    y = v128.load(w, 16);
    c = i32x4.add(sum(c, v128.xor(y, v128.load(w, 80)), parity(d, a, b)), v128.xor(s, x));
    g = p0(i32x4.add(sum(g, y, parity(h, e, f)), s));
    a = rotate(a, 9);
    e = rotate(e, 19);
    x = rotate(c, 12);
    s = rotate(sum(g, x, v128.load32_splat(t, 8)), 7);
    y = v128.load(w, 32);
    b = i32x4.add(sum(b, v128.xor(y, v128.load(w, 96)), parity(c, d, a)), v128.xor(s, x));
    f = p0(i32x4.add(sum(f, y, parity(g, h, e)), s));
    d = rotate(d, 9);
    h = rotate(h, 19);
    x = rotate(b, 12);
    s = rotate(sum(f, x, v128.load32_splat(t, 12)), 7);
    y = v128.load(w, 48);
    a = i32x4.add(sum(a, v128.xor(y, v128.load(w, 112)), parity(b, c, d)), v128.xor(s, x));
    e = p0(i32x4.add(sum(e, y, parity(f, g, h)), s));
    c = rotate(c, 9);
    g = rotate(g, 19);
    t += 16;
  }
  for (; w < W + 1024; w += 64) {
    x = rotate(a, 12);
    s = rotate(sum(e, x, v128.load32_splat(t)), 7);
    y = v128.load(w);
    d = i32x4.add(sum(d, v128.xor(y, v128.load(w, 64)), majority(a, b, c)), v128.xor(s, x));
    h = p0(i32x4.add(sum(h, y, choice(e, f, g)), s));
    b = rotate(b, 9);
    f = rotate(f, 19);
    x = rotate(d, 12);
    s = rotate(sum(h, x, v128.load32_splat(t, 4)), 7);
    y = v128.load(w, 16);
    c = i32x4.add(sum(c, v128.xor(y, v128.load(w, 80)), majority(d, a, b)), v128.xor(s, x));
    g = p0(i32x4.add(sum(g, y, choice(h, e, f)), s));
    a = rotate(a, 9);
    e = rotate(e, 19);
    x = rotate(c, 12);
    s = rotate(sum(g, x, v128.load32_splat(t, 8)), 7);
    y = v128.load(w, 32);
    b = i32x4.add(sum(b, v128.xor(y, v128.load(w, 96)), majority(c, d, a)), v128.xor(s, x));
    f = p0(i32x4.add(sum(f, y, choice(g, h, e)), s));
    d = rotate(d, 9);
    h = rotate(h, 19);
    x = rotate(b, 12);
    s = rotate(sum(f, x, v128.load32_splat(t, 12)), 7);
    y = v128.load(w, 48);
    a = i32x4.add(sum(a, v128.xor(y, v128.load(w, 112)), majority(b, c, d)), v128.xor(s, x));
    e = p0(i32x4.add(sum(e, y, choice(f, g, h)), s));
    c = rotate(c, 9);
    g = rotate(g, 19);
    t += 16;
  }
  v128.store(lanes, v128.xor(v128.load(lanes), a));
  v128.store(lanes, v128.xor(v128.load(lanes, 16), b), 16);
  v128.store(lanes, v128.xor(v128.load(lanes, 32), c), 32);
  v128.store(lanes, v128.xor(v128.load(lanes, 48), d), 48);
  v128.store(lanes, v128.xor(v128.load(lanes, 64), e), 64);
  v128.store(lanes, v128.xor(v128.load(lanes, 80), f), 80);
  v128.store(lanes, v128.xor(v128.load(lanes, 96), g), 96);
  v128.store(lanes, v128.xor(v128.load(lanes, 112), h), 112);
}
