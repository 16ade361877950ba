/** The face: every function of `Gm` over the core, arguments checked first. Randomness comes in as a parameter. */
import {
  GCM_LIMIT,
  checkBytes,
  checkCount,
  checkGcm,
  checkGcmLen,
  checkLen,
  checkPublicKeyShape,
  parseId,
} from "./check.ts";
import type { Core } from "./core/index.ts";
import type { Gm, Sm3 } from "./gm.ts";
import { checkMessages, checkRun, decryptRun, encryptRun } from "./run.ts";
import { createVerification } from "./repeated.ts";
import { digestMany } from "./many.ts";
import { OK } from "./status.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Fills the array with random bytes that nobody can predict. */
export type Random = (into: Bytes) => void;

/** a ‖ b ‖ x_G ‖ y_G of the recommended curve, GB/T 32918.5-2017 clause 2. */
const CURVE = Uint8Array.from(
  (
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc" +
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93" +
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7" +
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
  ).match(/../g) ?? [],
  (hex) => Number.parseInt(hex, 16),
);

const OUT_OF_RANGE = '"privateKey" expected a number in [1, n − 2]';

/** Longest output of HKDF, RFC 5869 clause 2.3: 255 blocks. */
const HKDF_LIMIT = 8160;

const NO_BYTES = new Uint8Array(0);

/** Draws before a random source counts as broken; one draw fails with a probability below 2⁻³¹. */
const DRAWS = 16;

