/** Key files as people have them: PKCS#12, PKCS#8 with a password or without, certificates; each as DER or as PEM. */
import { encodePrivateKeyInfo, parseCertificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { EncryptedData, EncryptedPrivateKeyInfo, PrivateKeyInfo } from "@peculiar/asn1-pkcs8";
import { AsnConvert } from "@peculiar/asn1-schema";
import type { Random } from "../random.ts";
import { HMAC_SM3, SM4_CBC, decryptPbes2, encryptPbes2 } from "./pbes2.ts";
import { openPkcs12 } from "./pkcs12.ts";
import type { KeyFileContents } from "./pkcs12.ts";
import { openWork, type Work } from "./work.ts";

/** Rounds of PKCS#8 files in the national form. */
const ITERATIONS = 600_000;

const PEM = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;

interface Block {
  /** The PEM label; null for DER. */
  readonly label: string | null;
  readonly der: Uint8Array;
}

function blocksOf(content: Uint8Array): readonly Block[] {
  const text = Buffer.from(content).toString("latin1");
  const blocks = Array.from(text.matchAll(PEM), ([, label = "", body = ""]) => ({
    label,
    der: new Uint8Array(Buffer.from(body.replaceAll(/\s/g, ""), "base64")),
  }));
  return blocks.length > 0 ? blocks : [{ label: null, der: content }];
}

/** The certificates of a file, DER. @throws OperationError MALFORMED */
export function readCertificates(content: Uint8Array): readonly Uint8Array[] {
  const blocks = blocksOf(content).filter(({ label }) => label === null || label === "CERTIFICATE");
  return blocks.map(({ der }) => parseCertificate(der).der);
}

/** The DER of a file that holds one structure: as it is, as PEM, or as bare Base64. */
export function readDer(content: Uint8Array): Uint8Array {
  const [block] = blocksOf(content);
  if (block !== undefined && block.label !== null) return block.der;
  const text = Buffer.from(content).toString("latin1").trim();
  return /^[A-Za-z0-9+/\s]+=*$/.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : content;
}

/** One block of PEM or DER that may be any of the forms. Null: the password is wrong. */
async function openBlock({ label, der }: Block, password: string, work: Work): Promise<KeyFileContents | null> {
  if (label === "CERTIFICATE" || (label === null && isCertificate(der))) {
    return { keys: [], certificates: [parseCertificate(der).der] };
  }
  if (label === "PRIVATE KEY" || (label === null && isA(der, PrivateKeyInfo))) {
    return { keys: [new Uint8Array(der)], certificates: [] };
  }
  if (label === "ENCRYPTED PRIVATE KEY" || (label === null && isA(der, EncryptedPrivateKeyInfo))) {
    const { encryptionAlgorithm, encryptedData } = AsnConvert.parse(der, EncryptedPrivateKeyInfo);
    const secret = Buffer.from(password, "utf8");
    const plain = await decryptPbes2(encryptionAlgorithm, secret, new Uint8Array(encryptedData.buffer), work);
    secret.fill(0);
    // A wrong password leaves garbage, and one time in 256 the padding comes out all the same.
    return plain === null || !isA(plain, PrivateKeyInfo) ? null : { keys: [plain], certificates: [] };
  }
  if (label === null || label === "PKCS12") return openPkcs12(der, password, work);
  // Parameters and the like, which OpenSSL writes beside a key.
  return { keys: [], certificates: [] };
}

function isA(der: Uint8Array, schema: new () => object): boolean {
  try {
    AsnConvert.parse(der, schema);
    return true;
  } catch {
    return false;
  }
}

function isCertificate(der: Uint8Array): boolean {
  try {
    parseCertificate(der);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a key file holds; null where the password is wrong.
 *
 * @throws OperationError MALFORMED where it is none of the forms, UNSUPPORTED_OPERATION naming an algorithm not read here,
 * or more work than a person waits for
 */
export async function openKeyFile(
  content: Uint8Array,
  password: string,
  work: Work = openWork(),
): Promise<KeyFileContents | null> {
  const found: { keys: Uint8Array[]; certificates: Uint8Array[] } = { keys: [], certificates: [] };
  try {
    for (const block of blocksOf(content)) {
      const contents = await openBlock(block, password, work);
      if (contents === null) return null;
      found.keys.push(...contents.keys);
      found.certificates.push(...contents.certificates);
    }
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw new OperationError("MALFORMED", { what: "key file" }, { cause: error });
  }
  return found;
}

export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** PKCS#8 in the national form (国密): PBES2 with PBKDF2-HMAC-SM3 and SM4-CBC, DER. Read by GmSSL. */
export async function encodeNationalPkcs8(
  random: Random,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
  password: string,
): Promise<Uint8Array> {
  const plain = encodePrivateKeyInfo(privateKey, publicKey);
  const secret = Buffer.from(password, "utf8");
  const form = { prf: HMAC_SM3, cipher: SM4_CBC, iterations: ITERATIONS } as const;
  const { algorithm, encrypted } = await encryptPbes2(random, form, secret, plain);
  plain.fill(0);
  secret.fill(0);
  const info = new EncryptedPrivateKeyInfo({
    encryptionAlgorithm: algorithm,
    encryptedData: new EncryptedData(encrypted),
  });
  return new Uint8Array(AsnConvert.serialize(info));
}
