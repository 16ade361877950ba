/** Written by compress.gen.ts, which tells what this is. Constant time: everything here. */
import { T } from "./compress";
import { Lanes, W } from "./lanes";

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

/** x ⊕ y ⊕ z: FF and GG in rounds 0 to 15, clause 4.3. */
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

/** lanes ← CF of a block each, whose words are in W, clause 5.3.3. */
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
    s = rotate(sum(e, v128.load32_splat(t), x), 7);
    y = v128.load(w);
    d = i32x4.add(sum(d, v128.xor(y, v128.load(w, 64)), parity(a, b, c)), v128.xor(s, x));
    h = p0(i32x4.add(sum(h, y, parity(e, f, g)), s));
    b = rotate(b, 9);
    f = rotate(f, 19);
    x = rotate(d, 12);
    s = rotate(sum(h, v128.load32_splat(t, 4), x), 7);
    y = v128.load(w, 16);
    c = i32x4.add(sum(c, v128.xor(y, v128.load(w, 80)), parity(d, a, b)), v128.xor(s, x));
    g = p0(i32x4.add(sum(g, y, parity(h, e, f)), s));
    a = rotate(a, 9);
    e = rotate(e, 19);
    x = rotate(c, 12);
    s = rotate(sum(g, v128.load32_splat(t, 8), x), 7);
    y = v128.load(w, 32);
    b = i32x4.add(sum(b, v128.xor(y, v128.load(w, 96)), parity(c, d, a)), v128.xor(s, x));
    f = p0(i32x4.add(sum(f, y, parity(g, h, e)), s));
    d = rotate(d, 9);
    h = rotate(h, 19);
    x = rotate(b, 12);
    s = rotate(sum(f, v128.load32_splat(t, 12), x), 7);
    y = v128.load(w, 48);
    a = i32x4.add(sum(a, v128.xor(y, v128.load(w, 112)), parity(b, c, d)), v128.xor(s, x));
    e = p0(i32x4.add(sum(e, y, parity(f, g, h)), s));
    c = rotate(c, 9);
    g = rotate(g, 19);
    t += 16;
  }
  for (; w < W + 1024; w += 64) {
    x = rotate(a, 12);
    s = rotate(sum(e, v128.load32_splat(t), x), 7);
    y = v128.load(w);
    d = i32x4.add(sum(d, v128.xor(y, v128.load(w, 64)), majority(a, b, c)), v128.xor(s, x));
    h = p0(i32x4.add(sum(h, y, choice(e, f, g)), s));
    b = rotate(b, 9);
    f = rotate(f, 19);
    x = rotate(d, 12);
    s = rotate(sum(h, v128.load32_splat(t, 4), x), 7);
    y = v128.load(w, 16);
    c = i32x4.add(sum(c, v128.xor(y, v128.load(w, 80)), majority(d, a, b)), v128.xor(s, x));
    g = p0(i32x4.add(sum(g, y, choice(h, e, f)), s));
    a = rotate(a, 9);
    e = rotate(e, 19);
    x = rotate(c, 12);
    s = rotate(sum(g, v128.load32_splat(t, 8), x), 7);
    y = v128.load(w, 32);
    b = i32x4.add(sum(b, v128.xor(y, v128.load(w, 96)), majority(c, d, a)), v128.xor(s, x));
    f = p0(i32x4.add(sum(f, y, choice(g, h, e)), s));
    d = rotate(d, 9);
    h = rotate(h, 19);
    x = rotate(b, 12);
    s = rotate(sum(f, v128.load32_splat(t, 12), x), 7);
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
