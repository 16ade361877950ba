/** `len` bytes that follow no short pattern and differ from one seed to the next; the same ones every time. */
export function filler(len: number, seed: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(len);
  let state = seed + 1;
  for (let i = 0; i < len; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    out[i] = state >>> 16;
  }
  return out;
}
