import type { GcmRun, OpenedGcmRun } from "./run.ts";

/** Options of SM2 signing and verification. */
export interface Sm2SignOptions {
  /** Distinguishing id (可辨别标识), GM/T 0009 clause 10: text (UTF-8) or bytes, below 8192 bytes. Default 1234567812345678. */
  readonly id?: string | Uint8Array;
}

/** A running SM3, GB/T 32905-2016. Its state stays in a byte array until it is collected: not for secrets. */
export interface Sm3 {
  update(data: Uint8Array): this;
  /** 32 bytes. The state stays usable: more may be fed, and the digest taken again. */
  digest(): Uint8Array<ArrayBuffer>;
  clone(): Sm3;
  /** 104 bytes from which `createSm3` goes on, in this version of the program only. As secret as what was fed. */
  save(): Uint8Array<ArrayBuffer>;
}

/** A private key made ready: what signing needs of it is computed once. Its secrets stay in a byte array until `close`. */
export interface Sm2Signer {
  /** 65 bytes, 04 ‖ x ‖ y. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** As sm2Sign with this key and id. Error after `close`. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer>;
  /** As sm2SignDigest. Error after `close`. */
  signDigest(e: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Wipes the key. A second call does nothing. */
  close(): void;
}

/**
 * The cryptography of this house, bytes in and bytes out. Wrong shapes throw RangeError or TypeError in plain words;
 * what a sender may have forged comes back as false or null.
 */
export interface Gm {
  /** SM3 (杂凑), 32 bytes. GB/T 32905-2016 clause 5. */
  sm3(data: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * SM3 of each message, 32 bytes each, in the order of the messages: any number of them, of any length. Three or four of the same number of
   * 64-byte blocks (with their padding) go side by side, in about half the time; the others one after the other.
   */
  sm3Many(messages: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[];
  /** A running SM3; where `saved` is given, from where that was saved. RangeError where it is not of 104 bytes. */
  createSm3(saved?: Uint8Array): Sm3;
  /** HMAC-SM3, 32 bytes. RFC 2104 with SM3. */
  hmacSm3(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer>;
  /** HKDF-SM3, RFC 5869 clause 2. `len` from 1 to 8160 bytes. */
  hkdfSm3(key: Uint8Array, salt: Uint8Array, info: Uint8Array, len: number): Uint8Array<ArrayBuffer>;
  /** PBKDF2-HMAC-SM3, RFC 8018 clause 5.2. `iterations` and `len` from 1 to 2³¹ − 1. */
  pbkdf2Sm3(password: Uint8Array, salt: Uint8Array, iterations: number, len: number): Uint8Array<ArrayBuffer>;
  /** SM4-ECB, PKCS#7 padding. Key 16 bytes. GB/T 17964-2021 clause 5. */
  sm4EcbEncrypt(key: Uint8Array, data: Uint8Array, options?: { readonly padding?: boolean }): Uint8Array<ArrayBuffer>;
  /** Null where the padding is wrong. */
  sm4EcbDecrypt(
    key: Uint8Array,
    data: Uint8Array,
    options?: { readonly padding?: boolean },
  ): Uint8Array<ArrayBuffer> | null;
  /** SM4-CBC, PKCS#7 padding. Key and iv 16 bytes. GB/T 17964-2021 clause 6. */
  sm4CbcEncrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Null where the length or the padding is wrong. */
  sm4CbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> | null;
  /**
   * SM4-CTR, any length; the same call decrypts. Key 16 bytes. `counter`: the first counter block, 16 bytes, big-endian, counted up
   * modulo 2¹²⁸. One that is used twice under the same key gives both plaintexts away. GB/T 17964-2021 clause 9.
   */
  sm4Ctr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * SM4-GCM: ciphertext ‖ tag, 16 bytes more than the plaintext. Key 16 bytes; nonce of any length from 1 byte on, 12 being usual.
   * One that is used twice under the same key gives plaintexts and the power to forge away. NIST SP 800-38D, RFC 8998 clause 3.2.
   */
  sm4GcmEncrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Takes ciphertext ‖ tag; null where they, nonce or aad are not what was encrypted, or shorter than a tag. */
  sm4GcmDecrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    aad?: Uint8Array,
  ): Uint8Array<ArrayBuffer> | null;
  /**
   * Seals several SM4-GCM messages of one key and one length, without associated data, in the memory that they came in: the plaintext of each and 16
   * bytes of room for its tag. The SM3 of each ciphertext ‖ tag, 32 bytes. Key 16 bytes; one nonce for each message, as for `sm4GcmEncrypt`.
   */
  sm4GcmEncryptRun(
    key: Uint8Array,
    nonces: readonly Uint8Array[],
    messages: Uint8Array<ArrayBuffer>,
  ): readonly Uint8Array<ArrayBuffer>[];
  /**
   * Opens several SM4-GCM messages of one key, without associated data, in the memory that they came in; hashes what is asked for. Null where one of
   * them, or its nonce, is not what was encrypted: then `sealed` is all zeros. Key 16 bytes.
   */
  sm4GcmDecryptRun(key: Uint8Array, run: GcmRun): OpenedGcmRun | null;
  /** CRC-32 of the bytes behind those whose CRC-32 is `soFar`, 0 to 2³² − 1: ISO 3309, as ZIP has it. A checksum: it keeps nobody from changing anything. */
  crc32(bytes: Uint8Array, soFar: number): number;
  /** A fresh key pair: 32 bytes in [1, n − 2] and 04 ‖ x ‖ y. GB/T 32918.1-2016 clause 6.1. */
  sm2KeyPair(): { privateKey: Uint8Array<ArrayBuffer>; publicKey: Uint8Array<ArrayBuffer> };
  /** 65 bytes, 04 ‖ x ‖ y. RangeError where the private key is not in [1, n − 2]. */
  sm2PublicKey(privateKey: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * r ‖ s, 64 bytes. GB/T 32918.2-2016 clause 6.1. The nonce is that of RFC 6979 with SM3 and fresh randomness mixed in
   * (clause 3.6), so two signatures of one message differ.
   */
  sm2Sign(privateKey: Uint8Array, message: Uint8Array, options?: Sm2SignOptions): Uint8Array<ArrayBuffer>;
  /** For many signatures by one key: little more than half the time. RangeError where the private key is not in [1, n − 2]. To be closed. */
  sm2Signer(privateKey: Uint8Array, options?: Sm2SignOptions): Sm2Signer;
  /** GB/T 32918.2-2016 clause 7.1. A key that comes again is remembered, and verified with in a third of the time. False for anything that is not a signature of that message by that key. */
  sm2Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array, options?: Sm2SignOptions): boolean;
  /** As sm2Sign over e = SM3(Z ‖ M), 32 bytes. */
  sm2SignDigest(privateKey: Uint8Array, e: Uint8Array): Uint8Array<ArrayBuffer>;
  sm2VerifyDigest(publicKey: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean;
  /** Z of GB/T 32918.2-2016 clause 5.5, 32 bytes. */
  za(publicKey: Uint8Array, id?: string | Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * 04 ‖ C1 ‖ C3 ‖ C2, 97 bytes more than the plaintext. GB/T 32918.4-2016 clause 6.1. RangeError for a plaintext of no bytes
   * (its key stream is empty, which step A5 refuses) and for a public key off the curve.
   */
  sm2Encrypt(publicKey: Uint8Array, plaintext: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Takes 04 ‖ C1 ‖ C3 ‖ C2; null where it was not made for this key, or altered. */
  sm2Decrypt(privateKey: Uint8Array, ciphertext: Uint8Array): Uint8Array<ArrayBuffer> | null;
}
