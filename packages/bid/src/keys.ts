/**
 * Keys of a bid package, from its file key and its header. docs/formats/bid-package.md, Keys
 *
 * HKDF is RFC 5869 with HMAC-SM3; the salt is SM3 of the header, so that another header gives other keys and another commitment.
 */
import type { Gm } from "@certbridge/gm";
import { notOpened } from "./refusals.ts";

/** Bytes of a file key (文件密钥), of a commitment, of an SM4 key, and of the part of a nonce that all segments have in common. */
export const FILE_KEY_LEN = 32;
export const COMMITMENT_LEN = 32;
const KEY_LEN = 16;
const PREFIX_LEN = 7;

const utf8 = new TextEncoder();
const COMMITMENT = utf8.encode("shared-certificate/bid/v1 commitment");
const PAYLOAD = utf8.encode("shared-certificate/bid/v1 payload");
const LEGACY = utf8.encode("shared-certificate/bid/v1 legacy");

/** What segments are sealed with. To be wiped by {@link wipeKeys}. */
export interface PayloadKeys {
  /** SM4, 16 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** 7 bytes. */
  readonly prefix: Uint8Array<ArrayBuffer>;
}

type Kdf = Pick<Gm, "sm3" | "hkdfSm3">;

function expand(gm: Kdf, fileKey: Uint8Array, header: Uint8Array, info: Uint8Array, len: number) {
  if (fileKey.length !== FILE_KEY_LEN) throw new RangeError(`"fileKey" expected ${FILE_KEY_LEN} bytes`);
  return gm.hkdfSm3(fileKey, gm.sm3(header), info, len);
}

/**
 * The key commitment (密钥承诺), 32 bytes: public, and of no other file key or header.
 *
 * @param fileKey 32 bytes; RangeError else
 * @param header the bytes of `header.json`
 */
export function commitmentOf(gm: Kdf, fileKey: Uint8Array, header: Uint8Array): Uint8Array<ArrayBuffer> {
  return expand(gm, fileKey, header, COMMITMENT, COMMITMENT_LEN);
}

/** What the segments are sealed with. Parameters and errors as of {@link commitmentOf}. */
export function payloadKeys(gm: Kdf, fileKey: Uint8Array, header: Uint8Array): PayloadKeys {
  const both = expand(gm, fileKey, header, PAYLOAD, KEY_LEN + PREFIX_LEN);
  const keys = { key: both.slice(0, KEY_LEN), prefix: both.slice(KEY_LEN) };
  both.fill(0);
  return keys;
}

/** The content-encryption key of a package in the legacy profile, 16 bytes, the caller's to wipe. Parameters and errors as of {@link commitmentOf}. */
export function legacyContentKey(gm: Kdf, fileKey: Uint8Array, header: Uint8Array): Uint8Array<ArrayBuffer> {
  return expand(gm, fileKey, header, LEGACY, KEY_LEN);
}

/** Whether the file key and the header have this commitment: to be asked before anything is decrypted. False for other lengths. */
export function isCommitted(gm: Kdf, fileKey: Uint8Array, header: Uint8Array, commitment: Uint8Array): boolean {
  if (fileKey.length !== FILE_KEY_LEN || commitment.length !== COMMITMENT_LEN) return false;
  // All bytes are looked at: a commitment is public, but what an altered key block would have committed to is not.
  let difference = 0;
  for (const [at, byte] of commitmentOf(gm, fileKey, header).entries()) difference |= byte ^ (commitment[at] ?? 0);
  return difference === 0;
}

/**
 * The keys of a package that has this commitment.
 *
 * @throws OperationError BID_NOT_OPENED where it is another file key's or header's
 */
export function openKeys(gm: Kdf, fileKey: Uint8Array, header: Uint8Array, commitment: Uint8Array): PayloadKeys {
  if (!isCommitted(gm, fileKey, header, commitment)) throw notOpened();
  return payloadKeys(gm, fileKey, header);
}

/** Zeros in place of the keys. */
export function wipeKeys({ key, prefix }: PayloadKeys): void {
  key.fill(0);
  prefix.fill(0);
}
