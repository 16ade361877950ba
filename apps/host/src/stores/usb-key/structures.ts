/**
 * What stands in SKF's structures (GM/T 0016-2012 clause 6.4): read from the bytes that a library wrote, and made for it. What a library writes is checked
 * as strictly as anything that comes from outside.
 */
import { type Layout, SLOT_LEN, type StructureName, structureOf } from "./layout.ts";

/** Bytes of a coordinate or a scalar of SM2. */
const COORDINATE_LEN = 32;
const SM2_BITS = 256;

/** What a library is given beyond the structure: one that believes its ULONG wider writes further. */
const SPARE_LEN = 512;

/** Bytes of a block of SM4, and of an SM3 value. */
const BLOCK_LEN = 16;
const HASH_LEN = 32;

/** A library filled a structure with what cannot be there. */
export class StructureError extends Error {
  override readonly name = "StructureError";
}

/** What GetDevInfo tells. Strings as the library's bytes, up to the first zero: in which encoding nobody says. */
export interface DeviceInfo {
  readonly manufacturer: Uint8Array;
  readonly issuer: Uint8Array;
  readonly label: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly hardware: string;
  readonly firmware: string;
  readonly symmetricAlgorithms: number;
  readonly asymmetricAlgorithms: number;
  readonly hashAlgorithms: number;
  readonly authAlgorithm: number;
}

/** C1 ‖ C3 ‖ C2 of GM/T 0003.4 in its parts: a point's coordinates, 32 bytes each, hash, 32 bytes, and cipher. */
export interface CipherParts {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  readonly hash: Uint8Array;
  readonly cipher: Uint8Array;
}

export interface EnvelopedKeyParts {
  /** Algorithm id of the symmetric cipher, ECB mode. */
  readonly algorithm: number;
  readonly encryptedPrivateKey: Uint8Array;
  /** 04 ‖ x ‖ y, 65 bytes. */
  readonly publicKey: Uint8Array;
  /** The symmetric key, encrypted for the container's signing key. */
  readonly key: CipherParts;
}

/** 04 ‖ x ‖ y ‖ hash ‖ cipher in its parts. */
export function cipherPartsOf(raw: Uint8Array): CipherParts {
  const pointLen = 1 + 2 * COORDINATE_LEN;
  return {
    x: raw.slice(1, 1 + COORDINATE_LEN),
    y: raw.slice(1 + COORDINATE_LEN, pointLen),
    hash: raw.slice(pointLen, pointLen + HASH_LEN),
    cipher: raw.slice(pointLen + HASH_LEN),
  };
}

/** What a function takes as room and length. */
export interface Sized {
  readonly bytes: Buffer;
  readonly len: number;
}

type Fill = (field: string, value: number | Uint8Array) => void;

/** Structures as one library has them. */
export interface Structures {
  /** Zeroed room for one, with some more behind it. */
  room(name: StructureName): Buffer;
  deviceInfo(bytes: Buffer): DeviceInfo;
  /** 04 ‖ x ‖ y, 65 bytes. @throws StructureError */
  publicKey(bytes: Buffer): Uint8Array;
  /** r ‖ s, 64 bytes. @throws StructureError */
  signature(bytes: Buffer): Uint8Array;
  /** ECCCIPHERBLOB, as long as its cipher makes it. */
  cipher(parts: CipherParts): Sized;
  /** BLOCKCIPHERPARAM without padding. @param iv 16 bytes */
  cipherParameters(iv: Uint8Array): Buffer;
  /** ENVELOPEDKEYBLOB. */
  envelopedKey(parts: EnvelopedKeyParts): Buffer;
}

function text(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return bytes.slice(0, end < 0 ? bytes.length : end);
}

/** A value of 256 bits at the end of its slot (clause 6.4.6 and following: big-endian, zeros before it). */
function readSlot(slot: Uint8Array, what: string): Uint8Array {
  const before = SLOT_LEN - COORDINATE_LEN;
  if (slot.subarray(0, before).some((byte) => byte !== 0)) throw new StructureError(`${what} is longer than 256 bits`);
  return slot.slice(before);
}

