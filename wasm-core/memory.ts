/**
 * The one window through which data comes and goes, and the wiping of what was secret.
 *
 * Layout  window: WINDOW_LEN bytes, 16-byte aligned; the face writes inputs to it and reads results from it.
 * Time    wipe and isZeroMask take the same time for any content.
 */
export const WINDOW_LEN: i32 = 1 << 20;

const WINDOW = memory.data(1 << 20, 16);

/** Address of the window. */
export function windowPtr(): usize {
  return WINDOW;
}

export function windowLen(): i32 {
  return WINDOW_LEN;
}

/** p[0…len) ← 0. */
export function wipe(p: usize, len: i32): void {
  memory.fill(p, 0, len);
}

/** All ones where every byte of p[0…len) is 0, else 0. */
export function isZeroMask(p: usize, len: i32): i32 {
  let any: i32 = 0;
  for (let i: i32 = 0; i < len; i++) any |= <i32>load<u8>(p + i); // public: the length
  return ((any | -any) >> 31) ^ -1;
}
