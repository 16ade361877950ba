/**
 * Segments of a message, in the module's memory: what the core does to whole messages, this does to parts, in place, so that nothing is
 * allocated for a segment. For the pool.
 */
import { OK } from "../status.ts";
import { openMemory } from "./memory.ts";

/** Bytes of a segment: what one worker takes at a time. A multiple of every block length. */
export const SEGMENT_LEN = 1 << 20;

const BLOCK_LEN = 16;
const SEGMENT_BLOCKS = SEGMENT_LEN / BLOCK_LEN;

/**
 * counter + blocks, big-endian: modulo 2¹²⁸, or in its last 32 bits alone as GCM counts. Fresh bytes. No branch on the counter in this text,
 * since GCM may have made it from the key.
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
  const { wasm, heap, at, clean, eachWindow, transformInto, expandKey } = openMemory(instance);
  const { context, hashed, y, counter, result, power, block } = at;

  const authenticate = (data: Uint8Array): void => eachWindow(data, (from, len) => wasm.ghashUpdate(hashed, from, len));

  return {
    /** data ← SM4-CTR of it; `index`: how many whole segments stand before it. */
    ctr: (key: Uint8Array, start: Uint8Array, index: number, data: Uint8Array): void =>
      clean(() => {
        expandKey(key, false);
        heap.set(counterAfter(start, index * SEGMENT_BLOCKS, true), counter);
        transformInto(data, data, (from, len) => wasm.sm4Ctr(context, counter, from, len));
      }),

    /** The counter of GCM's tag, NIST SP 800-38D clause 7.1 step 2. */
    firstCounter: (key: Uint8Array, nonce: Uint8Array): Uint8Array<ArrayBuffer> =>
      clean(() => {
        if (nonce.length === 12) return Uint8Array.of(...nonce, 0, 0, 0, 1);
        expandKey(key, false);
        wasm.gcmStart(context);
        authenticate(nonce);
        wasm.gcmLengths(context, 0, nonce.length);
        return heap.slice(y, y + BLOCK_LEN);
      }),

    /** data ← its part of GCM's ciphertext (`sealing`) or plaintext; answers GHASH of that ciphertext alone, 16 bytes. */
    gcm: (key: Uint8Array, first: Uint8Array, index: number, data: Uint8Array, sealing: boolean) =>
      clean(() => {
        expandKey(key, false);
        wasm.gcmStart(context);
        heap.set(counterAfter(first, 1 + index * SEGMENT_BLOCKS, false), counter);
        transformInto(data, data, (from, part) => {
          if (!sealing) wasm.ghashUpdate(hashed, from, part);
          wasm.sm4Ctr32(context, counter, from, part);
          if (sealing) wasm.ghashUpdate(hashed, from, part);
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
        expandKey(key, false);
        wasm.gcmStart(context);
        authenticate(aad);
        wasm.ghashPower(power, hashed, SEGMENT_BLOCKS);
        for (let place = 0; place < parts.length; place += BLOCK_LEN) {
          const left = len - (place / BLOCK_LEN) * SEGMENT_LEN;
          if (left < SEGMENT_LEN) wasm.ghashPower(power, hashed, Math.ceil(left / BLOCK_LEN));
          heap.set(parts.subarray(place, place + BLOCK_LEN), block);
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
