/** SM4 in ECB, CBC and CTR, in the module's memory. */
import type { Bytes, Memory, Step } from "./memory.ts";

const BLOCK_LEN = 16;

export function ciphers({
  wasm,
  heap,
  at,
  window,
  windowLen,
  use,
  clean,
  put,
  take,
  transform,
  transformInto,
  expandKey,
}: Memory) {
  const { context, iv, counter } = at;

  const ecb: Step = (from, len) => wasm.sm4Ecb(context, from, len);

  /** `step` over data of any length, and over the last block that its padding makes; `pad` bytes of it, 0 for none. */
  function transformPadding(data: Uint8Array, pad: number, step: Step): Bytes {
    if (pad === 0) return transform(data, step);
    const whole = data.length + pad - BLOCK_LEN;
    const out = new Uint8Array(whole + BLOCK_LEN);
    transformInto(out, data.subarray(0, whole), step);
    heap.fill(pad, window, window + BLOCK_LEN);
    put(window, data.subarray(whole));
    use(BLOCK_LEN);
    step(window, BLOCK_LEN);
    out.set(heap.subarray(window, window + BLOCK_LEN), whole);
    return out;
  }

  /**
   * `step` over data of any length, without the padding at its end; null where there is none. Of data that is longer than the window,
   * what `last` makes of the last block is looked at first, so that nothing is copied twice; all is worked on even so, as the time shall
   * not tell more than the answer does.
   */
  function transformPadded(data: Uint8Array, last: (from: number) => void, step: Step): Bytes | null {
    if (data.length <= windowLen) {
      put(window, data);
      use(data.length);
      step(window, data.length);
      const padding = wasm.paddingLen(window + data.length - BLOCK_LEN);
      return padding > 0 ? take(window, data.length - padding) : null;
    }
    put(window, data.subarray(-BLOCK_LEN));
    use(BLOCK_LEN);
    last(window);
    const pad = wasm.paddingLen(window);
    const plain = new Uint8Array(data.length - pad);
    transformInto(plain, data, step);
    if (pad > 0) return plain;
    plain.fill(0);
    return null;
  }

  return {
    /** `pad`: 0 for whole blocks, else how many bytes of padding to add. */
    ecbEncrypt: (cipherKey: Uint8Array, data: Uint8Array, pad: number): Bytes =>
      clean(() => {
        expandKey(cipherKey, false);
        return transformPadding(data, pad, ecb);
      }),

    ecbDecrypt: (cipherKey: Uint8Array, data: Uint8Array, padded: boolean): Bytes | null =>
      clean(() => {
        expandKey(cipherKey, true);
        return padded ? transformPadded(data, (from) => ecb(from, BLOCK_LEN), ecb) : transform(data, ecb);
      }),

    cbcEncrypt: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array, pad: number): Bytes =>
      clean(() => {
        expandKey(cipherKey, false);
        put(iv, start);
        return transformPadding(data, pad, (from, len) => wasm.sm4CbcEncrypt(context, iv, from, len));
      }),

    cbcDecrypt: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array): Bytes | null =>
      clean(() => {
        expandKey(cipherKey, true);
        const step: Step = (from, len) => wasm.sm4CbcDecrypt(context, iv, from, len);
        const last = (from: number): void => {
          put(iv, data.subarray(-2 * BLOCK_LEN, -BLOCK_LEN));
          step(from, BLOCK_LEN);
          put(iv, start);
        };
        put(iv, start);
        return transformPadded(data, last, step);
      }),

    ctr: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array): Bytes =>
      clean(() => {
        expandKey(cipherKey, false);
        put(counter, start);
        return transform(data, (from, len) => wasm.sm4Ctr(context, counter, from, len));
      }),
  };
}
