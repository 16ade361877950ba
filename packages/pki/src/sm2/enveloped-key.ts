import type { Gm } from "@certbridge/gm";
import { algorithmOf, nullAlgorithm } from "../algorithm.ts";
import { bitsOf, bitString, checkDer, element, malformed, partsOf, sameBytes, SEQUENCE } from "../der.ts";
import { oid } from "../oid.ts";
import { encodeCiphertext, parseCiphertext } from "./ciphertext.ts";
import { readPoint } from "./keys.ts";

const WHAT = "enveloped key";
const MAX_LEN = 2048;
const KEY_LEN = 32;
const BLOCK_LEN = 16;

/** Both names occur for ECB: 104.1, and 104, which names the cipher alone. */
const ALGORITHMS: readonly string[] = [oid.sm4Ecb, oid.sm4];

/**
 * SM2EnvelopedKey (加密密钥对保护结构), GM/T 0009-2012 clause 7.4: how a CA hands over the encryption key pair, for the holder of
 * the signing key alone. SM4-ECB without padding over the 32 bytes of the private key.
 *
 * @param recipient the signing public key, 65 bytes
 * @param fileKey   16 fresh random bytes
 */
export function encodeEnvelopedKey(
  gm: Gm,
  recipient: Uint8Array,
  pair: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
  fileKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (pair.privateKey.length !== KEY_LEN) throw new RangeError('"pair.privateKey" expected 32 bytes');
  return element(
    SEQUENCE,
    nullAlgorithm(oid.sm4Ecb),
    encodeCiphertext(gm.sm2Encrypt(recipient, fileKey)),
    bitString(pair.publicKey),
    bitString(gm.sm4EcbEncrypt(fileKey, pair.privateKey, { padding: false })),
  );
}

/** An SM2EnvelopedKey in its parts, which only the signing key can open. */
export interface EnvelopedKey {
  /** The symmetric key, encrypted for the signing key: 04 ‖ C1 ‖ C3 ‖ C2. */
  readonly sealedKey: Uint8Array<ArrayBuffer>;
  /** Of the pair inside: 04 ‖ x ‖ y, 65 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Its private key under SM4-ECB. */
  readonly sealed: Uint8Array;
}

/** @throws OperationError MALFORMED where the structure, the algorithm or the point is broken */
export function parseEnvelopedKey(der: Uint8Array): EnvelopedKey {
  checkDer(der, MAX_LEN, WHAT);
  const [algorithm, sealedKey, publicBits, privateBits, more] = partsOf(der, SEQUENCE, WHAT);
  if (sealedKey === undefined || more !== undefined) throw malformed(WHAT);
  if (!ALGORITHMS.includes(algorithmOf(algorithm, WHAT))) throw malformed(WHAT);
  const publicKey = readPoint(bitsOf(publicBits, WHAT));
  return { sealedKey: parseCiphertext(sealedKey), publicKey, sealed: bitsOf(privateBits, WHAT) };
}

/**
 * The encryption private key, 32 bytes; null where it was not made for this signing key.
 *
 * @throws OperationError MALFORMED where the structure or the algorithm is broken, or the key inside does not belong to the
 * public key beside it
 */
export function openEnvelopedKey(gm: Gm, der: Uint8Array, signingKey: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const { sealedKey, publicKey, sealed } = parseEnvelopedKey(der);
  const fileKey = gm.sm2Decrypt(signingKey, sealedKey);
  if (fileKey === null) return null;
  if (fileKey.length !== BLOCK_LEN) throw malformed(WHAT);
  const plain = gm.sm4EcbDecrypt(fileKey, sealed, { padding: false });
  fileKey.fill(0);
  if (plain === null) throw malformed(WHAT);
  const keys = candidates(plain);
  plain.fill(0);
  const found = keys.find((key) => isKeyOf(gm, key, publicKey));
  for (const key of keys) if (key !== found) key.fill(0);
  if (found === undefined) throw malformed(WHAT);
  return found;
}

/**
 * What the plaintext may mean; the public key beside it decides. By the standard it is the 32 bytes. CAs also write the number
 * with its sign byte (33) or without its leading zero (31), padded to whole blocks by PKCS#7 or zeros, or right-aligned in the 64
 * bytes of a token's blob.
 */
function candidates(plain: Uint8Array): readonly Uint8Array<ArrayBuffer>[] {
  const padLen = plain.at(-1) ?? 0;
  const padded = padLen >= 1 && padLen <= BLOCK_LEN && plain.subarray(-padLen).every((byte) => byte === padLen);
  const numbers = [plain, ...[KEY_LEN + 1, KEY_LEN, KEY_LEN - 1].map((len) => plain.subarray(0, len))];
  if (padded) numbers.push(plain.subarray(0, -padLen));
  return numbers.flatMap((number) => {
    const digits = number.subarray(number.findIndex((byte) => byte !== 0));
    if (digits.length > KEY_LEN) return [];
    const key = new Uint8Array(KEY_LEN);
    key.set(digits, KEY_LEN - digits.length);
    return [key];
  });
}

/** Whether the private key, 32 bytes of anything, is the one of this public key. */
export function isKeyOf(gm: Pick<Gm, "sm2PublicKey">, privateKey: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return sameBytes(gm.sm2PublicKey(privateKey), publicKey);
  } catch (error) {
    // Out of [1, n − 2]: not a key at all.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
