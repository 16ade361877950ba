/** Written by compress.gen.ts, which tells what this is. Constant time: in all but the number of blocks. */

/** Tⱼ <<< j for j = 0 … 63, GB/T 32905-2016 clause 4.2. */
export const T = memory.data<u32>([
  0x79cc4519, 0xf3988a32, 0xe7311465, 0xce6228cb, 0x9cc45197, 0x3988a32f, 0x7311465e, 0xe6228cbc, 0xcc451979,
  0x988a32f3, 0x311465e7, 0x6228cbce, 0xc451979c, 0x88a32f39, 0x11465e73, 0x228cbce6, 0x9d8a7a87, 0x3b14f50f,
  0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce, 0x8a7a879d, 0x14f50f3b, 0x29ea1e76,
  0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5, 0x7a879d8a, 0xf50f3b14, 0xea1e7629, 0xd43cec53,
  0xa879d8a7, 0x50f3b14f, 0xa1e7629e, 0x43cec53d, 0x879d8a7a, 0x0f3b14f5, 0x1e7629ea, 0x3cec53d4, 0x79d8a7a8,
  0xf3b14f50, 0xe7629ea1, 0xcec53d43, 0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3,
  0x629ea1e7, 0xc53d43ce, 0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762,
  0x3d43cec5,
]);

/** P₀, clause 4.4. */
function p0(x: u32): u32 {
  return x ^ rotl<u32>(x, 9) ^ rotl<u32>(x, 17);
}

/** P₁, clause 4.4. */
function p1(x: u32): u32 {
  return x ^ rotl<u32>(x, 15) ^ rotl<u32>(x, 23);
}

/** FFⱼ for j = 16 … 63, clause 4.3. */
function majority(x: u32, y: u32, z: u32): u32 {
  return (y & z) | ((y | z) & x);
}

/** GGⱼ for j = 16 … 63, clause 4.3. */
function choice(x: u32, y: u32, z: u32): u32 {
  return ((y ^ z) & x) ^ z;
}