export function structuresOf(layout: Layout): Structures {
  function spanOf(name: StructureName, field: string) {
    const span = structureOf(name, layout).fields.get(field);
    if (span === undefined) throw new RangeError(`${name} has no field ${field}`);
    return span;
  }

  function read(name: StructureName, bytes: Buffer) {
    const structure = structureOf(name, layout);
    if (bytes.length < structure.len) throw new RangeError(`${name} expected ${structure.len} bytes`);
    const part = (field: string): Buffer => {
      const { at, len } = spanOf(name, field);
      return bytes.subarray(at, at + len);
    };
    // Of a wide ULONG nothing that is ever there needs more than the lower half.
    return { part, ulong: (field: string) => part(field).readUInt32LE(0) };
  }

  function make(name: StructureName, len: number, build: (fill: Fill) => void): Buffer {
    const bytes = Buffer.alloc(len + SPARE_LEN);
    build((field, value) => {
      const { at, len: room } = spanOf(name, field);
      if (typeof value === "number") bytes.writeUInt32LE(value, at);
      else if (value.length > room) throw new RangeError(`${name}.${field} has room for ${room} bytes`);
      else bytes.set(value, at);
    });
    return bytes;
  }

  /** At the end of its slot. */
  function slot(value: Uint8Array): Uint8Array {
    if (value.length !== COORDINATE_LEN) throw new RangeError("a value of 256 bits was expected");
    const wide = new Uint8Array(SLOT_LEN);
    wide.set(value, SLOT_LEN - COORDINATE_LEN);
    return wide;
  }

  function fillPoint(fill: Fill, before: string, x: Uint8Array, y: Uint8Array): void {
    fill(`${before}x`, slot(x));
    fill(`${before}y`, slot(y));
  }

  function fillCipher(fill: Fill, before: string, { x, y, hash, cipher }: CipherParts): void {
    if (hash.length !== HASH_LEN) throw new RangeError("a hash of 32 bytes was expected");
    fillPoint(fill, before, x, y);
    fill(`${before}hash`, hash);
    fill(`${before}cipherLen`, cipher.length);
  }

  /** How long a structure is that ends with a cipher of so many bytes. */
  function lenWithCipher(name: StructureName, field: string, cipherLen: number): number {
    return Math.max(structureOf(name, layout).len, spanOf(name, field).at + cipherLen);
  }

  return {
    room: (name) => Buffer.alloc(structureOf(name, layout).len + SPARE_LEN),

    deviceInfo(bytes) {
      const { part, ulong } = read("DEVINFO", bytes);
      const version = (field: string) => `${part(`${field}.major`)[0]}.${part(`${field}.minor`)[0]}`;
      return {
        manufacturer: text(part("manufacturer")),
        issuer: text(part("issuer")),
        label: text(part("label")),
        serialNumber: text(part("serialNumber")),
        hardware: version("hardware"),
        firmware: version("firmware"),
        symmetricAlgorithms: ulong("symmetricAlgorithms"),
        asymmetricAlgorithms: ulong("asymmetricAlgorithms"),
        hashAlgorithms: ulong("hashAlgorithms"),
        authAlgorithm: ulong("authAlgorithm"),
      };
    },

    publicKey(bytes) {
      const { part, ulong } = read("ECCPUBLICKEYBLOB", bytes);
      if (ulong("bits") !== SM2_BITS) throw new StructureError("a public key of another length than 256 bits");
      return Buffer.concat([Uint8Array.of(4), readSlot(part("x"), "x"), readSlot(part("y"), "y")]);
    },

    signature(bytes) {
      const { part } = read("ECCSIGNATUREBLOB", bytes);
      return Buffer.concat([readSlot(part("r"), "r"), readSlot(part("s"), "s")]);
    },

    cipher(parts) {
      const len = lenWithCipher("ECCCIPHERBLOB", "cipher", parts.cipher.length);
      const bytes = make("ECCCIPHERBLOB", len, (fill) => fillCipher(fill, "", parts));
      bytes.set(parts.cipher, spanOf("ECCCIPHERBLOB", "cipher").at);
      return { bytes, len };
    },

    cipherParameters(iv) {
      if (iv.length !== BLOCK_LEN) throw new RangeError("an initial vector of 16 bytes was expected");
      return make("BLOCKCIPHERPARAM", structureOf("BLOCKCIPHERPARAM", layout).len, (fill) => {
        fill("iv", iv);
        fill("ivLen", iv.length);
      }).subarray(0, structureOf("BLOCKCIPHERPARAM", layout).len);
    },

    envelopedKey({ algorithm, encryptedPrivateKey, publicKey, key }) {
      if (publicKey.length !== 1 + 2 * COORDINATE_LEN || publicKey[0] !== 4)
        throw new RangeError("an uncompressed point was expected");
      const len = lenWithCipher("ENVELOPEDKEYBLOB", "cipher.cipher", key.cipher.length);
      const bytes = make("ENVELOPEDKEYBLOB", len, (fill) => {
        fill("version", 1);
        fill("symmetricAlgorithm", algorithm);
        fill("bits", SM2_BITS);
        fill("encryptedPrivateKey", encryptedPrivateKey);
        fill("publicKey.bits", SM2_BITS);
        fillPoint(fill, "publicKey.", publicKey.slice(1, 1 + COORDINATE_LEN), publicKey.slice(1 + COORDINATE_LEN));
        fillCipher(fill, "cipher.", key);
      });
      bytes.set(key.cipher, spanOf("ENVELOPEDKEYBLOB", "cipher.cipher").at);
      return bytes;
    },
  };
}
