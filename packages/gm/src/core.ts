/**
 * The only file that sees a pointer, beside `pool/segments.ts`: copies bytes into the module's memory, calls, copies out, wipes. Arguments arrive
 * checked (`face.ts`); data of any size passes through the module's window piece by piece.
 *
 * Before each function returns, the tray and the used part of the window are zero again. What cannot be reached from
 * here: registers and stack of the engine, and byte arrays that belong to the caller.
 */
import { OK } from "./status.ts";

/** What `wasm-core/index.ts` exports. Pointers, lengths and status numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  trayAt(): number;
  windowAt(): number;
  windowLen(): number;
  wipe(at: number, len: number): void;
  sm3Init(state: number): void;
  sm3Update(state: number, data: number, len: number): void;
  sm3Digest(state: number, out: number): void;
  sm3Pad(data: number, len: number, end: number, total: number): void;
  sm3Lanes(lanes: number, data: number, stride: number, count: number): void;
  lanesStart(lanes: number, state: number): void;
  lanesToBytes(out: number, lanes: number): void;
  hmacInit(hmac: number, key: number, len: number): void;
  hmacFinish(hmac: number, inner: number, out: number): void;
  pbkdf2Steps(hmac: number, u: number, total: number, times: number): void;
  sm4ExpandKey(keys: number, key: number): void;
  sm4ReverseKeys(keys: number): void;
  sm4Ecb(keys: number, data: number, len: number): void;
  sm4CbcEncrypt(keys: number, iv: number, data: number, len: number): void;
  sm4CbcDecrypt(keys: number, iv: number, data: number, len: number): void;
  sm4Ctr(keys: number, counter: number, data: number, len: number): void;
  sm4Ctr32(keys: number, counter: number, data: number, len: number): void;
  gcmStart(gcm: number): void;
  ghashUpdate(hash: number, data: number, len: number): void;
  gcmLengths(gcm: number, first: number, second: number): void;
  gcmTag(gcm: number, tag: number): void;
  gcmCompare(a: number, b: number): number;
  paddingLen(block: number): number;
  sm2CheckKey(d: number): number;
  sm2CheckPoint(key: number): number;
  sm2PublicKey(out: number, d: number): number;
  sm2Nonce(k: number, d: number, e: number, fresh: number): void;
  sm2SignerPrepare(signer: number, d: number): number;
  sm2Sign(out: number, e: number, signer: number, k: number): number;
  sm2Verify(key: number, e: number, signature: number): number;
  sm2KeyPrepare(slot: number, key: number): number;
  sm2VerifyPrepared(slot: number, e: number, signature: number): number;
  sm2EncryptStart(context: number, c1: number, key: number, k: number): number;
  sm2EncryptStep(context: number, data: number, len: number): void;
  sm2EncryptFinish(context: number, c3: number): number;
  sm2DecryptStart(context: number, d: number, c1: number): number;
  sm2DecryptStep(context: number, data: number, len: number): void;
  sm2DecryptFinish(context: number, c3: number): number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of the tray, and of a running SM3 (`wasm-core/sm3/hash.ts`). */
const TRAY_LEN = 1024;
const SM3_LEN = 104;

/** Bytes of a private key made ready, and where d stands in it (`wasm-core/sm2/sign.ts`). */
const SIGNER_LEN = 80;
const SIGNER_D = 48;

/** Bytes of GCM's tag. */
const TAG_LEN = 16;

/** The core in bytes. Statuses are those of `wasm-core/status.ts`. */
export type Core = ReturnType<typeof openCore>;

