/**
 * PBES2 (基于口令的加密), RFC 8018 clause 6.2: how a password protects a private key in PKCS#8 and PKCS#12. PBKDF2 with HMAC-SM3,
 * SHA-1 or SHA-2, or scrypt (RFC 7914), and SM4-CBC or AES-CBC; the national identifiers of GM/T 0091-2020 are read as well.
 */
import { createCipheriv, createDecipheriv, pbkdf2, scrypt } from "node:crypto";
import { promisify } from "node:util";
import { OperationError } from "@certbridge/protocol/errors";
import { AsnConvert, AsnProp, AsnPropTypes, OctetString } from "@peculiar/asn1-schema";
import { AlgorithmIdentifier } from "@peculiar/asn1-x509";
import type { Random } from "../random.ts";
import { numberOf, openWork, type Work } from "./work.ts";

const PBES2: readonly string[] = ["1.2.840.113549.1.5.13", "1.2.156.10197.6.1.4.1.5.2"];
const PBKDF2: readonly string[] = ["1.2.840.113549.1.5.12", "1.2.156.10197.6.1.4.1.5.1"];
const SCRYPT = "1.3.6.1.4.1.11591.4.11";

/** PRF of PBKDF2 → Node's name of the hash. HMAC-SM3 stands under two identifiers: GM/T 0006's, and GM/T 0091's. */
const PRFS: Readonly<Record<string, string>> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
  "1.2.156.10197.1.401.2": "sm3",
  "1.2.156.10197.1.401.3.1": "sm3",
};

const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyLen: number }>> = {
  "1.2.156.10197.1.104.2": { name: "sm4-cbc", keyLen: 16 },
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", keyLen: 16 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", keyLen: 32 },
};

const IV_LEN = 16;
const SALT_LEN = 16;

/** Bytes that scrypt may ask for. */
const SCRYPT_MEMORY_MAX = 1 << 30;

class Pbes2Parameters {
  keyDerivationFunc = new AlgorithmIdentifier();
  encryptionScheme = new AlgorithmIdentifier();
}
AsnProp({ type: AlgorithmIdentifier })(Pbes2Parameters.prototype, "keyDerivationFunc");
AsnProp({ type: AlgorithmIdentifier })(Pbes2Parameters.prototype, "encryptionScheme");

class Pbkdf2Parameters {
  salt = new OctetString();
  iterationCount = 0;
  keyLength: number | undefined = undefined;
  prf: AlgorithmIdentifier | undefined = undefined;
}
AsnProp({ type: OctetString })(Pbkdf2Parameters.prototype, "salt");
AsnProp({ type: AsnPropTypes.Integer })(Pbkdf2Parameters.prototype, "iterationCount");
AsnProp({ type: AsnPropTypes.Integer, optional: true })(Pbkdf2Parameters.prototype, "keyLength");
AsnProp({ type: AlgorithmIdentifier, optional: true })(Pbkdf2Parameters.prototype, "prf");

class ScryptParameters {
  salt = new OctetString();
  costParameter = 0;
  blockSize = 0;
  parallelizationParameter = 0;
  keyLength: number | undefined = undefined;
}
AsnProp({ type: OctetString })(ScryptParameters.prototype, "salt");
AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, "costParameter");
AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, "blockSize");
AsnProp({ type: AsnPropTypes.Integer })(ScryptParameters.prototype, "parallelizationParameter");
AsnProp({ type: AsnPropTypes.Integer, optional: true })(ScryptParameters.prototype, "keyLength");

/** What we write. SM3 with SM4 is the national form (国密); SHA-256 with AES-256 is read most widely. */
export interface Pbes2Form {
  readonly prf: "1.2.156.10197.1.401.2" | "1.2.840.113549.2.9";
  readonly cipher: "1.2.156.10197.1.104.2" | "2.16.840.1.101.3.4.1.42";
  readonly iterations: number;
}

export const HMAC_SM3 = "1.2.156.10197.1.401.2";
export const HMAC_SHA256 = "1.2.840.113549.2.9";
export const SM4_CBC = "1.2.156.10197.1.104.2";
export const AES_256_CBC = "2.16.840.1.101.3.4.1.42";

const derivePbkdf2 = promisify(pbkdf2);

function unsupported(what: string): OperationError {
  return new OperationError("UNSUPPORTED_OPERATION", { operation: what });
}

