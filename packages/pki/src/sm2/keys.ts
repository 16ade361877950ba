import { checkKeyAlgorithm, keyAlgorithm } from "../algorithm.ts";
import {
  bitsOf,
  bitString,
  checkDer,
  contentsOf,
  element,
  malformed,
  objectIdentifier,
  OCTET_STRING,
  octetString,
  oidOf,
  partsOf,
  SEQUENCE,
  unsignedInteger,
  unsignedOf,
} from "../der.ts";
import { oid } from "../oid.ts";

/**
 * SM2 keys on their way in and out: SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7), PrivateKeyInfo (PKCS#8, RFC 5208) and
 * ECPrivateKey (SEC 1 C.4, RFC 5915). Private keys are 32 bytes, public keys 65: 04 ‖ x ‖ y. Whether a public key is a point of
 * the curve is for those to find out who use it.
 */

const MAX_LEN = 4096;
const PUBLIC = "public key";
const PRIVATE = "private key";

/** 65 bytes → SubjectPublicKeyInfo, DER. */
export function encodePublicKeyInfo(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, keyAlgorithm(), bitString(publicKey));
}

/** The inverse. @throws OperationError MALFORMED for another curve or form */
export function parsePublicKeyInfo(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, MAX_LEN, PUBLIC);
  const [algorithm, bits, more] = partsOf(der, SEQUENCE, PUBLIC);
  checkKeyAlgorithm(algorithm, PUBLIC);
  if (more !== undefined) throw malformed(PUBLIC);
  return readPoint(bitsOf(bits, PUBLIC));
}

/** A copy of an uncompressed point. @throws OperationError MALFORMED */
export function readPoint(point: Uint8Array): Uint8Array<ArrayBuffer> {
  if (point.length !== 65 || point[0] !== 4) throw malformed(PUBLIC);
  return new Uint8Array(point);
}

/** ECPrivateKey, DER; `curve` names the curve inside, as a file of its own needs it. */
function encodeEcPrivateKey(
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  ...curve: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const version = unsignedInteger(Uint8Array.of(1));
  return element(SEQUENCE, version, octetString(privateKey), ...curve, element(0xa1, bitString(publicKey)));
}

/** PrivateKeyInfo around ECPrivateKey with the public key in it. */
export function encodePrivateKeyInfo(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = octetString(encodeEcPrivateKey(privateKey, publicKey));
  return element(SEQUENCE, unsignedInteger(Uint8Array.of(0)), keyAlgorithm(), key);
}

/** The 32 bytes of the private key in PrivateKeyInfo. @throws OperationError MALFORMED for another curve or form */
export function parsePrivateKeyInfo(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, MAX_LEN, PRIVATE);
  const [version, algorithm, key] = partsOf(der, SEQUENCE, PRIVATE);
  unsignedOf(version, PRIVATE);
  checkKeyAlgorithm(algorithm, PRIVATE);
  const inner = contentsOf(key, OCTET_STRING, PRIVATE);
  checkDer(inner, MAX_LEN, PRIVATE);
  return readEcPrivateKey(inner, null);
}

/** ECPrivateKey of a file of its own ("EC PRIVATE KEY"). */
export function encodeSec1PrivateKey(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeEcPrivateKey(privateKey, publicKey, element(0xa0, objectIdentifier(oid.sm2)));
}

/** The inverse: the curve must be named inside. @throws OperationError MALFORMED */
export function parseSec1PrivateKey(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, MAX_LEN, PRIVATE);
  return readEcPrivateKey(der, oid.sm2);
}

/** @param curve what must be named inside; null where the algorithm outside told it */
function readEcPrivateKey(der: Uint8Array, curve: string | null): Uint8Array<ArrayBuffer> {
  const [version, digits, ...rest] = partsOf(der, SEQUENCE, PRIVATE);
  if (unsignedOf(version, PRIVATE).join() !== "1") throw malformed(PRIVATE);
  const parameters = rest.find((part) => part[0] === 0xa0);
  const named = parameters === undefined ? null : oidOf(partsOf(parameters, 0xa0, PRIVATE)[0], PRIVATE);
  if (named === null ? curve !== null : named !== oid.sm2) throw malformed(PRIVATE);
  return padPrivateKey(contentsOf(digits, OCTET_STRING, PRIVATE));
}

/** What libraries write: 32 bytes, or fewer without leading zeros, or 33 with a sign byte. @throws OperationError MALFORMED */
function padPrivateKey(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const digits = bytes.length === 33 && bytes[0] === 0 ? bytes.subarray(1) : bytes;
  if (digits.length > 32 || digits.length < 1) throw malformed(PRIVATE);
  const key = new Uint8Array(32);
  key.set(digits, 32 - digits.length);
  return key;
}
