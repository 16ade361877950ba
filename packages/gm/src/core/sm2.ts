/** SM2's keys, signatures and encryption, in the module's memory. Statuses are those of `wasm-core/status.ts`. */
import { OK } from "../status.ts";
import type { Bytes, Memory } from "./memory.ts";

/** Bytes of a private key made ready, and where d stands in it (`wasm-core/sm2/sign.ts`). */
const SIGNER_LEN = 80;
const SIGNER_D = 48;

export function sm2({ wasm, heap, at, clean, put, take, transform }: Memory) {
  const { context, point, scalar, hash, nonce, fresh, result } = at;

  return {
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
        const c2 = transform(plaintext, (from, len) => wasm.sm2EncryptStep(context, from, len));
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
        const plain = transform(ciphertext.subarray(97), (from, len) => wasm.sm2DecryptStep(context, from, len));
        put(hash, ciphertext.subarray(65, 97));
        if (wasm.sm2DecryptFinish(context, hash) === OK) return plain;
        plain.fill(0);
        return null;
      }),
  };
}
