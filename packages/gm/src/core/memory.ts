/**
 * The module's memory as the parts of the core use it: the tray for parameters, contexts and results of one call, the window for data.
 *
 * Before `clean` returns, the tray and the used part of the window are zero again. What cannot be reached from here: registers and stack
 * of the engine, and byte arrays that belong to the caller.
 */
import type { Exports } from "./exports.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

/** What is done to `len` bytes at `at`, in the window. */
export type Step = (at: number, len: number) => void;

/** Bytes of the tray, and of a running SM3 (`wasm-core/sm3/hash.ts`). */
const TRAY_LEN = 1024;
export const SM3_LEN = 104;

export type Memory = ReturnType<typeof openMemory>;

export function openMemory(instance: WebAssembly.Instance) {
  const wasm = instance.exports as WebAssembly.Exports & Exports;
  const heap = new Uint8Array(wasm.memory.buffer);
  const window = wasm.windowAt();
  const windowLen = wasm.windowLen();
  const tray = wasm.trayAt();

  /** The window's bytes in use since the last wipe. */
  let used = 0;

  /** Where everything stands in the tray: a context (round keys, HMAC key, SM3, encryption) first, then parameters, then results. */
  const at = {
    context: tray,
    /** GHASH's H and Y, behind the round keys. */
    hashed: tray + 128,
    y: tray + 144,
    inner: tray + 256,
    point: tray + 384,
    scalar: tray + 464,
    hash: tray + 496,
    nonce: tray + 528,
    fresh: tray + 560,
    result: tray + 592,
    key: tray + 720,
    iv: tray + 784,
    counter: tray + 800,
    power: tray + 816,
    block: tray + 832,
  };

  const use = (len: number): void => void (used = Math.max(used, len));

  /** Brings data of any length through the window, piece by piece. */
  function eachWindow(data: Uint8Array, step: Step): void {
    for (let from = 0; from < data.length; from += windowLen) {
      // A view costs as much as half a block of SM3.
      const part = data.length <= windowLen ? data : data.subarray(from, from + windowLen);
      heap.set(part, window);
      use(part.length);
      step(window, part.length);
    }
  }

  /**
   * `step` over data of any length, in place, window by window, into `out` from its beginning: all that fits where it is shorter. `out` may
   * be the data itself.
   */
  function transformInto(out: Uint8Array, data: Uint8Array, step: Step): void {
    let done = 0;
    eachWindow(data, (from, len) => {
      step(from, len);
      out.set(heap.subarray(from, from + Math.min(len, out.length - done)), done);
      done += len;
    });
  }

  return {
    wasm,
    heap,
    at,
    window,
    windowLen,
    use,
    eachWindow,
    transformInto,

    /** Runs one operation and leaves the memory clean, however it ends. */
    clean<T>(operation: () => T): T {
      try {
        return operation();
      } finally {
        wasm.wipe(tray, TRAY_LEN);
        wasm.wipe(window, used);
        used = 0;
      }
    },

    put: (to: number, bytes: Uint8Array): void => heap.set(bytes, to),
    take: (from: number, len: number): Bytes => heap.slice(from, from + len),

    /** `step` over data of any length, as bytes of their own. */
    transform(data: Uint8Array, step: Step): Bytes {
      if (data.length > 0 && data.length <= windowLen) {
        heap.set(data, window);
        use(data.length);
        step(window, data.length);
        // made by copying: nothing is written twice
        return heap.slice(window, window + data.length);
      }
      const out = new Uint8Array(data.length);
      transformInto(out, data, step);
      return out;
    },

    /** The SM3 at `state` takes in data of any length. */
    feed: (state: number, data: Uint8Array): void => eachWindow(data, (from, len) => wasm.sm3Update(state, from, len)),

    /** Round keys at `context`. */
    expandKey(cipherKey: Uint8Array, reverse: boolean): void {
      heap.set(cipherKey, at.key);
      wasm.sm4ExpandKey(at.context, at.key);
      if (reverse) wasm.sm4ReverseKeys(at.context);
    },
  };
}
