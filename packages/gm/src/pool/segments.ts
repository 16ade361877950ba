/**
 * Segments of a message in the module's memory, beside `core.ts` the only file that sees a pointer: what it does to whole messages,
 * this does to parts, in place, so that nothing is allocated for a segment. The tray and the used part of the window are
 * zero again when a function returns.
 */
import { OK } from "../status.ts";
import { SEGMENT_LEN } from "./messages.ts";

/** Of what `wasm-core/index.ts` exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  trayAt(): number;
  windowAt(): number;
  windowLen(): number;
  wipe(at: number, len: number): void;
  sm4ExpandKey(keys: number, key: number): void;
  sm4Ctr(keys: number, counter: number, data: number, len: number): void;
  sm4Ctr32(keys: number, counter: number, data: number, len: number): void;
  gcmStart(gcm: number): void;
  ghashUpdate(hash: number, data: number, len: number): void;
  ghashPower(power: number, hash: number, blocks: number): void;
  ghashJoin(hash: number, power: number, part: number): void;
  gcmLengths(gcm: number, first: number, second: number): void;
  gcmTag(gcm: number, tag: number): void;
  gcmCompare(a: number, b: number): number;
}

const TRAY_LEN = 1024;
const BLOCK_LEN = 16;
const SEGMENT_BLOCKS = SEGMENT_LEN / BLOCK_LEN;

/**
 * counter + blocks, big-endian: modulo 2¹²⁸, or in its last 32 bits alone as GCM counts. Fresh bytes. No branch on the counter, since
 * GCM may have made it from the key.
 */
export function counterAfter(counter: Uint8Array, blocks: number, wide: boolean): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(counter);
  const words = new DataView(out.buffer);
  let carry = blocks;
  for (let at = 12; at >= (wide ? 0 : 12); at -= 4) {
    const sum = words.getUint32(at) + carry;
    words.setUint32(at, sum); // modulo 2³²
    carry = Math.floor(sum / 2 ** 32);
  }
  return out;
}

export function openSegments(instance: WebAssembly.Instance) {
  const wasm = instance.exports as WebAssembly.Exports & Exports;
  const heap = new Uint8Array(wasm.memory.buffer);
  const window = wasm.windowAt();
  const windowLen = wasm.windowLen();

  // Round keys, and behind them GHASH's H and Y; then parameters.
  const context = wasm.trayAt();
  const hashed = context + 128;
  const y = hashed + 16;
  const counter = hashed + 32;
  const result = counter + 16;
  const power = result + 16;
  const block = power + 16;

  let used = 0;

  function clean<T>(operation: () => T): T {
    try {
      return operation();
    } finally {
      wasm.wipe(context, TRAY_LEN);
      wasm.wipe(window, used);
      used = 0;
    }
  }

  /** Brings data of any length through the window; `step` may change it there, and `back` brings it back. */
  function eachWindow(data: Uint8Array, back: boolean, step: (at: number, len: number) => void): void {
    for (let at = 0; at < data.length; at += windowLen) {
      const part = data.subarray(at, at + windowLen);
      heap.set(part, window);
      used = Math.max(used, part.length);
      step(window, part.length);
      if (back) part.set(heap.subarray(window, window + part.length));
    }
  }

  function expandKey(key: Uint8Array): void {
    heap.set(key, block);
    wasm.sm4ExpandKey(context, block);
  }

  const authenticate = (data: Uint8Array): void =>
    eachWindow(data, false, (at, len) => wasm.ghashUpdate(hashed, at, len));

  return {
    /** data ← SM4-CTR of it; `index`: how many whole segments stand before it. */
    ctr: (key: Uint8Array, start: Uint8Array, index: number, data: Uint8Array): void =>
      clean(() => {
        expandKey(key);
        heap.set(counterAfter(start, index * SEGMENT_BLOCKS, true), counter);
        eachWindow(data, true, (at, len) => wasm.sm4Ctr(context, counter, at, len));
      }),

    /** The counter of GCM's tag, NIST SP 800-38D clause 7.1 step 2. */
    firstCounter: (key: Uint8Array, nonce: Uint8Array): Uint8Array<ArrayBuffer> =>
      clean(() => {
        if (nonce.length === 12) return Uint8Array.of(...nonce, 0, 0, 0, 1);
        expandKey(key);
        wasm.gcmStart(context);
        authenticate(nonce);
        wasm.gcmLengths(context, 0, nonce.length);
        return heap.slice(y, y + BLOCK_LEN);
      }),

    /** data ← its part of GCM's ciphertext (`sealing`) or plaintext; answers GHASH of that ciphertext alone, 16 bytes. */
    gcm: (key: Uint8Array, first: Uint8Array, index: number, data: Uint8Array, sealing: boolean) =>
      clean(() => {
        expandKey(key);
        wasm.gcmStart(context);
        heap.set(counterAfter(first, 1 + index * SEGMENT_BLOCKS, false), counter);
        eachWindow(data, true, (at, len) => {
          if (!sealing) wasm.ghashUpdate(hashed, at, len);
          wasm.sm4Ctr32(context, counter, at, len);
          if (sealing) wasm.ghashUpdate(hashed, at, len);
        });
        return heap.slice(y, y + BLOCK_LEN);
      }),

    /**
     * The tag of associated data and a ciphertext of `len` bytes whose segments have the hashes `parts`. Empty where it is not `expected`,
     * unless that is null.
     */
    gcmTag: (
      key: Uint8Array,
      first: Uint8Array,
      aad: Uint8Array,
      parts: Uint8Array,
      len: number,
      expected: Uint8Array | null,
    ): Uint8Array<ArrayBuffer> =>
      clean(() => {
        expandKey(key);
        wasm.gcmStart(context);
        authenticate(aad);
        wasm.ghashPower(power, hashed, SEGMENT_BLOCKS);
        for (let at = 0; at < parts.length; at += BLOCK_LEN) {
          const left = len - (at / BLOCK_LEN) * SEGMENT_LEN;
          if (left < SEGMENT_LEN) wasm.ghashPower(power, hashed, Math.ceil(left / BLOCK_LEN));
          heap.set(parts.subarray(at, at + BLOCK_LEN), block);
          wasm.ghashJoin(hashed, power, block);
        }
        wasm.gcmLengths(context, aad.length, len);
        heap.set(first, counter);
        wasm.sm4Ctr32(context, counter, result, BLOCK_LEN); // the zeros that `result` holds become the cipher of the first counter
        wasm.gcmTag(context, result);
        if (expected !== null) {
          heap.set(expected, block);
          if (wasm.gcmCompare(result, block) !== OK) return new Uint8Array(0);
        }
        return heap.slice(result, result + BLOCK_LEN);
      }),
  };
}
