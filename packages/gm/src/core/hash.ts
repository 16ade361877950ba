/** SM3, HMAC-SM3 and PBKDF2's blocks, in the module's memory. */
import { SM3_LEN, type Bytes, type Memory } from "./memory.ts";

export function hashes({ wasm, heap, at, window, windowLen, use, clean, put, take, feed }: Memory) {
  const { context, inner, hash, result, key } = at;

  /** HMAC key at `context`; a key above one block is hashed, RFC 2104 clause 2. */
  function prepareHmac(macKey: Uint8Array): void {
    if (macKey.length > 64) {
      wasm.sm3Init(inner);
      feed(inner, macKey);
      wasm.sm3Digest(inner, key);
      wasm.hmacInit(context, key, 32);
    } else {
      put(key, macKey);
      wasm.hmacInit(context, key, macKey.length);
    }
  }

  /** HMAC of the parts one after the other, at `at`. */
  function macAt(at: number, parts: readonly Uint8Array[]): void {
    heap.copyWithin(inner, context, context + SM3_LEN);
    for (const part of parts) feed(inner, part);
    wasm.hmacFinish(context, inner, at);
  }

  return {
    /** SM3 of the parts one after the other. */
    sm3: (...parts: readonly Uint8Array[]): Bytes =>
      clean(() => {
        wasm.sm3Init(inner);
        for (const part of parts) feed(inner, part);
        wasm.sm3Digest(inner, result);
        return take(result, 32);
      }),

    /**
     * SM3 of four messages or fewer of `blocks` blocks each, padding included, side by side. A window holds as much of each as it can; the
     * last one holds at least the last two blocks, over which the padding may go.
     */
    sm3Four: (messages: readonly Uint8Array[], blocks: number): Bytes[] =>
      clean(() => {
        wasm.sm3Init(inner);
        wasm.lanesStart(context, inner);
        const most = windowLen / 4;
        for (let at = 0, len = 0; at < 64 * blocks; at += len) {
          const left = 64 * blocks - at;
          len = left > most ? most - 64 : left;
          let lane = window;
          for (const message of messages) {
            const part = message.length <= len ? message : message.subarray(at, at + len);
            put(lane, part);
            if (len === left) wasm.sm3Pad(lane, part.length, len, message.length);
            lane += len;
          }
          use(4 * len);
          wasm.sm3Lanes(context, window, len, len / 64);
        }
        wasm.lanesToBytes(result, context);
        return messages.map((_, lane) => take(result + 32 * lane, 32));
      }),

    /** A fresh running SM3, to be kept outside. */
    sm3Start: (): Bytes =>
      clean(() => {
        wasm.sm3Init(inner);
        return take(inner, SM3_LEN);
      }),

    sm3Update: (state: Bytes, data: Uint8Array): void =>
      clean(() => {
        put(inner, state);
        feed(inner, data);
        state.set(heap.subarray(inner, inner + SM3_LEN));
      }),

    sm3Digest: (state: Bytes): Bytes =>
      clean(() => {
        put(inner, state);
        wasm.sm3Digest(inner, result);
        return take(result, 32);
      }),

    /** HMAC-SM3 of the parts one after the other. */
    hmac: (macKey: Uint8Array, ...parts: readonly Uint8Array[]): Bytes =>
      clean(() => {
        prepareHmac(macKey);
        macAt(result, parts);
        return take(result, 32);
      }),

    /** One or four blocks of PBKDF2 from this number on, RFC 8018 clause 5.2 step 3; four at the price of two. */
    pbkdf2Blocks: (password: Uint8Array, salt: Uint8Array, iterations: number, first: number, count: 1 | 4): Bytes =>
      clean(() => {
        prepareHmac(password);
        const number = new DataView(new ArrayBuffer(4));
        for (let i = 0; i < count; i++) {
          number.setUint32(0, first + i);
          macAt(result + 32 * i, [salt, new Uint8Array(number.buffer)]);
        }
        heap.copyWithin(hash, result, result + 32);
        if (count === 4) wasm.pbkdf2Lanes(context, result, iterations - 1);
        else wasm.pbkdf2Steps(context, hash, result, iterations - 1);
        return take(result, 32 * count);
      }),
  };
}
