/**
 * CRC-32 as ZIP has it (ISO 3309, x³² + x²⁶ + x²³ + x²² + x¹⁶ + x¹² + x¹¹ + x¹⁰ + x⁸ + x⁷ + x⁵ + x⁴ + x² + x + 1, reflected), for the frame of a bid
 * package. No processor's instruction for it can be reached from here, so most of the data is folded away with five-term arithmetic first:
 *
 *   Let lane l of the data be bit l of each of its 16-byte words, a polynomial in y = x¹²⁸. The polynomial above is irreducible, so that y, which is
 *   x squared seven times, is a root of the same polynomial, and of every multiple of it. One of few terms is y³⁰⁰ + y¹⁵⁵ + y¹¹⁷ + y⁸⁹ + 1 (found by
 *   search; tests divide it). A word can therefore be dropped when it is added to those 145, 183, 211 and 300 words further on, in all lanes at
 *   once. The last 300 words are left, which a table takes in byte by byte.
 *
 * Time: data is public where this is used; nothing here depends on it but the table's addresses.
 */

/** Distances in words at which a dropped word is added. The least of them is how many words can be dropped side by side. */
const NEAR: i32 = 145;
const SECOND: i32 = 183;
const THIRD: i32 = 211;
const FAR: i32 = 300;

const REFLECTED: u32 = 0xedb88320;

/** Bytes of zeros before the data: as far back as a word looks. */
export function crc32Margin(): i32 {
  return FAR << 4;
}

const table: usize = memory.data(1024);

function fillTable(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (REFLECTED & (0 - (crc & 1)));
    store<u32>(table + ((byte as usize) << 2), crc);
  }
}

function byBytes(data: usize, len: i32, crc: u32): u32 {
  if (load<u32>(table, 4) == 0) fillTable();
  for (let i = 0; i < len; i++) {
    const byte = (crc ^ load<u8>(data + i)) & 0xff;
    crc = (crc >>> 8) ^ load<u32>(table + ((byte as usize) << 2));
  }
  return crc;
}

/** What the words before it add to the word at p. */
function added(p: usize): v128 {
  return v128.xor(
    v128.xor(v128.load(p - (NEAR << 4)), v128.load(p - (SECOND << 4))),
    v128.xor(v128.load(p - (THIRD << 4)), v128.load(p - (FAR << 4))),
  );
}

/**
 * The register, not inverted, behind the `len` bytes at data, which are overwritten; `crc` is the register before them. Before data come crc32Margin
 * zeros.
 */
export function crc32Update(data: usize, len: i32, crc: u32): u32 {
  const dropped = (len >> 4) - FAR;
  if (dropped <= 0) return byBytes(data, len, crc);
  store<u32>(data, load<u32>(data) ^ crc);
  const end = data + ((dropped as usize) << 4);
  let p = data;
  for (; p + 64 <= end; p += 64) {
    v128.store(p, v128.xor(v128.load(p), added(p)));
    v128.store(p, v128.xor(v128.load(p, 16), added(p + 16)), 16);
    v128.store(p, v128.xor(v128.load(p, 32), added(p + 32)), 32);
    v128.store(p, v128.xor(v128.load(p, 48), added(p + 48)), 48);
  }
  for (; p < end; p += 16) v128.store(p, v128.xor(v128.load(p), added(p)));
  // What is left takes in dropped words alone.
  for (let i = 0; i < FAR; i++, p += 16) {
    let word = v128.load(p);
    if (i < NEAR) word = v128.xor(word, v128.load(p - (NEAR << 4)));
    if (i < SECOND) word = v128.xor(word, v128.load(p - (SECOND << 4)));
    if (i < THIRD) word = v128.xor(word, v128.load(p - (THIRD << 4)));
    v128.store(p, v128.xor(word, v128.load(p - (FAR << 4))));
  }
  return byBytes(end, len - (dropped << 4), 0);
}
