import type { Arena } from "./arena.ts";
import type { Gm, Sm3 } from "./gm.ts";
import type { CoreExports } from "./module.ts";
import { bytes, count } from "./shape.ts";

type Symmetric = Pick<
  Gm,
  | "sm3"
  | "createSm3"
  | "hmacSm3"
  | "hkdfSm3"
  | "pbkdf2Sm3"
  | "sm4EcbEncrypt"
  | "sm4EcbDecrypt"
  | "sm4CbcEncrypt"
  | "sm4CbcDecrypt"
>;

const STATE_LEN = 112;
const DIGEST_LEN = 32;
const BLOCK_LEN = 16;

/** SM3 and SM4 over the module; data of any length goes through the window piece by piece. */
export function symmetric(core: CoreExports, arena: Arena): Symmetric {
  const state = arena.slot(0);
  const outer = arena.slot(1);
  const result = arena.slot(2);
  const small = arena.slot(3);
  const running = arena.slot(4);

  /** Feeds data to the state at p. */
  function feed(p: number, data: Uint8Array): void {
    for (let at = 0; at < data.length; at += arena.bulkLen) {
      const piece = data.subarray(at, at + arena.bulkLen);
      arena.put(arena.bulk, piece);
      core.sm3Update(p, arena.bulk, piece.length);
    }
  }

  function sm3(data: Uint8Array): Uint8Array<ArrayBuffer> {
    bytes("data", data);
    return arena.scoped(data.length, () => {
      core.sm3Init(state);
      feed(state, data);
      core.sm3Final(result, state);
      return arena.take(result, DIGEST_LEN);
    });
  }

  function resume(saved: Uint8Array): Sm3 {
    const hash: Sm3 = {
      update(data) {
        bytes("data", data);
        arena.scoped(data.length, () => {
          arena.put(state, saved);
          feed(state, data);
          saved = arena.take(state, STATE_LEN);
        });
        return hash;
      },
      digest: () =>
        arena.scoped(0, () => {
          arena.put(state, saved);
          core.sm3Final(result, state);
          return arena.take(result, DIGEST_LEN);
        }),
      clone: () => resume(saved.slice()),
    };
    return hash;
  }

  /** inner (state) and outer ← keyed; a key longer than a block is hashed first, RFC 2104 clause 2. */
  function keyHmac(key: Uint8Array): void {
    const short = key.length > 64 ? sm3(key) : key;
    arena.put(small, short);
    core.hmacSm3Key(state, outer, small, short.length);
    if (short !== key) short.fill(0);
  }

  function hmacSm3(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
    bytes("key", key);
    bytes("data", data);
    return arena.scoped(data.length, () => {
      keyHmac(key);
      feed(state, data);
      core.hmacSm3Final(result, state, outer);
      return arena.take(result, DIGEST_LEN);
    });
  }

  /** Runs a block mode over data in place of a copy, piece by piece. */
  function crypt(
    key: Uint8Array,
    iv: Uint8Array | null,
    data: Uint8Array,
    mode: (p: number, len: number) => void,
  ): Uint8Array<ArrayBuffer> {
    bytes("key", key, BLOCK_LEN);
    if (iv !== null) bytes("iv", iv, BLOCK_LEN);
    const out = new Uint8Array(data.length);
    const piece = arena.bulkLen - (arena.bulkLen % 128);
    return arena.scoped(data.length, () => {
      arena.put(small, key);
      core.sm4Key(small);
      if (iv !== null) {
        arena.put(small, iv);
        core.sm4Iv(small);
      }
      for (let at = 0; at < data.length; at += piece) {
        const part = data.subarray(at, at + piece);
        arena.put(arena.bulk, part);
        mode(arena.bulk, part.length);
        out.set(arena.take(arena.bulk, part.length), at);
      }
      core.sm4Forget();
      return out;
    });
  }

  function pad(data: Uint8Array): Uint8Array {
    bytes("data", data);
    const n = BLOCK_LEN - (data.length % BLOCK_LEN);
    const padded = new Uint8Array(data.length + n);
    padded.set(data);
    padded.fill(n, data.length);
    return padded;
  }

  /** The data without its padding; null, and the data wiped, where the padding is wrong. */
  function unpad(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
    const n = arena.scoped(0, () => {
      arena.put(small, data.subarray(data.length - BLOCK_LEN));
      return core.unpad(small);
    });
    const plain = n < 0 ? null : data.slice(0, data.length - n);
    data.fill(0);
    return plain;
  }

  function wholeBlocks(data: Uint8Array): boolean {
    bytes("data", data);
    return data.length > 0 && data.length % BLOCK_LEN === 0;
  }

  return {
    sm3,
    createSm3() {
      return resume(
        arena.scoped(0, () => {
          core.sm3Init(state);
          return arena.take(state, STATE_LEN);
        }),
      );
    },
    hmacSm3,
    hkdfSm3(key, salt, info, len) {
      count("len", len, 0, 255 * DIGEST_LEN);
      const prk = hmacSm3(bytes("salt", salt).length === 0 ? new Uint8Array(DIGEST_LEN) : salt, key);
      const out = new Uint8Array(len);
      let previous = new Uint8Array(0);
      for (let i = 1, at = 0; at < len; i++, at += DIGEST_LEN) {
        const block = new Uint8Array(previous.length + info.length + 1);
        block.set(previous);
        block.set(info, previous.length);
        block[block.length - 1] = i;
        previous = hmacSm3(prk, block);
        out.set(previous.subarray(0, len - at), at);
      }
      prk.fill(0);
      previous.fill(0);
      return out;
    },
    pbkdf2Sm3(password, salt, iterations, len) {
      bytes("password", password);
      bytes("salt", salt);
      count("iterations", iterations, 1, 2 ** 31 - 1);
      count("len", len, 1, 2 ** 31 - 1);
      const out = new Uint8Array(len);
      const index = new Uint8Array(4);
      arena.scoped(salt.length + 4, () => {
        keyHmac(password);
        for (let i = 1, at = 0; at < len; i++, at += DIGEST_LEN) {
          new DataView(index.buffer).setUint32(0, i);
          arena.put(running, arena.take(state, STATE_LEN));
          feed(running, salt);
          feed(running, index);
          core.hmacSm3Final(result, running, outer);
          arena.put(small, arena.take(result, DIGEST_LEN));
          core.pbkdf2Sm3Rounds(result, small, state, outer, iterations - 1);
          out.set(arena.take(result, DIGEST_LEN).subarray(0, len - at), at);
        }
      });
      return out;
    },
    sm4EcbEncrypt(key, data, options) {
      const padded = options?.padding === false ? data : pad(data);
      if (!wholeBlocks(padded)) throw new RangeError('"data" expected a multiple of 16 bytes without padding');
      return crypt(key, null, padded, core.sm4EcbEncrypt);
    },
    sm4EcbDecrypt(key, data, options) {
      bytes("key", key, BLOCK_LEN);
      if (!wholeBlocks(data)) return null;
      const plain = crypt(key, null, data, core.sm4EcbDecrypt);
      return options?.padding === false ? plain : unpad(plain);
    },
    sm4CbcEncrypt: (key, iv, data) => crypt(key, iv, pad(data), core.sm4CbcEncrypt),
    sm4CbcDecrypt(key, iv, data) {
      bytes("key", key, BLOCK_LEN);
      bytes("iv", iv, BLOCK_LEN);
      return wholeBlocks(data) ? unpad(crypt(key, iv, data, core.sm4CbcDecrypt)) : null;
    },
  };
}