/** The AlgorithmIdentifier of a form with this salt and IV. */
export function encodePbes2(form: Pbes2Form, salt: Uint8Array, iv: Uint8Array): AlgorithmIdentifier {
  const kdf = new Pbkdf2Parameters();
  kdf.salt = new OctetString(salt);
  kdf.iterationCount = form.iterations;
  kdf.prf = new AlgorithmIdentifier({ algorithm: form.prf, parameters: null });
  const parameters = new Pbes2Parameters();
  parameters.keyDerivationFunc = new AlgorithmIdentifier({
    algorithm: "1.2.840.113549.1.5.12",
    parameters: AsnConvert.serialize(kdf),
  });
  parameters.encryptionScheme = new AlgorithmIdentifier({
    algorithm: form.cipher,
    parameters: AsnConvert.serialize(new OctetString(iv)),
  });
  return new AlgorithmIdentifier({ algorithm: "1.2.840.113549.1.5.13", parameters: AsnConvert.serialize(parameters) });
}

function parametersOf<T>(algorithm: AlgorithmIdentifier, schema: new () => T): T {
  const { parameters } = algorithm;
  if (parameters === undefined || parameters === null) throw new OperationError("MALFORMED", { what: "key file" });
  return AsnConvert.parse(parameters, schema);
}

async function derive(kdf: AlgorithmIdentifier, password: Uint8Array, keyLen: number, work: Work): Promise<Buffer> {
  if (PBKDF2.includes(kdf.algorithm)) {
    const { salt, iterationCount, prf } = parametersOf(kdf, Pbkdf2Parameters);
    const iterations = numberOf(iterationCount);
    const hash = PRFS[prf?.algorithm ?? "1.2.840.113549.2.7"];
    if (hash === undefined) throw unsupported(`PBKDF2 with ${prf?.algorithm}`);
    work.spend(iterations);
    return derivePbkdf2(password, new Uint8Array(salt.buffer), iterations, keyLen, hash);
  }
  if (kdf.algorithm === SCRYPT) {
    const { salt, ...cost } = parametersOf(kdf, ScryptParameters);
    const N = numberOf(cost.costParameter);
    const r = numberOf(cost.blockSize);
    const p = numberOf(cost.parallelizationParameter);
    if (N * r * 128 > SCRYPT_MEMORY_MAX) throw unsupported("scrypt of this cost");
    work.spend(N * r * p);
    const maxmem = 2 * N * r * 128 + 32 * 1024 * 1024;
    return new Promise((resolve, reject) => {
      scrypt(password, new Uint8Array(salt.buffer), keyLen, { N, r, p, maxmem }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      );
    });
  }
  throw unsupported(`key derivation ${kdf.algorithm}`);
}

/** Plaintext under a fresh salt and IV. */
export async function encryptPbes2(
  random: Random,
  form: Pbes2Form,
  password: Uint8Array,
  plaintext: Uint8Array,
): Promise<{ readonly algorithm: AlgorithmIdentifier; readonly encrypted: Uint8Array }> {
  const iv = random(IV_LEN);
  const algorithm = encodePbes2(form, random(SALT_LEN), iv);
  const { name, keyLen } = CIPHERS[form.cipher] ?? { name: "", keyLen: 0 };
  const key = await derive(parametersOf(algorithm, Pbes2Parameters).keyDerivationFunc, password, keyLen, openWork());
  try {
    const cipher = createCipheriv(name, key, iv);
    return { algorithm, encrypted: Buffer.concat([cipher.update(plaintext), cipher.final()]) };
  } finally {
    key.fill(0);
  }
}

/**
 * The plaintext; null where the padding does not come out, as with a wrong password.
 *
 * @throws OperationError UNSUPPORTED_OPERATION naming the algorithm that is not read here, or the work that it asks for · MALFORMED
 */
export async function decryptPbes2(
  algorithm: AlgorithmIdentifier,
  password: Uint8Array,
  encrypted: Uint8Array,
  work: Work,
): Promise<Buffer | null> {
  if (!PBES2.includes(algorithm.algorithm)) throw unsupported(`protection ${algorithm.algorithm}`);
  const { keyDerivationFunc, encryptionScheme } = parametersOf(algorithm, Pbes2Parameters);
  const cipher = CIPHERS[encryptionScheme.algorithm];
  if (cipher === undefined) throw unsupported(`cipher ${encryptionScheme.algorithm}`);
  const iv = new Uint8Array(parametersOf(encryptionScheme, OctetString).buffer);
  if (iv.length !== IV_LEN) throw new OperationError("MALFORMED", { what: "key file" });
  const key = await derive(keyDerivationFunc, password, cipher.keyLen, work);
  try {
    const decipher = createDecipheriv(cipher.name, key, iv);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch {
    return null;
  } finally {
    key.fill(0);
  }
}
