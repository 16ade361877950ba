/** SM4-GCM of whole messages, in the module's memory. */
import { OK } from "../status.ts";
import type { Bytes, Memory } from "./memory.ts";

/** Bytes of GCM's tag. */
const TAG_LEN = 16;

export function gcm({ wasm, heap, at, clean, put, eachWindow, transformInto, expandKey }: Memory) {
  const { context, hashed, y, key, iv, counter, result } = at;

  /** GHASH takes in a string of any length, its last block filled with zeros. */
  const authenticate = (data: Uint8Array): void => eachWindow(data, (from, len) => wasm.ghashUpdate(hashed, from, len));

  /** Ready for data: keys, H, the counter after the nonce's, the associated data taken in. NIST SP 800-38D clause 7.1, steps 1 to 3. */
  function gcmBegin(cipherKey: Uint8Array, start: Uint8Array, aad: Uint8Array): void {
    expandKey(cipherKey, false);
    wasm.gcmStart(context);
    if (start.length === 12) {
      put(iv, start);
      put(iv + 12, Uint8Array.of(0, 0, 0, 1));
    } else {
      authenticate(start);
      wasm.gcmLengths(context, 0, start.length);
      heap.copyWithin(iv, y, y + 16);
      heap.fill(0, y, y + 16);
    }
    heap.copyWithin(counter, iv, iv + 16);
    // The first counter is the tag's: its cipher comes out of the zeros that `result` holds.
    wasm.sm4Ctr32(context, counter, result, 16);
    authenticate(aad);
  }

  /** The tag at `result`, which holds the cipher of the first counter. Steps 4 to 6. */
  function gcmEnd(aadLen: number, len: number): void {
    wasm.gcmLengths(context, aadLen, len);
    wasm.gcmTag(context, result);
  }

  /** `out` ← the plaintext of ciphertext ‖ tag; false, and zeros, where the tag is another. `out` may be the beginning of `sealed`, or memory before it. */
  const decryptInto = (
    out: Uint8Array,
    cipherKey: Uint8Array,
    start: Uint8Array,
    sealed: Uint8Array,
    aad: Uint8Array,
  ): boolean =>
    clean(() => {
      gcmBegin(cipherKey, start, aad);
      transformInto(out, sealed.subarray(0, out.length), (from, part) => {
        wasm.ghashUpdate(hashed, from, part);
        wasm.sm4Ctr32(context, counter, from, part);
      });
      gcmEnd(aad.length, out.length);
      put(key, sealed.subarray(out.length));
      if (wasm.gcmCompare(result, key) === OK) return true;
      out.fill(0);
      return false;
    });

  /** `out` ← ciphertext ‖ tag. `data` may be its beginning. */
  const encryptInto = (out: Bytes, cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array, aad: Uint8Array): void =>
    clean(() => {
      gcmBegin(cipherKey, start, aad);
      transformInto(out, data, (from, part) => {
        wasm.sm4Ctr32(context, counter, from, part);
        wasm.ghashUpdate(hashed, from, part);
      });
      gcmEnd(aad.length, data.length);
      out.set(heap.subarray(result, result + TAG_LEN), data.length);
    });

  return {
    /** Ciphertext ‖ tag. */
    gcmEncrypt(cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array, aad: Uint8Array): Bytes {
      const out = new Uint8Array(data.length + TAG_LEN);
      encryptInto(out, cipherKey, start, data, aad);
      return out;
    },

    /** The plaintext and room for a tag behind it → ciphertext ‖ tag. */
    gcmEncryptInPlace: (cipherKey: Uint8Array, start: Uint8Array, message: Bytes, aad: Uint8Array): void =>
      encryptInto(message, cipherKey, start, message.subarray(0, message.length - TAG_LEN), aad),

    /** Null where the tag is not that of the ciphertext before it. */
    gcmDecrypt(cipherKey: Uint8Array, start: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Bytes | null {
      const plain = new Uint8Array(sealed.length - TAG_LEN);
      return decryptInto(plain, cipherKey, start, sealed, aad) ? plain : null;
    },

    gcmDecryptInto: decryptInto,
  };
}
