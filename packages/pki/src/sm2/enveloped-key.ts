import type { Gm } from "@certbridge/gm";
import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import { BIT_STRING, checkDer, contentOf, element, elementsOf, malformed, sameBytes, SEQUENCE } from "../der.ts";
import { oid } from "../oid.ts";
import { encodeCiphertext, parseCiphertext } from "./ciphertext.ts";
import { padPrivateKey } from "./keys.ts";

const WHAT = "enveloped key";

/**
 * SM2EnvelopedKey (加密密钥对保护结构), GM/T 0009-2012 clause 7.4: how a CA hands over the encryption key pair, for the holder of
 * the signing key alone. SM4-ECB without padding over the 32 bytes of the private key.
 *
 * @param recipient the signing public key, 65 bytes
 */
export function encodeEnvelopedKey(
  gm: Gm,
  recipient: Uint8Array,
  pair: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
  fileKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const algorithm = AsnConvert.serialize(new AlgorithmIdentifier({ algorithm: oid.sm4Ecb, parameters: null }));
  const bits = (bytes: Uint8Array) => element(BIT_STRING, Uint8Array.of(0), bytes);
  return element(
    SEQUENCE,
    new Uint8Array(algorithm),
    encodeCiphertext(gm.sm2Encrypt(recipient, fileKey)),
    bits(pair.publicKey),
    bits(gm.sm4EcbEncrypt(fileKey, pair.privateKey, { padding: false })),
  );
}

/**
 * The encryption private key, 32 bytes; null where it was not made for this signing key.
 *
 * @throws OperationError MALFORMED where the structure, the algorithm or the key inside is broken
 */
export function openEnvelopedKey(gm: Gm, der: Uint8Array, signingKey: Uint8Array): Uint8Array<ArrayBuffer> | null {
  checkDer(der, 2048, WHAT);
  const [algorithm, sealedKey, publicBits, privateBits] = elementsOf(der);
  if (algorithm === undefined || sealedKey === undefined || publicBits === undefined || privateBits === undefined) {
    throw malformed(WHAT);
  }
  const name = AsnConvert.parse(algorithm, AlgorithmIdentifier).algorithm;
  if (name !== oid.sm4Ecb && name !== oid.sm4) throw malformed(WHAT);
  const fileKey = gm.sm2Decrypt(signingKey, parseCiphertext(sealedKey));
  if (fileKey === null) return null;
  if (fileKey.length !== 16) throw malformed(WHAT);
  const sealed = contentOf(privateBits).subarray(1);
  const plain = gm.sm4EcbDecrypt(fileKey, sealed, { padding: false });
  fileKey.fill(0);
  if (plain === null) throw malformed(WHAT);
  const privateKey = padPrivateKey(plain.length > 33 ? plain.subarray(0, 32) : plain);
  if (!sameBytes(gm.sm2PublicKey(privateKey), contentOf(publicBits).subarray(1))) throw malformed(WHAT);
  return privateKey;
}
