/**
 * An encryption pair as CAs hand it over for a USB key, for the holder of its signing key alone: SM2EnvelopedKey (GM/T 0009-2012 clause 7.4), or the structure that
 * ImportECCKeyPair takes, ENVELOPEDKEYBLOB (GM/T 0016-2012 clause 6.4.10), as its bytes. Nothing in it can be opened here: the key does that.
 */
import { parseEnvelopedKey } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { SM4 } from "./codes.ts";
import { type Layout, layouts, SLOT_LEN, structureOf } from "./layout.ts";
import { cipherPartsOf, type EnvelopedKeyParts } from "./structures.ts";

const VALUE_LEN = 32;
const SM2_BITS = 256;
/** Bytes of the symmetric key. */
const KEY_LEN = 16;

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Null where the bytes are no ENVELOPEDKEYBLOB of this layout. */
function readBlob(content: Uint8Array, layout: Layout): EnvelopedKeyParts | null {
  const { fields } = structureOf("ENVELOPEDKEYBLOB", layout);
  const file = Buffer.from(content);
  const spanOf = (field: string) => fields.get(field) ?? { at: 0, len: 0 };
  const number = (field: string) => file.readUInt32LE(spanOf(field).at);
  const value = (field: string) =>
    new Uint8Array(file.subarray(spanOf(field).at + SLOT_LEN - VALUE_LEN).subarray(0, VALUE_LEN));
  const cipherAt = spanOf("cipher.cipher").at;
  if (file.length < cipherAt + KEY_LEN) return null;
  const isThis = number("version") === 1 && number("bits") === SM2_BITS && number("publicKey.bits") === SM2_BITS;
  if (!isThis || number("symmetricAlgorithm") !== SM4.ecb || number("cipher.cipherLen") !== KEY_LEN) return null;
  const { at, len } = spanOf("encryptedPrivateKey");
  const sealed = new Uint8Array(file.subarray(at, at + len));
  const hash = spanOf("cipher.hash");
  return {
    algorithm: SM4.ecb,
    // A key that was encrypted alone stands at the beginning, and nothing behind it.
    encryptedPrivateKey: isZero(sealed.subarray(VALUE_LEN)) ? sealed.slice(0, VALUE_LEN) : sealed,
    publicKey: Uint8Array.from([4, ...value("publicKey.x"), ...value("publicKey.y")]),
    key: {
      x: value("cipher.x"),
      y: value("cipher.y"),
      hash: new Uint8Array(file.subarray(hash.at, hash.at + hash.len)),
      cipher: new Uint8Array(file.subarray(cipherAt, cipherAt + KEY_LEN)),
    },
  };
}

/** @throws OperationError MALFORMED where it is neither */
export function readEnveloped(content: Uint8Array): EnvelopedKeyParts {
  for (const layout of layouts) {
    const blob = readBlob(content, layout);
    if (blob !== null) return blob;
  }
  const { sealedKey, publicKey, sealed } = parseEnvelopedKey(content);
  if (sealed.length < VALUE_LEN) throw new OperationError("MALFORMED", { what: "enveloped key" });
  return { algorithm: SM4.ecb, encryptedPrivateKey: new Uint8Array(sealed), publicKey, key: cipherPartsOf(sealedKey) };
}

/** What the key is given for the private key, and what it must take it for. */
export interface Arrangement {
  readonly plainLen: 64 | 32;
  readonly bytes: Uint8Array;
}

/**
 * In which forms the encrypted private key can be given. Blocks of ECB stand each for itself: of the array of 64 bytes the last half is the key alone. The other
 * way round it does not go: how zeros are encrypted only the key itself could tell.
 *
 * @param first the form to begin with
 */
export function arrangementsOf(encrypted: Uint8Array, first: 64 | 32): readonly Arrangement[] {
  const alone = (from: number): Arrangement => ({ plainLen: 32, bytes: encrypted.slice(from, from + VALUE_LEN) });
  if (encrypted.length < SLOT_LEN) return [alone(0)];
  const whole: Arrangement = { plainLen: 64, bytes: encrypted.slice(0, SLOT_LEN) };
  return first === 64 ? [whole, alone(VALUE_LEN)] : [alone(VALUE_LEN), whole];
}