/** state, eight native words, ← CF(state, B) for each of `count` blocks B of 64 bytes at block, clause 5.3.3. */
export function compress(state: usize, block: usize, count: i32): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (; count > 0; count--) {
    let w0 = bswap<u32>(load<u32>(block));
    let w1 = bswap<u32>(load<u32>(block, 4));
    let w2 = bswap<u32>(load<u32>(block, 8));
    let w3 = bswap<u32>(load<u32>(block, 12));
    let w4 = bswap<u32>(load<u32>(block, 16));
    let w5 = bswap<u32>(load<u32>(block, 20));
    let w6 = bswap<u32>(load<u32>(block, 24));
    let w7 = bswap<u32>(load<u32>(block, 28));
    let w8 = bswap<u32>(load<u32>(block, 32));
    let w9 = bswap<u32>(load<u32>(block, 36));
    let w10 = bswap<u32>(load<u32>(block, 40));
    let w11 = bswap<u32>(load<u32>(block, 44));
    let w12 = bswap<u32>(load<u32>(block, 48));
    let w13 = bswap<u32>(load<u32>(block, 52));
    let w14 = bswap<u32>(load<u32>(block, 56));
    let w15 = bswap<u32>(load<u32>(block, 60));
    let s: u32 = 0;
    s = rotl<u32>(e + 0x79cc4519 + rotl<u32>(a, 12), 7);
    d = d + (w0 ^ w4) + (a ^ b ^ c) + (s ^ rotl<u32>(a, 12));
    h = p0(h + w0 + (e ^ f ^ g) + s);
    b = rotl<u32>(b, 9);
    f = rotl<u32>(f, 19);
    s = rotl<u32>(h + 0xf3988a32 + rotl<u32>(d, 12), 7);
    c = c + (w1 ^ w5) + (d ^ a ^ b) + (s ^ rotl<u32>(d, 12));
    g = p0(g + w1 + (h ^ e ^ f) + s);
    a = rotl<u32>(a, 9);
    e = rotl<u32>(e, 19);
    s = rotl<u32>(g + 0xe7311465 + rotl<u32>(c, 12), 7);
    b = b + (w2 ^ w6) + (c ^ d ^ a) + (s ^ rotl<u32>(c, 12));
    f = p0(f + w2 + (g ^ h ^ e) + s);
    d = rotl<u32>(d, 9);
    h = rotl<u32>(h, 19);
    s = rotl<u32>(f + 0xce6228cb + rotl<u32>(b, 12), 7);
    a = a + (w3 ^ w7) + (b ^ c ^ d) + (s ^ rotl<u32>(b, 12));
    e = p0(e + w3 + (f ^ g ^ h) + s);
    c = rotl<u32>(c, 9);
    g = rotl<u32>(g, 19);
    s = rotl<u32>(e + 0x9cc45197 + rotl<u32>(a, 12), 7);
    d = d + (w4 ^ w8) + (a ^ b ^ c) + (s ^ rotl<u32>(a, 12));
    h = p0(h + w4 + (e ^ f ^ g) + s);
    b = rotl<u32>(b, 9);
    f = rotl<u32>(f, 19);
    s = rotl<u32>(h + 0x3988a32f + rotl<u32>(d, 12), 7);
    c = c + (w5 ^ w9) + (d ^ a ^ b) + (s ^ rotl<u32>(d, 12));
    g = p0(g + w5 + (h ^ e ^ f) + s);
    a = rotl<u32>(a, 9);
    e = rotl<u32>(e, 19);
    s = rotl<u32>(g + 0x7311465e + rotl<u32>(c, 12), 7);
    b = b + (w6 ^ w10) + (c ^ d ^ a) + (s ^ rotl<u32>(c, 12));
    f = p0(f + w6 + (g ^ h ^ e) + s);
    d = rotl<u32>(d, 9);
    h = rotl<u32>(h, 19);
    s = rotl<u32>(f + 0xe6228cbc + rotl<u32>(b, 12), 7);
    a = a + (w7 ^ w11) + (b ^ c ^ d) + (s ^ rotl<u32>(b, 12));
    e = p0(e + w7 + (f ^ g ^ h) + s);
    c = rotl<u32>(c, 9);
    g = rotl<u32>(g, 19);
    s = rotl<u32>(e + 0xcc451979 + rotl<u32>(a, 12), 7);
    d = d + (w8 ^ w12) + (a ^ b ^ c) + (s ^ rotl<u32>(a, 12));
    h = p0(h + w8 + (e ^ f ^ g) + s);
    b = rotl<u32>(b, 9);
    f = rotl<u32>(f, 19);
    s = rotl<u32>(h + 0x988a32f3 + rotl<u32>(d, 12), 7);
    c = c + (w9 ^ w13) + (d ^ a ^ b) + (s ^ rotl<u32>(d, 12));
    g = p0(g + w9 + (h ^ e ^ f) + s);
    a = rotl<u32>(a, 9);
    e = rotl<u32>(e, 19);
    s = rotl<u32>(g + 0x311465e7 + rotl<u32>(c, 12), 7);
    b = b + (w10 ^ w14) + (c ^ d ^ a) + (s ^ rotl<u32>(c, 12));
    f = p0(f + w10 + (g ^ h ^ e) + s);
    d = rotl<u32>(d, 9);
    h = rotl<u32>(h, 19);
    s = rotl<u32>(f + 0x6228cbce + rotl<u32>(b, 12), 7);
    a = a + (w11 ^ w15) + (b ^ c ^ d) + (s ^ rotl<u32>(b, 12));
    e = p0(e + w11 + (f ^ g ^ h) + s);
    c = rotl<u32>(c, 9);
    g = rotl<u32>(g, 19);
    w0 = p1(w0 ^ w7 ^ rotl<u32>(w13, 15)) ^ rotl<u32>(w3, 7) ^ w10;
    s = rotl<u32>(e + 0xc451979c + rotl<u32>(a, 12), 7);
    d = d + (w12 ^ w0) + (a ^ b ^ c) + (s ^ rotl<u32>(a, 12));
    h = p0(h + w12 + (e ^ f ^ g) + s);
    b = rotl<u32>(b, 9);
    f = rotl<u32>(f, 19);
    w1 = p1(w1 ^ w8 ^ rotl<u32>(w14, 15)) ^ rotl<u32>(w4, 7) ^ w11;
    s = rotl<u32>(h + 0x88a32f39 + rotl<u32>(d, 12), 7);
    c = c + (w13 ^ w1) + (d ^ a ^ b) + (s ^ rotl<u32>(d, 12));
    g = p0(g + w13 + (h ^ e ^ f) + s);
    a = rotl<u32>(a, 9);
    e = rotl<u32>(e, 19);
    w2 = p1(w2 ^ w9 ^ rotl<u32>(w15, 15)) ^ rotl<u32>(w5, 7) ^ w12;
    s = rotl<u32>(g + 0x11465e73 + rotl<u32>(c, 12), 7);
    b = b + (w14 ^ w2) + (c ^ d ^ a) + (s ^ rotl<u32>(c, 12));
    f = p0(f + w14 + (g ^ h ^ e) + s);
    d = rotl<u32>(d, 9);
    h = rotl<u32>(h, 19);
    w3 = p1(w3 ^ w10 ^ rotl<u32>(w0, 15)) ^ rotl<u32>(w6, 7) ^ w13;
    s = rotl<u32>(f + 0x228cbce6 + rotl<u32>(b, 12), 7);
    a = a + (w15 ^ w3) + (b ^ c ^ d) + (s ^ rotl<u32>(b, 12));
    e = p0(e + w15 + (f ^ g ^ h) + s);
    c = rotl<u32>(c, 9);
    g = rotl<u32>(g, 19);
    for (let t = T + 64; t < T + 256; t += 64) {
      w4 = p1(w4 ^ w11 ^ rotl<u32>(w1, 15)) ^ rotl<u32>(w7, 7) ^ w14;
      s = rotl<u32>(e + load<u32>(t) + rotl<u32>(a, 12), 7);
      d = d + (w0 ^ w4) + majority(a, b, c) + (s ^ rotl<u32>(a, 12));
      h = p0(h + w0 + choice(e, f, g) + s);
      b = rotl<u32>(b, 9);
      f = rotl<u32>(f, 19);
      w5 = p1(w5 ^ w12 ^ rotl<u32>(w2, 15)) ^ rotl<u32>(w8, 7) ^ w15;
      s = rotl<u32>(h + load<u32>(t, 4) + rotl<u32>(d, 12), 7);
      c = c + (w1 ^ w5) + majority(d, a, b) + (s ^ rotl<u32>(d, 12));
      g = p0(g + w1 + choice(h, e, f) + s);
      a = rotl<u32>(a, 9);
      e = rotl<u32>(e, 19);
      w6 = p1(w6 ^ w13 ^ rotl<u32>(w3, 15)) ^ rotl<u32>(w9, 7) ^ w0;
      s = rotl<u32>(g + load<u32>(t, 8) + rotl<u32>(c, 12), 7);
      b = b + (w2 ^ w6) + majority(c, d, a) + (s ^ rotl<u32>(c, 12));
      f = p0(f + w2 + choice(g, h, e) + s);
      d = rotl<u32>(d, 9);
      h = rotl<u32>(h, 19);
      w7 = p1(w7 ^ w14 ^ rotl<u32>(w4, 15)) ^ rotl<u32>(w10, 7) ^ w1;
      s = rotl<u32>(f + load<u32>(t, 12) + rotl<u32>(b, 12), 7);
      a = a + (w3 ^ w7) + majority(b, c, d) + (s ^ rotl<u32>(b, 12));
      e = p0(e + w3 + choice(f, g, h) + s);
      c = rotl<u32>(c, 9);
      g = rotl<u32>(g, 19);
      w8 = p1(w8 ^ w15 ^ rotl<u32>(w5, 15)) ^ rotl<u32>(w11, 7) ^ w2;
      s = rotl<u32>(e + load<u32>(t, 16) + rotl<u32>(a, 12), 7);
      d = d + (w4 ^ w8) + majority(a, b, c) + (s ^ rotl<u32>(a, 12));
      h = p0(h + w4 + choice(e, f, g) + s);
      b = rotl<u32>(b, 9);
      f = rotl<u32>(f, 19);
      w9 = p1(w9 ^ w0 ^ rotl<u32>(w6, 15)) ^ rotl<u32>(w12, 7) ^ w3;
      s = rotl<u32>(h + load<u32>(t, 20) + rotl<u32>(d, 12), 7);
      c = c + (w5 ^ w9) + majority(d, a, b) + (s ^ rotl<u32>(d, 12));
      g = p0(g + w5 + choice(h, e, f) + s);
      a = rotl<u32>(a, 9);
      e = rotl<u32>(e, 19);
      w10 = p1(w10 ^ w1 ^ rotl<u32>(w7, 15)) ^ rotl<u32>(w13, 7) ^ w4;
      s = rotl<u32>(g + load<u32>(t, 24) + rotl<u32>(c, 12), 7);
      b = b + (w6 ^ w10) + majority(c, d, a) + (s ^ rotl<u32>(c, 12));
      f = p0(f + w6 + choice(g, h, e) + s);
      d = rotl<u32>(d, 9);
      h = rotl<u32>(h, 19);
      w11 = p1(w11 ^ w2 ^ rotl<u32>(w8, 15)) ^ rotl<u32>(w14, 7) ^ w5;
      s = rotl<u32>(f + load<u32>(t, 28) + rotl<u32>(b, 12), 7);
      a = a + (w7 ^ w11) + majority(b, c, d) + (s ^ rotl<u32>(b, 12));
      e = p0(e + w7 + choice(f, g, h) + s);
      c = rotl<u32>(c, 9);
      g = rotl<u32>(g, 19);
      w12 = p1(w12 ^ w3 ^ rotl<u32>(w9, 15)) ^ rotl<u32>(w15, 7) ^ w6;
      s = rotl<u32>(e + load<u32>(t, 32) + rotl<u32>(a, 12), 7);
      d = d + (w8 ^ w12) + majority(a, b, c) + (s ^ rotl<u32>(a, 12));
      h = p0(h + w8 + choice(e, f, g) + s);
      b = rotl<u32>(b, 9);
      f = rotl<u32>(f, 19);
      w13 = p1(w13 ^ w4 ^ rotl<u32>(w10, 15)) ^ rotl<u32>(w0, 7) ^ w7;
      s = rotl<u32>(h + load<u32>(t, 36) + rotl<u32>(d, 12), 7);
      c = c + (w9 ^ w13) + majority(d, a, b) + (s ^ rotl<u32>(d, 12));
      g = p0(g + w9 + choice(h, e, f) + s);
      a = rotl<u32>(a, 9);
      e = rotl<u32>(e, 19);
      w14 = p1(w14 ^ w5 ^ rotl<u32>(w11, 15)) ^ rotl<u32>(w1, 7) ^ w8;
      s = rotl<u32>(g + load<u32>(t, 40) + rotl<u32>(c, 12), 7);
      b = b + (w10 ^ w14) + majority(c, d, a) + (s ^ rotl<u32>(c, 12));
      f = p0(f + w10 + choice(g, h, e) + s);
      d = rotl<u32>(d, 9);
      h = rotl<u32>(h, 19);
      w15 = p1(w15 ^ w6 ^ rotl<u32>(w12, 15)) ^ rotl<u32>(w2, 7) ^ w9;
      s = rotl<u32>(f + load<u32>(t, 44) + rotl<u32>(b, 12), 7);
      a = a + (w11 ^ w15) + majority(b, c, d) + (s ^ rotl<u32>(b, 12));
      e = p0(e + w11 + choice(f, g, h) + s);
      c = rotl<u32>(c, 9);
      g = rotl<u32>(g, 19);
      w0 = p1(w0 ^ w7 ^ rotl<u32>(w13, 15)) ^ rotl<u32>(w3, 7) ^ w10;
      s = rotl<u32>(e + load<u32>(t, 48) + rotl<u32>(a, 12), 7);
      d = d + (w12 ^ w0) + majority(a, b, c) + (s ^ rotl<u32>(a, 12));
      h = p0(h + w12 + choice(e, f, g) + s);
      b = rotl<u32>(b, 9);
      f = rotl<u32>(f, 19);
      w1 = p1(w1 ^ w8 ^ rotl<u32>(w14, 15)) ^ rotl<u32>(w4, 7) ^ w11;
      s = rotl<u32>(h + load<u32>(t, 52) + rotl<u32>(d, 12), 7);
      c = c + (w13 ^ w1) + majority(d, a, b) + (s ^ rotl<u32>(d, 12));
      g = p0(g + w13 + choice(h, e, f) + s);
      a = rotl<u32>(a, 9);
      e = rotl<u32>(e, 19);
      w2 = p1(w2 ^ w9 ^ rotl<u32>(w15, 15)) ^ rotl<u32>(w5, 7) ^ w12;
      s = rotl<u32>(g + load<u32>(t, 56) + rotl<u32>(c, 12), 7);
      b = b + (w14 ^ w2) + majority(c, d, a) + (s ^ rotl<u32>(c, 12));
      f = p0(f + w14 + choice(g, h, e) + s);
      d = rotl<u32>(d, 9);
      h = rotl<u32>(h, 19);
      w3 = p1(w3 ^ w10 ^ rotl<u32>(w0, 15)) ^ rotl<u32>(w6, 7) ^ w13;
      s = rotl<u32>(f + load<u32>(t, 60) + rotl<u32>(b, 12), 7);
      a = a + (w15 ^ w3) + majority(b, c, d) + (s ^ rotl<u32>(b, 12));
      e = p0(e + w15 + choice(f, g, h) + s);
      c = rotl<u32>(c, 9);
      g = rotl<u32>(g, 19);
    }
    a ^= load<u32>(state);
    b ^= load<u32>(state, 4);
    c ^= load<u32>(state, 8);
    d ^= load<u32>(state, 12);
    e ^= load<u32>(state, 16);
    f ^= load<u32>(state, 20);
    g ^= load<u32>(state, 24);
    h ^= load<u32>(state, 28);
    store<u32>(state, a);
    store<u32>(state, b, 4);
    store<u32>(state, c, 8);
    store<u32>(state, d, 12);
    store<u32>(state, e, 16);
    store<u32>(state, f, 20);
    store<u32>(state, g, 24);
    store<u32>(state, h, 28);
    block += 64;
  }
}
