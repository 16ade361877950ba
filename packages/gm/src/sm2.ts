import type { Arena } from "./arena.ts";
import type { Gm, Sm2SignOptions } from "./gm.ts";
import { type CoreExports, STATUS_OK, STATUS_OUT_OF_RANGE, STATUS_RETRY } from "./module.ts";
import { createNonces } from "./nonce.ts";
import { bytes, publicKeyCoordinates } from "./shape.ts";

type Sm2 = Pick<
  Gm,
  | "sm2KeyPair"
  | "sm2PublicKey"
  | "sm2Sign"
  | "sm2Verify"
  | "sm2SignDigest"
  | "sm2VerifyDigest"
  | "za"
  | "sm2Encrypt"
  | "sm2Decrypt"
>;

/** GM/T 0009-2012 clause 10. */
const DEFAULT_ID = "1234567812345678";

/** a ‖ b ‖ xG ‖ yG of the recommended curve, GB/T 32918.5-2017: what Z takes in between id and public key. */
const CURVE = Uint8Array.from(
  (
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc" +
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93" +
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7" +
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
  ).match(/../g) ?? [],
  (pair) => Number.parseInt(pair, 16),
);

const C1_LEN = 64;
const C3_LEN = 32;
const HEAD_LEN = 1 + C1_LEN + C3_LEN;

