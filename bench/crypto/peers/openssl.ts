/** Node's own OpenSSL, by `node:crypto`. What it gives in two pieces is left so: joining them is not charged to it. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from "node:crypto";

interface OpenSslKeys {
  /** 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  sign(message: Uint8Array): Uint8Array;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * An SM2 key that signs as SM2: a generated one is of the curve only, and signs as ECDSA; read in again, it is of the algorithm.
 * Node can give it no distinguishing id, so its Z has an empty one.
 */
function keys(): OpenSslKeys {
  const pair = generateKeyPairSync("ec", { namedCurve: "SM2" });
  const pkcs8 = pair.privateKey.export({ type: "pkcs8", format: "der" });
  const spki = pair.publicKey.export({ type: "spki", format: "der" });
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(-65)),
    sign: (message) => sign("sm3", message, privateKey),
    verify: (message, signature) => verify("sm3", message, publicKey, signature),
  };
}

export const openssl = {
  /** Ciphertext, and what comes at the end. */
  encrypt(name: "sm4-ctr" | "sm4-cbc", key: Uint8Array, iv: Uint8Array, data: Uint8Array): readonly Uint8Array[] {
    const cipher = createCipheriv(name, key, iv);
    return [cipher.update(data), cipher.final()];
  },
  decrypt(name: "sm4-cbc", key: Uint8Array, iv: Uint8Array, data: Uint8Array): readonly Uint8Array[] {
    const cipher = createDecipheriv(name, key, iv);
    return [cipher.update(data), cipher.final()];
  },
  sm3: (data: Uint8Array): Uint8Array => createHash("sm3").update(data).digest(),
  keyPair: () => generateKeyPairSync("ec", { namedCurve: "SM2" }),
  keys,
};

export type OpenSsl = typeof openssl;
