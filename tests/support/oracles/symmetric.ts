/** SM3, HMAC, HKDF, PBKDF2 and SM4 as Node's OpenSSL has them. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from "node:crypto";

export const sm3 = (data: Uint8Array): Buffer => createHash("sm3").update(data).digest();

export const hmacSm3 = (key: Uint8Array, data: Uint8Array): Buffer => createHmac("sm3", key).update(data).digest();

export const hkdfSm3 = (key: Uint8Array, salt: Uint8Array, info: Uint8Array, len: number): Buffer =>
  Buffer.from(hkdfSync("sm3", key, salt, info, len));

export const pbkdf2Sm3 = (password: Uint8Array, salt: Uint8Array, iterations: number, len: number): Buffer =>
  pbkdf2Sync(password, salt, iterations, len, "sm3");

type Mode = "sm4-ecb" | "sm4-cbc" | "sm4-ctr";

/** `iv` null for ECB. */
export function sm4Encrypt(mode: Mode, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array, padding = true) {
  const cipher = createCipheriv(mode, key, iv).setAutoPadding(padding);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** Null where OpenSSL finds the padding wrong. */
export function sm4Decrypt(mode: Mode, key: Uint8Array, iv: Uint8Array | null, data: Uint8Array, padding = true) {
  const decipher = createDecipheriv(mode, key, iv).setAutoPadding(padding);
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    return null;
  }
}