export function openCore(instance: WebAssembly.Instance) {
  const wasm = instance.exports as WebAssembly.Exports & Exports;
  const heap = new Uint8Array(wasm.memory.buffer);
  const window = wasm.windowAt();
  const windowLen = wasm.windowLen();
  const tray = wasm.trayAt();

  // The tray: a context (round keys, HMAC key, SM3, encryption) first, then parameters, then results.
  const context = tray;
  const inner = tray + 256;
  const point = tray + 384;
  const scalar = tray + 464;
  const hash = tray + 496;
  const nonce = tray + 528;
  const fresh = tray + 560;
  const result = tray + 592;
  const key = tray + 672;
  const iv = tray + 736;
  const counter = tray + 752;
  /** GHASH's H and Y, behind the round keys. */
  const hashed = context + 128;
  const y = hashed + 16;

  /** The window's bytes in use since the last wipe. */
  let used = 0;

  /** Runs one operation and leaves the memory clean, however it ends. */
  function clean<T>(operation: () => T): T {
    try {
      return operation();
    } finally {
      wasm.wipe(tray, TRAY_LEN);
      wasm.wipe(window, used);
      used = 0;
    }
  }

  const put = (at: number, bytes: Uint8Array): void => heap.set(bytes, at);
  const take = (at: number, len: number): Bytes => heap.slice(at, at + len);

  /** Brings data of any length through the window, piece by piece. */
  function eachWindow(data: Uint8Array, step: (at: number, len: number) => void): void {
    for (let at = 0; at < data.length; at += windowLen) {
      // A view costs as much as half a block of SM3.
      const part = data.length <= windowLen ? data : data.subarray(at, at + windowLen);
      put(window, part);
      used = Math.max(used, part.length);
      step(window, part.length);
    }
  }

  /** The SM3 at `state` takes in data of any length. */
  const feed = (state: number, data: Uint8Array): void => eachWindow(data, (at, len) => wasm.sm3Update(state, at, len));

  /** `step` over data of any length, in place, window by window, into `out`: its first bytes where that is longer, all that fits else. */
  function transformInto(out: Bytes, data: Uint8Array, step: (at: number, len: number) => void): void {
    let done = 0;
    eachWindow(data, (at, len) => {
      step(at, len);
      out.set(heap.subarray(at, at + Math.min(len, out.length - done)), done);
      done += len;
    });
  }

  /** `step` over data of any length, followed by `pad` bytes of the number `pad`, window by window. */
  function transform(data: Uint8Array, pad: number, step: (at: number, len: number) => void): Bytes {
    const out = new Uint8Array(data.length + pad);
    for (let at = 0; at < out.length; at += windowLen) {
      const part = data.subarray(at, at + windowLen);
      const len = Math.min(windowLen, out.length - at);
      put(window, part);
      heap.fill(pad, window + part.length, window + len);
      used = Math.max(used, len);
      step(window, len);
      out.set(heap.subarray(window, window + len), at);
    }
    return out;
  }

  /**
   * As transform without padding, but for the padding's own bytes; null where there is none. What `last` makes of the last block is looked
   * at first, so that nothing is copied twice; all is worked on even so, as the time shall not tell more than the answer does.
   */
  function transformPadded(
    data: Uint8Array,
    last: (at: number) => void,
    step: (at: number, len: number) => void,
  ): Bytes | null {
    put(window, data.subarray(-16));
    used = Math.max(used, 16);
    last(window);
    const pad = wasm.paddingLen(window);
    const plain = new Uint8Array(data.length - pad);
    transformInto(plain, data, step);
    if (pad > 0) return plain;
    plain.fill(0);
    return null;
  }

  /** Round keys at `context`. */
  function expandKey(cipherKey: Uint8Array, reverse: boolean): void {
    put(key, cipherKey);
    wasm.sm4ExpandKey(context, key);
    if (reverse) wasm.sm4ReverseKeys(context);
  }

  const ecb = (at: number, len: number): void => wasm.sm4Ecb(context, at, len);

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

  /** GHASH takes in a string of any length, its last block filled with zeros. */
  const authenticate = (data: Uint8Array): void => eachWindow(data, (at, len) => wasm.ghashUpdate(hashed, at, len));

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
     * SM3 of four messages of `blocks` blocks each, padding included, side by side. A window holds as much of each as it can; the
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
          used = Math.max(used, 4 * len);
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

    /** The block of PBKDF2 with this number, RFC 8018 clause 5.2 step 3. */
    pbkdf2Block: (password: Uint8Array, salt: Uint8Array, iterations: number, number: Uint8Array): Bytes =>
      clean(() => {
        prepareHmac(password);
        macAt(hash, [salt, number]);
        heap.copyWithin(result, hash, hash + 32);
        wasm.pbkdf2Steps(context, hash, result, iterations - 1);
        return take(result, 32);
      }),

    /** `pad`: 0 for whole blocks, else how many bytes of padding to add. */
    ecbEncrypt: (cipherKey: Uint8Array, data: Uint8Array, pad: number): Bytes =>
      clean(() => {
        expandKey(cipherKey, false);
        return transform(data, pad, ecb);
      }),

    ecbDecrypt: (cipherKey: Uint8Array, data: Uint8Array, padded: boolean): Bytes | null =>
      clean(() => {
        expandKey(cipherKey, true);
        return padded ? transformPadded(data, (at) => ecb(at, 16), ecb) : transform(data, 0, ecb);
      }),

    cbcEncrypt: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array, pad: number): Bytes =>
      clean(() => {
        expandKey(cipherKey, false);
        put(iv, start);
        return transform(data, pad, (at, len) => wasm.sm4CbcEncrypt(context, iv, at, len));
      }),

    cbcDecrypt: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array): Bytes | null =>
      clean(() => {
        expandKey(cipherKey, true);
        const before = data.length > 16 ? data.subarray(-32, -16) : start;
        const step = (at: number, len: number): void => wasm.sm4CbcDecrypt(context, iv, at, len);
        put(iv, before);
        const last = (at: number): void => {
          step(at, 16);
          put(iv, start);
        };
        return transformPadded(data, last, step);
      }),

    ctr: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array): Bytes =>
      clean(() => {
        expandKey(cipherKey, false);
        put(counter, start);
        const out = new Uint8Array(data.length);
        transformInto(out, data, (at, len) => wasm.sm4Ctr(context, counter, at, len));
        return out;
      }),

    /** Ciphertext ‖ tag. */
    gcmEncrypt: (cipherKey: Uint8Array, start: Uint8Array, data: Uint8Array, aad: Uint8Array): Bytes =>
      clean(() => {
        gcmBegin(cipherKey, start, aad);
        const out = new Uint8Array(data.length + TAG_LEN);
        transformInto(out, data, (at, len) => {
          wasm.sm4Ctr32(context, counter, at, len);
          wasm.ghashUpdate(hashed, at, len);
        });
        gcmEnd(aad.length, data.length);
        out.set(heap.subarray(result, result + TAG_LEN), data.length);
        return out;
      }),

    /** Null where the tag is not that of the ciphertext before it: what was deciphered is wiped. */
    gcmDecrypt: (cipherKey: Uint8Array, start: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Bytes | null =>
      clean(() => {
        gcmBegin(cipherKey, start, aad);
        const len = sealed.length - TAG_LEN;
        const plain = new Uint8Array(len);
        transformInto(plain, sealed.subarray(0, len), (at, part) => {
          wasm.ghashUpdate(hashed, at, part);
          wasm.sm4Ctr32(context, counter, at, part);
        });
        gcmEnd(aad.length, len);
        put(key, sealed.subarray(len));
        if (wasm.gcmCompare(result, key) === OK) return plain;
        plain.fill(0);
        return null;
      }),

    checkKey: (privateKey: Uint8Array): number =>
      clean(() => {
        put(scalar, privateKey);
        return wasm.sm2CheckKey(scalar);
      }),

    checkPoint: (publicKey: Uint8Array): number =>
      clean(() => {
        put(point, publicKey);
        return wasm.sm2CheckPoint(point);
      }),

    /** Null where the private key is out of range. */
    publicKey: (privateKey: Uint8Array): Bytes | null =>
      clean(() => {
        put(scalar, privateKey);
        return wasm.sm2PublicKey(point, scalar) === OK ? take(point, 65) : null;
      }),

    /** A private key made ready, to be kept and wiped outside. Null where it is out of range. */
    signerPrepare: (privateKey: Uint8Array): Bytes | null =>
      clean(() => {
        put(scalar, privateKey);
        return wasm.sm2SignerPrepare(context, scalar) === OK ? take(context, SIGNER_LEN) : null;
      }),

    /** Null where the nonce made of key, digest and `random` (32 fresh bytes) leads nowhere. */
    sign: (signer: Uint8Array, e: Uint8Array, random: Uint8Array): Bytes | null =>
      clean(() => {
        put(context, signer);
        put(hash, e);
        put(fresh, random);
        wasm.sm2Nonce(nonce, context + SIGNER_D, hash, fresh);
        return wasm.sm2Sign(result, hash, context, nonce) === OK ? take(result, 64) : null;
      }),

    verify: (publicKey: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean =>
      clean(() => {
        put(point, publicKey);
        put(hash, e);
        put(result, signature);
        return wasm.sm2Verify(point, hash, result) === OK;
      }),

    /** Fills a slot for a public key that comes again. False where it is no point of the curve. */
    keyPrepare: (slot: number, publicKey: Uint8Array): boolean =>
      clean(() => {
        put(point, publicKey);
        return wasm.sm2KeyPrepare(slot, point) === OK;
      }),

    verifyPrepared: (slot: number, e: Uint8Array, signature: Uint8Array): boolean =>
      clean(() => {
        put(hash, e);
        put(result, signature);
        return wasm.sm2VerifyPrepared(slot, hash, result) === OK;
      }),

    /** Null where the nonce `k` (32 bytes) leads nowhere. The public key is on the curve. */
    encrypt: (publicKey: Uint8Array, plaintext: Uint8Array, k: Uint8Array): Bytes | null =>
      clean(() => {
        put(point, publicKey);
        put(nonce, k);
        if (wasm.sm2EncryptStart(context, result, point, nonce) !== OK) return null;
        const out = new Uint8Array(97 + plaintext.length);
        out.set(heap.subarray(result, result + 65));
        const c2 = transform(plaintext, 0, (at, len) => wasm.sm2EncryptStep(context, at, len));
        if (wasm.sm2EncryptFinish(context, hash) !== OK) return null;
        out.set(heap.subarray(hash, hash + 32), 65);
        out.set(c2, 97);
        return out;
      }),

    decrypt: (privateKey: Uint8Array, ciphertext: Uint8Array): Bytes | null =>
      clean(() => {
        put(scalar, privateKey);
        put(point, ciphertext.subarray(0, 65));
        if (wasm.sm2DecryptStart(context, scalar, point) !== OK) return null;
        const plain = transform(ciphertext.subarray(97), 0, (at, len) => wasm.sm2DecryptStep(context, at, len));
        put(hash, ciphertext.subarray(65, 97));
        if (wasm.sm2DecryptFinish(context, hash) === OK) return plain;
        plain.fill(0);
        return null;
      }),
  };
}
