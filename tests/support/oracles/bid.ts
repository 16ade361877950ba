/**
 * The bid package once more, written from docs/formats/bid-package.md alone: key schedule, segments, hashes and frame over Node's
 * OpenSSL and BigInt, slowly. It also writes what no page allows.
 */
import { createCipheriv } from "node:crypto";
import { crc32 } from "node:zlib";
import { hkdfSm3, multiply, sm3, sm4Encrypt, toBlock, toValue } from "./symmetric.ts";

const ascii = (text: string): Buffer => Buffer.from(text, "ascii");

/** Keys: HKDF of Node's OpenSSL, both infos. */
export function keySchedule(fileKey: Uint8Array, header: Uint8Array) {
  const salt = sm3(header);
  const both = hkdfSm3(fileKey, salt, ascii("shared-certificate/bid/v1 payload"), 23);
  return {
    commitment: hkdfSm3(fileKey, salt, ascii("shared-certificate/bid/v1 commitment"), 32),
    key: both.subarray(0, 16),
    prefix: both.subarray(16),
  };
}

/** SM3 in pieces. */
export function sm3InPieces(bytes: Uint8Array, pieceLen: number): Buffer {
  const digests: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLen) digests.push(sm3(bytes.subarray(at, at + pieceLen)));
  return sm3(Buffer.concat(digests));
}

export function nonceOf(prefix: Uint8Array, index: number, last: boolean): Buffer {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(index);
  return Buffer.concat([prefix, counter, Buffer.of(last ? 1 : 0)]);
}

/** GHASH of a ciphertext alone, by tables of the products of each byte: NIST SP 800-38D clause 6.4. */
function ghash(h: bigint, ciphertext: Uint8Array): bigint {
  const bits = Array.from({ length: 128 }, (_, bit) => multiply(1n << BigInt(bit), h));
  const tables = Array.from({ length: 16 }, (_, place) =>
    Array.from({ length: 256 }, (_, byte) =>
      bits.slice(8 * place, 8 * place + 8).reduce((sum, product, bit) => ((byte >> bit) & 1 ? sum ^ product : sum), 0n),
    ),
  );
  const times = (x: bigint): bigint => {
    let product = 0n;
    for (let place = 0; place < 16; place++, x >>= 8n) product ^= tables[place]?.[Number(x & 255n)] ?? 0n;
    return product;
  };
  let y = 0n;
  for (let at = 0; at < ciphertext.length; at += 16) y = times(y ^ toValue(ciphertext.subarray(at, at + 16)));
  return times(y ^ BigInt(ciphertext.length * 8));
}

/** SM4-GCM of whole blocks from SM4-CTR and GHASH, NIST SP 800-38D clause 7.1: ciphertext ‖ tag. */
export function seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array): Buffer {
  const h = toValue(sm4Encrypt("sm4-ecb", key, null, Buffer.alloc(16), false));
  const counter = (value: number) => Buffer.concat([nonce, Buffer.of(0, 0, 0, value)]);
  const mask = sm4Encrypt("sm4-ecb", key, null, counter(1), false);
  const cipher = createCipheriv("sm4-ctr", key, counter(2));
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([ciphertext, toBlock(ghash(h, ciphertext) ^ toValue(mask))]);
}

/** The first four bytes of a stream. */
export function countOf(value: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(value);
  return count;
}

/** An entry of the archive: its bytes, or only how many there are. */
export interface Entry {
  readonly name: string;
  readonly content: Uint8Array | number;
  readonly crc?: number;
}

/** Fields of a record, little-endian: "2 45 8 123" is 45 in two bytes and 123 in eight. */
function fields(text: string): Buffer {
  const numbers = text.split(" ").map(Number);
  const parts: Buffer[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const [len = 0, value = 0] = numbers.slice(at, at + 2);
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(BigInt(value));
    parts.push(field.subarray(0, len));
  }
  return Buffer.concat(parts);
}

const FULL = 0xffffffff;

/** Every stretch of the archive but contents that are only a number, with its offset; and the length of all. */
export function archiveOf(entries: readonly Entry[]): { readonly stretches: [number, Buffer][]; readonly len: number } {
  const stretches: [number, Buffer][] = [];
  const central: Buffer[] = [];
  let at = 0;
  let behind = false;
  const put = (bytes: Buffer) => {
    stretches.push([at, bytes]);
    at += bytes.length;
  };
  for (const { name, content, crc } of entries) {
    const big = name === "payload";
    const len = typeof content === "number" ? content : content.length;
    const sum = crc ?? (typeof content === "number" ? 0 : crc32(content));
    const size = big ? FULL : len;
    const extra = big ? fields(`2 1 2 16 8 ${len} 8 ${len}`) : Buffer.alloc(0);
    const shared = `2 0 2 0 2 0 2 33 4 ${sum} 4 ${size} 4 ${size} 2 ${name.length}`;
    const from = at;
    put(
      Buffer.concat([
        ascii("PK\x03\x04"),
        fields(`2 ${big ? 45 : 20} ${shared} 2 ${extra.length}`),
        ascii(name),
        extra,
      ]),
    );
    if (typeof content === "number") at += content;
    else put(Buffer.from(content));
    const own = behind ? fields(`2 1 2 8 8 ${from}`) : extra;
    central.push(
      ascii("PK\x01\x02"),
      fields(`2 45 2 ${big || behind ? 45 : 20} ${shared} 2 ${own.length} 2 0 2 0 2 0 4 0 4 ${behind ? FULL : from}`),
      ascii(name),
      own,
    );
    behind ||= big;
  }
  const directory = Buffer.concat(central);
  const count = entries.length;
  const directoryAt = at;
  put(
    Buffer.concat([
      directory,
      ascii("PK\x06\x06"),
      fields(`8 44 2 45 2 45 4 0 4 0 8 ${count} 8 ${count} 8 ${directory.length} 8 ${directoryAt}`),
      ascii("PK\x06\x07"),
      fields(`4 0 8 ${directoryAt + directory.length} 4 1`),
      ascii("PK\x05\x06"),
      fields(`2 0 2 0 2 ${count} 2 ${count} 4 ${directory.length} 4 ${FULL} 2 0`),
    ]),
  );
  return { stretches, len: at };
}