/** SM2 over the module. `random` fills an array with fresh random bytes. */
export function sm2(
  core: CoreExports,
  arena: Arena,
  gm: Pick<Gm, "hmacSm3" | "createSm3">,
  random: (into: Uint8Array<ArrayBuffer>) => void,
): Sm2 {
  const key = arena.slot(0);
  const point = arena.slot(1);
  const digest = arena.slot(2);
  const nonce = arena.slot(3);
  const out = arena.slot(4);
  const check = arena.slot(5);

  function fresh(): Uint8Array<ArrayBuffer> {
    const drawn = new Uint8Array(32);
    random(drawn);
    return drawn;
  }

  /** Null where the private key is not in [1, n − 2]. */
  function tryPublicKey(privateKey: Uint8Array): Uint8Array<ArrayBuffer> | null {
    return arena.scoped(0, () => {
      arena.put(key, privateKey);
      if (core.sm2PublicKey(out, key) !== STATUS_OK) return null;
      const publicKey = new Uint8Array(65);
      publicKey[0] = 4;
      publicKey.set(arena.take(out, 64), 1);
      return publicKey;
    });
  }

  function sm2PublicKey(privateKey: Uint8Array): Uint8Array<ArrayBuffer> {
    const publicKey = tryPublicKey(bytes("privateKey", privateKey, 32));
    if (publicKey === null) throw new RangeError('"privateKey" expected to lie in [1, n - 2]');
    return publicKey;
  }

  function za(publicKey: Uint8Array, id: string | Uint8Array = DEFAULT_ID): Uint8Array<ArrayBuffer> {
    const coordinates = publicKeyCoordinates(publicKey);
    const name = typeof id === "string" ? new TextEncoder().encode(id) : bytes("id", id);
    if (name.length >= 8192) throw new RangeError(`"id" expected fewer than 8192 bytes, got ${name.length}`);
    const bits = name.length * 8;
    return gm
      .createSm3()
      .update(Uint8Array.of(bits >> 8, bits & 0xff))
      .update(name)
      .update(CURVE)
      .update(coordinates)
      .digest();
  }

  /** e = SM3(Z ‖ M), GB/T 32918.2-2016 6.1, steps A1 and A2. */
  function hashed(publicKey: Uint8Array, message: Uint8Array, options: Sm2SignOptions | undefined) {
    return gm.createSm3().update(za(publicKey, options?.id)).update(bytes("message", message)).digest();
  }

  function sm2SignDigest(privateKey: Uint8Array, e: Uint8Array): Uint8Array<ArrayBuffer> {
    bytes("privateKey", privateKey, 32);
    bytes("e", e, 32);
    const nonces = createNonces(gm, { secret: privateKey, message: e, fresh: fresh() });
    try {
      for (;;) {
        const k = nonces.next();
        const { status, signature } = arena.scoped(0, () => {
          arena.put(digest, e);
          arena.put(key, privateKey);
          arena.put(nonce, k);
          return { status: core.sm2Sign(out, digest, key, nonce), signature: arena.take(out, 64) };
        });
        k.fill(0);
        if (status === STATUS_OK) return signature;
        if (status === STATUS_OUT_OF_RANGE && tryPublicKey(privateKey) === null) {
          throw new RangeError('"privateKey" expected to lie in [1, n - 2]');
        }
      }
    } finally {
      nonces.wipe();
    }
  }

  function sm2VerifyDigest(publicKey: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean {
    const coordinates = publicKeyCoordinates(publicKey);
    bytes("e", e, 32);
    if (bytes("signature", signature).length !== 64) return false;
    return arena.scoped(0, () => {
      arena.put(point, coordinates);
      arena.put(digest, e);
      arena.put(out, signature);
      return core.sm2Verify(point, digest, out) === STATUS_OK;
    });
  }

  return {
    sm2KeyPair() {
      for (;;) {
        const privateKey = fresh();
        const publicKey = tryPublicKey(privateKey);
        if (publicKey !== null) return { privateKey, publicKey };
      }
    },
    sm2PublicKey,
    sm2Sign: (privateKey, message, options) =>
      sm2SignDigest(privateKey, hashed(sm2PublicKey(privateKey), message, options)),
    sm2Verify: (publicKey, message, signature, options) =>
      sm2VerifyDigest(publicKey, hashed(publicKey, message, options), signature),
    sm2SignDigest,
    sm2VerifyDigest,
    za,
    sm2Encrypt(publicKey, plaintext) {
      const coordinates = publicKeyCoordinates(publicKey);
      const len = bytes("plaintext", plaintext).length;
      if (len < 1 || len > arena.bulkLen) {
        throw new RangeError(`"plaintext" expected 1 to ${arena.bulkLen} bytes, got ${len}`);
      }
      const nonces = createNonces(gm, { secret: fresh(), message: plaintext, fresh: fresh() });
      try {
        for (;;) {
          const k = nonces.next();
          const sealed = arena.scoped(len, () => {
            arena.put(point, coordinates);
            arena.put(nonce, k);
            arena.put(arena.bulk, plaintext);
            const status = core.sm2Encrypt(out, check, arena.bulk, len, point, nonce);
            if (status === STATUS_RETRY || status === STATUS_OUT_OF_RANGE) return null;
            if (status !== STATUS_OK) throw new RangeError('"publicKey" expected a point of the curve');
            const ciphertext = new Uint8Array(HEAD_LEN + len);
            ciphertext[0] = 4;
            ciphertext.set(arena.take(out, C1_LEN), 1);
            ciphertext.set(arena.take(check, C3_LEN), 1 + C1_LEN);
            ciphertext.set(arena.take(arena.bulk, len), HEAD_LEN);
            return ciphertext;
          });
          k.fill(0);
          if (sealed !== null) return sealed;
        }
      } finally {
        nonces.wipe();
      }
    },
    sm2Decrypt(privateKey, ciphertext) {
      bytes("privateKey", privateKey, 32);
      const len = bytes("ciphertext", ciphertext).length - HEAD_LEN;
      if (len < 1 || len > arena.bulkLen || ciphertext[0] !== 4) return null;
      return arena.scoped(len, () => {
        arena.put(key, privateKey);
        arena.put(out, ciphertext.subarray(1, 1 + C1_LEN));
        arena.put(check, ciphertext.subarray(1 + C1_LEN, HEAD_LEN));
        arena.put(arena.bulk, ciphertext.subarray(HEAD_LEN));
        const status = core.sm2Decrypt(out, check, arena.bulk, len, key);
        if (status === STATUS_OUT_OF_RANGE) throw new RangeError('"privateKey" expected to lie in [1, n - 2]');
        return status === STATUS_OK ? arena.take(arena.bulk, len) : null;
      });
    },
  };
}
