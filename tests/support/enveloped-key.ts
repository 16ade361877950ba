/** Encryption pairs as CAs hand them over for a USB key, written here by hand: with 32 or 64 bytes of private key, as DER or as the structure of SKF. */
import type { Gm } from "@certbridge/gm";
import { element, encodeCiphertext } from "@certbridge/pki";

export interface EnvelopedPair {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** AlgorithmIdentifier of SM4-ECB, 1.2.156.10197.1.104.1. */
const SM4_ECB = Buffer.from("300c06082a811ccf550168010500", "hex");

const zeros = (len: number) => new Uint8Array(len);

/** 256 bits at the end of 64 bytes. */
const slot = (value: Uint8Array) => Buffer.concat([zeros(32), value]);

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

const bits = (contents: Uint8Array) => element(0x03, zeros(1), contents);

/** @param plainLen what is encrypted: the key alone, or zeros before it */
function sealPair(gm: Gm, to: Uint8Array, { privateKey }: EnvelopedPair, plainLen: 32 | 64) {
  const fileKey = crypto.getRandomValues(new Uint8Array(16));
  const plain = plainLen === 64 ? slot(privateKey) : privateKey;
  return { raw: gm.sm2Encrypt(to, fileKey), sealed: gm.sm4EcbEncrypt(fileKey, plain, { padding: false }) };
}

/** SM2EnvelopedKey, GM/T 0009-2012 clause 7.4. @param to the signing public key, 65 bytes */
export function envelopedDer(gm: Gm, to: Uint8Array, pair: EnvelopedPair, plainLen: 32 | 64): Uint8Array {
  const { raw, sealed } = sealPair(gm, to, pair, plainLen);
  return element(0x30, SM4_ECB, encodeCiphertext(raw), bits(pair.publicKey), bits(sealed));
}

/** ENVELOPEDKEYBLOB with ULONG of 4 bytes, GM/T 0016-2012 clause 6.4.10. */
export function envelopedBlob(gm: Gm, to: Uint8Array, pair: EnvelopedPair, plainLen: 32 | 64): Uint8Array {
  const { raw, sealed } = sealPair(gm, to, pair, plainLen);
  return Buffer.concat([
    number(1),
    number(0x401),
    number(256),
    sealed,
    zeros(64 - sealed.length),
    number(256),
    slot(pair.publicKey.subarray(1, 33)),
    slot(pair.publicKey.subarray(33)),
    slot(raw.subarray(1, 33)),
    slot(raw.subarray(33, 65)),
    raw.subarray(65, 97),
    number(16),
    raw.subarray(97),
  ]);
}
