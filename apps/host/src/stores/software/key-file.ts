/**
 * The key file of one identity (软件证书文件): two lines of JSON. The first is the body: what may be seen without a PIN, and the
 * private keys, each as PKCS#8 under PBES2 (PBKDF2-HMAC-SM3, SM4-CBC), so that any reader of that form opens them with the PIN.
 * The second is the seal over the bytes of the first: `hmac`, HMAC-SM3 with a key that only the PIN gives, since PBES2 protects
 * no integrity; and `sm3` over body and hmac, which tells a damaged file from a wrong PIN without a try being spent.
 *
 * One PBKDF2 gives 32 bytes. The first 16 are the SM4 key, as PBES2 with that salt derives it; HKDF-SM3 over all 32 gives the
 * key of the seal and a value that tells a wrong PIN. Neither of those reveals the SM4 key, nor the SM4 key them.
 */
import { pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Gm } from "@certbridge/gm";
import { encodePrivateKeyInfo, parseCertificate, parsePrivateKeyInfo } from "@certbridge/pki";
import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { instant } from "@certbridge/protocol/instant";
import { limits } from "@certbridge/protocol/limits";
import { EncryptedData, EncryptedPrivateKeyInfo } from "@peculiar/asn1-pkcs8";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as v from "valibot";
import type { Random } from "../../random.ts";
import { HMAC_SM3, SM4_CBC, encodePbes2 } from "../../key-files/pbes2.ts";

export const KEY_FILE_FORMAT = "certbridge-key-file:1";

/** PBKDF2 rounds of a new file, and the fewest that are believed. */
export const KDF_ITERATIONS = 600_000;
const KDF_ITERATIONS_MAX = 20_000_000;

const SALT_LEN = 16;
const IV_LEN = 16;
const SM4_KEY_LEN = 16;
const MASTER_LEN = 32;
const CHECK_LEN = 16;
/** Ours are below 300 bytes. */
const SEALED_KEY_LEN = 4096;

/** Of a key file; with 5 certificates a pair, far above what a bidder gathers in a lifetime. */
export const KEY_FILE_LEN = 4 * 1024 * 1024;

/** Certificates that were read before: the same files are read again and again. */
const readable = new Set<string>();
const READABLE_MAX = 1000;

function isCertificate(text: string): boolean {
  if (readable.has(text)) return true;
  try {
    parseCertificate(decodeBase64Url(text));
  } catch {
    return false;
  }
  if (readable.size >= READABLE_MAX) readable.clear();
  readable.add(text);
  return true;
}

/** Whoever reads a body may take its certificates for such: one that is none would hide the keys of all other files too. */
const certificate = v.pipe(
  v.string(),
  v.maxLength(Math.ceil((limits.certificateLen * 4) / 3)),
  v.check(isCertificate, "a certificate expected"),
);

/** EncryptedPrivateKeyInfo. */
const sealedKey = base64Url(1, SEALED_KEY_LEN);

const half = v.strictObject({ certificate, key: sealedKey });

const pair = v.strictObject({
  addedAt: instant,
  /** When a newer pair took its place; it is kept, since what was encrypted for it still has to be opened. */
  retiredAt: v.nullable(instant),
  signing: half,
  encryption: v.nullable(half),
  chain: v.array(certificate),
});

const body = v.strictObject({
  format: v.literal(KEY_FILE_FORMAT),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  name: v.pipe(v.string(), v.maxLength(255)),
  /** One more with every change. */
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  kdf: v.strictObject({
    name: v.literal("PBKDF2-HMAC-SM3"),
    iterations: v.pipe(v.number(), v.integer(), v.minValue(KDF_ITERATIONS), v.maxValue(KDF_ITERATIONS_MAX)),
    salt: base64Url(SALT_LEN, SALT_LEN),
  }),
  pinCheck: base64Url(CHECK_LEN, CHECK_LEN),
  /** A signing key that waits for its certificates. */
  pending: v.nullable(v.strictObject({ createdAt: instant, publicKey: base64Url(65, 65), key: sealedKey })),
  pairs: v.array(pair),
});

const seal = v.strictObject({ hmac: base64Url(32, 32), sm3: base64Url(32, 32) });

export type KeyFileBody = v.InferOutput<typeof body>;
export type KeyPairRecord = v.InferOutput<typeof pair>;

/** A file as it was read: the body, and what is needed to judge it once the PIN is there. */
export interface KeyFile {
  readonly body: KeyFileBody;
  readonly bodyBytes: Uint8Array;
  readonly hmac: Uint8Array;
}

/** The keys that a PIN gives. `wipe` overwrites them. */
export interface PinKeys {
  readonly sm4: Uint8Array;
  readonly seal: Uint8Array;
  readonly check: Uint8Array;
  wipe(): void;
}

/** A PIN as a terminal gives it; or in UTF-8, from whoever can wipe it. */
export type TypedPin = Uint8Array | string;

const derivePbkdf2 = promisify(pbkdf2);
const ascii = new TextEncoder();

export function newKdf(random: Random): KeyFileBody["kdf"] {
  return { name: "PBKDF2-HMAC-SM3", iterations: KDF_ITERATIONS, salt: encodeBase64Url(random(SALT_LEN)) };
}