export function createGm(core: Core, random: Random): Gm {
  const verify = createVerification(core);

  /** What `use` makes of 32 fresh random bytes, drawn again where it answers null. */
  function draw<T>(use: (fresh: Bytes) => T | null): T {
    const fresh = new Uint8Array(32);
    try {
      for (let i = 0; i < DRAWS; i++) {
        random(fresh);
        const made = use(fresh);
        if (made !== null) return made;
      }
    } finally {
      fresh.fill(0);
    }
    throw new Error(`the random source gave nothing usable in ${DRAWS} draws`);
  }

  function checkPrivateKey(privateKey: Uint8Array): void {
    checkLen("privateKey", privateKey, 32);
    if (core.checkKey(privateKey) !== OK) throw new RangeError(OUT_OF_RANGE);
  }

  /** What `use` makes of a private key; RangeError where it makes nothing. */
  function withKey(privateKey: Uint8Array, use: (privateKey: Uint8Array) => Bytes | null): Bytes {
    checkLen("privateKey", privateKey, 32);
    const made = use(privateKey);
    if (made === null) throw new RangeError(OUT_OF_RANGE);
    return made;
  }

  const publicKeyOf = (privateKey: Uint8Array): Bytes => withKey(privateKey, core.publicKey);

  function za(publicKey: Uint8Array, id?: string | Uint8Array): Bytes {
    checkPublicKeyShape("publicKey", publicKey);
    const name = parseId(id);
    const entl = Uint8Array.of((name.length * 8) >> 8, (name.length * 8) & 255);
    return core.sm3(entl, name, CURVE, publicKey.subarray(1));
  }

  /** e = SM3(Z ‖ M), GB/T 32918.2-2016 clause 6.1 steps A1 and A2. */
  function digestOf(publicKey: Uint8Array, message: Uint8Array, id?: string | Uint8Array): Bytes {
    checkBytes("message", message);
    return core.sm3(za(publicKey, id), message);
  }

  function checkCipher(key: Uint8Array, data: Uint8Array, iv?: Uint8Array): void {
    checkLen("key", key, 16);
    if (iv !== undefined) checkLen("iv", iv, 16);
    checkBytes("data", data);
  }

  /** Whole blocks, and at least one where there must be padding. */
  const isBlocks = (data: Uint8Array, padded: boolean): boolean =>
    data.length % 16 === 0 && (!padded || data.length > 0);

  function running(state: Bytes): Sm3 {
    return {
      update(data) {
        checkBytes("data", data);
        core.sm3Update(state, data);
        return this;
      },
      digest: () => core.sm3Digest(state),
      clone: () => running(state.slice()),
      save: () => state.slice(),
    };
  }

  const prepare = (privateKey: Uint8Array): Bytes => withKey(privateKey, core.signerPrepare);

  const signDigest = (signer: Bytes, e: Uint8Array): Bytes => draw((fresh) => core.sign(signer, e, fresh));

  function signOnce(privateKey: Uint8Array, e: Uint8Array): Bytes {
    const signer = prepare(privateKey);
    try {
      return signDigest(signer, e);
    } finally {
      signer.fill(0);
    }
  }

  function verifyDigest(publicKey: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean {
    checkBytes("signature", signature);
    return signature.length === 64 && verify(publicKey, e, signature);
  }

  return {
    sm3(data) {
      checkBytes("data", data);
      return core.sm3(data);
    },
    sm3Many(messages) {
      for (const message of messages) checkBytes("messages", message);
      return digestMany(core, messages);
    },
    createSm3(saved) {
      if (saved === undefined) return running(core.sm3Start());
      checkLen("saved", saved, 104);
      return running(new Uint8Array(saved));
    },
    hmacSm3(key, data) {
      checkBytes("key", key);
      checkBytes("data", data);
      return core.hmac(key, data);
    },
    hkdfSm3(key, salt, info, len) {
      checkBytes("key", key);
      checkBytes("salt", salt);
      checkBytes("info", info);
      checkCount("len", len, 1, HKDF_LIMIT);
      const prk = core.hmac(salt, key); // an empty salt and 32 zeros pad to the same HMAC key
      const out = new Uint8Array(len);
      let t: Bytes = new Uint8Array(0);
      for (let at = 0; at < len; at += 32) {
        const next = core.hmac(prk, t, info, Uint8Array.of(at / 32 + 1));
        t.fill(0);
        t = next;
        out.set(t.subarray(0, len - at), at);
      }
      prk.fill(0);
      t.fill(0);
      return out;
    },
    pbkdf2Sm3(password, salt, iterations, len) {
      checkBytes("password", password);
      checkBytes("salt", salt);
      checkCount("iterations", iterations, 1, 0x7fffffff);
      checkCount("len", len, 1, 0x7fffffff);
      const out = new Uint8Array(len);
      for (let at = 0; at < len;) {
        const blocks = core.pbkdf2Blocks(password, salt, iterations, at / 32 + 1, len - at > 32 ? 4 : 1);
        out.set(blocks.subarray(0, len - at), at);
        at += blocks.length;
        blocks.fill(0);
      }
      return out;
    },
    sm4EcbEncrypt(key, data, { padding = true } = {}) {
      checkCipher(key, data);
      if (!padding && data.length % 16 !== 0) {
        throw new RangeError(`"data" expected a multiple of 16 bytes without padding, got ${data.length}`);
      }
      return core.ecbEncrypt(key, data, padding ? 16 - (data.length % 16) : 0);
    },
    sm4EcbDecrypt(key, data, { padding = true } = {}) {
      checkCipher(key, data);
      return isBlocks(data, padding) ? core.ecbDecrypt(key, data, padding) : null;
    },
    sm4CbcEncrypt(key, iv, data) {
      checkCipher(key, data, iv);
      return core.cbcEncrypt(key, iv, data, 16 - (data.length % 16));
    },
    sm4CbcDecrypt(key, iv, data) {
      checkCipher(key, data, iv);
      return isBlocks(data, true) ? core.cbcDecrypt(key, iv, data) : null;
    },
    sm4Ctr(key, counter, data) {
      checkCipher(key, data);
      checkLen("counter", counter, 16);
      return core.ctr(key, counter, data);
    },
    sm4GcmEncrypt(key, nonce, plaintext, aad = NO_BYTES) {
      checkGcm(key, nonce, aad);
      checkBytes("plaintext", plaintext);
      checkGcmLen("plaintext", plaintext.length);
      return core.gcmEncrypt(key, nonce, plaintext, aad);
    },
    sm4GcmDecrypt(key, nonce, ciphertext, aad = NO_BYTES) {
      checkGcm(key, nonce, aad);
      checkBytes("ciphertext", ciphertext);
      const len = ciphertext.length - 16;
      return len < 0 || len > GCM_LIMIT ? null : core.gcmDecrypt(key, nonce, ciphertext, aad);
    },
    sm4GcmEncryptRun(key, nonces, messages) {
      checkMessages("messages", key, nonces, messages);
      return encryptRun(core, key, nonces, messages);
    },
    sm4GcmDecryptRun(key, run) {
      checkRun(key, run);
      return decryptRun(core, key, run);
    },
    crc32(bytes, soFar) {
      checkBytes("bytes", bytes);
      checkCount("soFar", soFar, 0, 0xffffffff);
      return core.crc32(bytes, soFar);
    },
    sm2KeyPair: () =>
      draw((fresh) => {
        const publicKey = core.publicKey(fresh);
        return publicKey === null ? null : { privateKey: fresh.slice(), publicKey };
      }),
    sm2PublicKey: publicKeyOf,
    sm2Sign(privateKey, message, options) {
      checkBytes("message", message);
      return signOnce(privateKey, digestOf(publicKeyOf(privateKey), message, options?.id));
    },
    sm2Signer(privateKey, options) {
      const publicKey = publicKeyOf(privateKey);
      const z = za(publicKey, options?.id);
      const signer = prepare(privateKey);
      let closed = false;
      const signOpen = (e: Uint8Array): Bytes =>
        draw((fresh) => {
          if (closed) throw new Error("the signer is closed"); // looked at last: randomness may come from anywhere
          return core.sign(signer, e, fresh);
        });
      return {
        publicKey,
        sign(message) {
          checkBytes("message", message);
          return signOpen(core.sm3(z, message));
        },
        signDigest(e) {
          checkLen("e", e, 32);
          return signOpen(e);
        },
        close() {
          closed = true;
          signer.fill(0);
        },
      };
    },
    sm2Verify(publicKey, message, signature, options) {
      checkBytes("signature", signature);
      return verifyDigest(publicKey, digestOf(publicKey, message, options?.id), signature);
    },
    sm2SignDigest(privateKey, e) {
      checkLen("e", e, 32);
      return signOnce(privateKey, e);
    },
    sm2VerifyDigest(publicKey, e, signature) {
      checkPublicKeyShape("publicKey", publicKey);
      checkLen("e", e, 32);
      return verifyDigest(publicKey, e, signature);
    },
    za,
    sm2Encrypt(publicKey, plaintext) {
      checkPublicKeyShape("publicKey", publicKey);
      checkBytes("plaintext", plaintext);
      if (plaintext.length === 0) throw new RangeError('"plaintext" expected at least 1 byte, got 0');
      if (core.checkPoint(publicKey) !== OK) throw new RangeError('"publicKey" expected a point of the curve');
      return draw((k) => core.encrypt(publicKey, plaintext, k));
    },
    sm2Decrypt(privateKey, ciphertext) {
      checkPrivateKey(privateKey);
      checkBytes("ciphertext", ciphertext);
      // 04 ‖ x ‖ y, C3, and at least one byte: the standard has no empty message
      return ciphertext.length > 97 ? core.decrypt(privateKey, ciphertext) : null;
    },
  };
}
