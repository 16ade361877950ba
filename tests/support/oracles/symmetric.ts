/** SM3, HMAC, HKDF, PBKDF2 and SM4 as Node's OpenSSL has them. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from "node:crypto";

export const sm3 = (data: Uint8Array): Buffer => createHash("sm3").update(data).digest();

export const hmacSm3 = (key: Uint8Array, data: Uint8Array): Buffer => createHmac("sm3", key).update(data).digest();

export const hkdfSm3 = (key: Uint8Array, salt: Uint8Array, info: Uint8Array, len: number): Buffer =>
  Buffer.from(hkdfSync("sm3", key, salt, info, len));

export const pbkdf2Sm3 = (password: Uint8Array, salt: Uint8Array, iterations: number, len: number): Buffer =>
  pbkdf2Sync(password, salt, iterations, len, "sm3");

/** The product in GCM's field, bit by bit: NIST SP 800-38D clause 6.3. */
export function multiply(x: bigint, y: bigint): bigint {
  let [product, shifted] = [0n, y];
  for (let i = 127n; i >= 0n; i--) {
    if ((x >> i) & 1n) product ^= shifted;
    shifted = (shifted >> 1n) ^ ((shifted & 1n) * (0xe1n << 120n));
  }
  return product;
}

export const toBlock = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(32, "0"), "hex");
export const toValue = (block: Uint8Array): bigint => BigInt(`0x${Buffer.from(block).toString("hex") || "0"}`);

/** Of two strings, each filled with zeros to whole blocks, and their lengths. */
export function ghash(h: bigint, first: Uint8Array, second: Uint8Array): bigint {
  let y = 0n;
  const take = (block: Uint8Array) => {
    const filled = Buffer.alloc(16);
    filled.set(block);
    y = multiply(y ^ toValue(filled), h);
  };
  for (const each of [first, second]) for (let at = 0; at < each.length; at += 16) take(each.subarray(at, at + 16));
  take(toBlock((BigInt(first.length * 8) << 64n) | BigInt(second.length * 8)));
  return y;
}

/** Counters of 32 bits on Node's block cipher. */
export function sm4Ctr32(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Buffer {
  const start = toValue(counter);
  const upper = (start >> 32n) << 32n;
  const counters = Array.from({ length: Math.ceil(data.length / 16) }, (_, i) =>
    toBlock(upper | ((start + BigInt(i)) & 0xffffffffn)),
  );
  const stream = sm4Encrypt("sm4-ecb", key, null, Buffer.concat(counters), false);
  return Buffer.from(data.map((byte, i) => byte ^ (stream[i] ?? 0)));
}

/** Ciphertext ‖ tag, slowly, as NIST SP 800-38D clause 7.1 has it. */
export function sm4Gcm(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, aad: Uint8Array): Buffer {
  const h = toValue(sm4Encrypt("sm4-ecb", key, null, Buffer.alloc(16), false));
  const first =
    nonce.length === 12 ? Buffer.concat([nonce, Buffer.of(0, 0, 0, 1)]) : toBlock(ghash(h, Buffer.alloc(0), nonce));
  const stream = sm4Ctr32(key, first, Buffer.concat([Buffer.alloc(16), plain]));
  const sealed = stream.subarray(16);
  return Buffer.concat([sealed, toBlock(ghash(h, aad, sealed) ^ toValue(stream.subarray(0, 16)))]);
}

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