export async function derivePinKeys(gm: Gm, pin: TypedPin, kdf: KeyFileBody["kdf"]): Promise<PinKeys> {
  const secret = typeof pin === "string" ? Buffer.from(pin, "utf8") : Buffer.from(pin);
  const salt = decodeBase64Url(kdf.salt);
  const master = await derivePbkdf2(secret, salt, kdf.iterations, MASTER_LEN, "sm3");
  secret.fill(0);
  const sealKey = gm.hkdfSm3(master, salt, ascii.encode("certbridge/key-file/seal/1"), MASTER_LEN);
  const check = gm.hkdfSm3(master, salt, ascii.encode("certbridge/key-file/pin/1"), CHECK_LEN);
  return {
    sm4: master.subarray(0, SM4_KEY_LEN),
    seal: sealKey,
    check,
    wipe() {
      for (const key of [master, sealKey, check]) key.fill(0);
    },
  };
}

function damaged(cause?: unknown): OperationError {
  return new OperationError("STORE_DAMAGED", undefined, { cause });
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function digestOf(gm: Gm, bodyBytes: Uint8Array, hmac: Uint8Array): Uint8Array {
  return gm.createSm3().update(bodyBytes).update(hmac).digest();
}

/** @throws OperationError STORE_DAMAGED */
export function parseKeyFile(gm: Gm, content: Buffer): KeyFile {
  try {
    const end = content.indexOf(0x0a);
    const bodyBytes = content.subarray(0, end);
    const text = new TextDecoder("utf-8", { fatal: true });
    const { hmac, sm3 } = v.parse(seal, JSON.parse(text.decode(content.subarray(end + 1))));
    const tag = decodeBase64Url(hmac);
    if (end < 0 || !same(decodeBase64Url(sm3), digestOf(gm, bodyBytes, tag))) throw damaged();
    return { body: v.parse(body, JSON.parse(text.decode(bodyBytes))), bodyBytes, hmac: tag };
  } catch (error) {
    throw error instanceof OperationError ? error : damaged(error);
  }
}

export function encodeKeyFile(gm: Gm, content: KeyFileBody, keys: PinKeys): string {
  const text = JSON.stringify(content);
  const bodyBytes = Buffer.from(text, "utf8");
  const hmac = gm.hmacSm3(keys.seal, bodyBytes);
  const sm3 = digestOf(gm, bodyBytes, hmac);
  return `${text}\n${JSON.stringify({ hmac: encodeBase64Url(hmac), sm3: encodeBase64Url(sm3) })}\n`;
}

/** Whether the PIN is the file's. */
export function fitsPin(file: KeyFile, keys: PinKeys): boolean {
  return same(decodeBase64Url(file.body.pinCheck), keys.check);
}

/** @throws OperationError STORE_DAMAGED where the body is not the one that was sealed with this PIN */
export function verifySeal(gm: Gm, file: KeyFile, keys: PinKeys): void {
  if (!same(file.hmac, gm.hmacSm3(keys.seal, file.bodyBytes))) throw damaged();
}

/** A private key, 32 bytes → EncryptedPrivateKeyInfo under the file's PIN, base64url. */
export function sealPrivateKey(
  { gm, random }: { readonly gm: Gm; readonly random: Random },
  privateKey: Uint8Array,
  keys: PinKeys,
  kdf: KeyFileBody["kdf"],
): string {
  const iv = random(IV_LEN);
  const plain = encodePrivateKeyInfo(privateKey, gm.sm2PublicKey(privateKey));
  const form = { prf: HMAC_SM3, cipher: SM4_CBC, iterations: kdf.iterations } as const;
  const info = new EncryptedPrivateKeyInfo({
    encryptionAlgorithm: encodePbes2(form, decodeBase64Url(kdf.salt), iv),
    encryptedData: new EncryptedData(gm.sm4CbcEncrypt(keys.sm4, iv, plain)),
  });
  plain.fill(0);
  return encodeBase64Url(new Uint8Array(AsnConvert.serialize(info)));
}

/** IV of PBES2's cipher: the last OCTET STRING of the parameters that `encodePbes2` wrote. */
function ivOf(info: EncryptedPrivateKeyInfo): Uint8Array {
  const { parameters } = info.encryptionAlgorithm;
  if (parameters === undefined || parameters === null) throw damaged();
  return new Uint8Array(AsnConvert.parse(parameters.slice(-IV_LEN - 2), OctetString).buffer);
}

/**
 * The private key, 32 bytes, which the caller wipes.
 *
 * @throws OperationError STORE_DAMAGED
 */
export function openPrivateKey(gm: Gm, sealed: string, keys: PinKeys): Uint8Array {
  try {
    const info = AsnConvert.parse(decodeBase64Url(sealed), EncryptedPrivateKeyInfo);
    const plain = gm.sm4CbcDecrypt(keys.sm4, ivOf(info), new Uint8Array(info.encryptedData.buffer));
    if (plain === null) throw damaged();
    const privateKey = parsePrivateKeyInfo(plain);
    plain.fill(0);
    return privateKey;
  } catch (error) {
    throw error instanceof OperationError && error.code === "STORE_DAMAGED" ? error : damaged(error);
  }
}
