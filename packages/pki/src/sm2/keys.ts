import { AsnConvert } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from "@peculiar/asn1-x509";
import {
  bufferOf,
  checkDer,
  contentOf,
  element,
  elementsOf,
  malformed,
  OCTET_STRING,
  SEQUENCE,
  unsignedInteger,
} from "../der.ts";
import { oid } from "../oid.ts";

/** An OBJECT IDENTIFIER, ITU-T X.690 clause 8.19. */
export function encodeOid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0n, second = 0n, ...rest] = dotted.split(".").map(BigInt);
  const digits: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const group = [Number(arc & 127n)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) group.unshift(Number(left & 127n) | 128);
    digits.push(...group);
  }
  return element(0x06, Uint8Array.from(digits));
}

/** id-ecPublicKey with the SM2 curve as its parameter, as every key of ours is marked. */
export function sm2KeyAlgorithm(): AlgorithmIdentifier {
  return new AlgorithmIdentifier({ algorithm: oid.ecPublicKey, parameters: encodeOid(oid.sm2).buffer });
}

export function encodePublicKeyInfo(publicKey: Uint8Array): SubjectPublicKeyInfo {
  return new SubjectPublicKeyInfo({ algorithm: sm2KeyAlgorithm(), subjectPublicKey: bufferOf(publicKey) });
}

/** 65 bytes, 04 ‖ x ‖ y. @throws OperationError MALFORMED for another curve or form */
export function parsePublicKeyInfo(info: SubjectPublicKeyInfo): Uint8Array<ArrayBuffer> {
  const { algorithm, parameters } = info.algorithm;
  const curve = parameters === undefined || parameters === null ? "" : new Uint8Array(parameters).join();
  const known = algorithm === oid.sm2 || (algorithm === oid.ecPublicKey && curve === encodeOid(oid.sm2).join());
  const key = new Uint8Array(info.subjectPublicKey);
  if (!known || key.length !== 65 || key[0] !== 4) throw malformed("public key");
  return key;
}

/**
 * PrivateKeyInfo (PKCS#8, RFC 5208) around ECPrivateKey (RFC 5915) with the public key in it.
 *
 * @param privateKey 32 bytes
 * @param publicKey  65 bytes
 */
export function encodePrivateKeyInfo(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = element(0xa1, element(0x03, Uint8Array.of(0), publicKey));
  const key = element(SEQUENCE, unsignedInteger(Uint8Array.of(1)), element(OCTET_STRING, privateKey), bits);
  return element(
    SEQUENCE,
    unsignedInteger(Uint8Array.of(0)),
    new Uint8Array(AsnConvert.serialize(sm2KeyAlgorithm())),
    element(OCTET_STRING, key),
  );
}

/** The 32 bytes of the private key in PrivateKeyInfo. @throws OperationError MALFORMED */
export function parsePrivateKeyInfo(der: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(der, 4096, "private key");
  const [, algorithm, key] = elementsOf(der);
  if (der[0] !== SEQUENCE || algorithm === undefined || key?.[0] !== OCTET_STRING) throw malformed("private key");
  const expected = new Uint8Array(AsnConvert.serialize(sm2KeyAlgorithm()));
  if (expected.join() !== algorithm.join()) throw malformed("private key");
  const inner = contentOf(key);
  checkDer(inner, 4096, "private key");
  const [, digits] = elementsOf(inner);
  if (inner[0] !== SEQUENCE || digits?.[0] !== OCTET_STRING) throw malformed("private key");
  return padPrivateKey(contentOf(digits));
}

/** What CAs put into envelopes: 31 to 33 bytes → 32. @throws OperationError MALFORMED */
export function padPrivateKey(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const digits = bytes.length === 33 && bytes[0] === 0 ? bytes.subarray(1) : bytes;
  if (digits.length > 32 || digits.length < 1) throw malformed("private key");
  const key = new Uint8Array(32);
  key.set(digits, 32 - digits.length);
  return key;
}
