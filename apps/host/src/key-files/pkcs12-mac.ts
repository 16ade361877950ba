/** The integrity of PKCS#12: HMAC under a key from the password, RFC 7292 clause 5.1 and annex B. */
import { createHash, createHmac } from "node:crypto";
import { OperationError } from "@certbridge/protocol/errors";

/** Hash → Node's name, its output and its block, in bytes. */
const HASHES: Readonly<Record<string, { readonly name: string; readonly len: number; readonly blockLen: number }>> = {
  "1.3.14.3.2.26": { name: "sha1", len: 20, blockLen: 64 },
  "2.16.840.1.101.3.4.2.1": { name: "sha256", len: 32, blockLen: 64 },
  "2.16.840.1.101.3.4.2.2": { name: "sha384", len: 48, blockLen: 128 },
  "2.16.840.1.101.3.4.2.3": { name: "sha512", len: 64, blockLen: 128 },
  "1.2.156.10197.1.401": { name: "sm3", len: 32, blockLen: 64 },
};

export const SHA256 = "2.16.840.1.101.3.4.2.1";
export const SM3 = "1.2.156.10197.1.401";

/** The diversifier for key material of a MAC, RFC 7292 annex B.3. */
const FOR_MAC = 3;

/** BMPString with a closing zero, RFC 7292 annex B.1. */
export function bmpPassword(password: string): Buffer {
  const text = Buffer.from(`${password}\0`, "utf16le");
  return text.swap16();
}

/** `bytes` over and over, to the next multiple of the block. */
function stretch(bytes: Uint8Array, blockLen: number): Buffer {
  const len = blockLen * Math.ceil(bytes.length / blockLen);
  return Buffer.from(Array.from({ length: len }, (_, at) => bytes[at % bytes.length] ?? 0));
}

/**
 * HMAC over the content, with a key of so many hashes. One hash's output is as long as the key that is needed, so that annex B.2 takes its first block only.
 *
 * @throws OperationError UNSUPPORTED_OPERATION
 */
export function pkcs12Mac(
  algorithm: string,
  password: string,
  salt: Uint8Array,
  iterations: number,
  content: Uint8Array,
): Buffer {
  const hash = HASHES[algorithm];
  if (hash === undefined) throw new OperationError("UNSUPPORTED_OPERATION", { operation: `MAC ${algorithm}` });
  const diversifier = Buffer.alloc(hash.blockLen, FOR_MAC);
  const secret = bmpPassword(password);
  let key = createHash(hash.name)
    .update(diversifier)
    .update(stretch(salt, hash.blockLen))
    .update(stretch(secret, hash.blockLen))
    .digest();
  for (let round = 1; round < iterations; round++) key = createHash(hash.name).update(key).digest();
  secret.fill(0);
  const mac = createHmac(hash.name, key).update(content).digest();
  key.fill(0);
  return mac;
}
