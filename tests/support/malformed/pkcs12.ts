/** PKCS#12 and PKCS#8 files as somebody else's program writes them, part by part, so that each part can be altered under a right MAC. */
import { createCipheriv, pbkdf2Sync } from "node:crypto";
import { element } from "@certbridge/pki";
import { pkcs12Mac, SM3 } from "../../../apps/host/src/key-files/pkcs12-mac.ts";

export const PASSWORD = "Export-2468";

const OID = {
  pbes2: "06092a864886f70d01050d",
  pbkdf2: "06092a864886f70d01050c",
  hmacSm3: "06092a811ccf5501831102",
  sm4Cbc: "06082a811ccf55016802",
  sm3: "06082a811ccf55018311",
  data: "06092a864886f70d010701",
  encryptedData: "06092a864886f70d010706",
  keyBag: "060b2a864886f70d010c0a0101",
  shroudedKeyBag: "060b2a864886f70d010c0a0102",
  certificateBag: "060b2a864886f70d010c0a0103",
  x509Certificate: "060a2a864886f70d01091601",
} as const;

type Bytes = Uint8Array;

const bytes = (hex: string): Bytes => Uint8Array.from(Buffer.from(hex, "hex"));
const sequence = (...parts: readonly Bytes[]): Bytes => element(0x30, ...parts);
const octets = (some: Bytes): Bytes => element(0x04, some);
const explicit = (some: Bytes): Bytes => element(0xa0, some);
const integer = (value: number): Bytes =>
  element(0x02, bytes(value.toString(16).padStart(8, "0")).subarray(value < 128 ? 3 : 0));

const salt = bytes("000102030405060708090a0b0c0d0e0f");
const iv = bytes("0f0e0d0c0b0a09080706050403020100");

/** PBES2 as an AlgorithmIdentifier; one round unless told. */
export function pbes2(rounds = 1): Bytes {
  const kdf = sequence(octets(salt), integer(rounds), sequence(bytes(OID.hmacSm3), element(0x05)));
  return sequence(
    bytes(OID.pbes2),
    sequence(sequence(bytes(OID.pbkdf2), kdf), sequence(bytes(OID.sm4Cbc), octets(iv))),
  );
}

/** Encrypted as `pbes2()` says. */
export function encrypt(plain: Bytes): Bytes {
  const cipher = createCipheriv("sm4-cbc", pbkdf2Sync(PASSWORD, salt, 1, 16, "sm3"), iv);
  return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final()]));
}

/** EncryptedPrivateKeyInfo. */
export const encryptedKey = (privateKeyInfo: Bytes, algorithm = pbes2()): Bytes =>
  sequence(algorithm, octets(encrypt(privateKeyInfo)));

const bag = (type: string, value: Bytes): Bytes => sequence(bytes(type), explicit(value));

/** SafeContents with keys in the open, keys under the password, and certificates. */
export function safeContents(
  keys: { readonly open: readonly Bytes[]; readonly shrouded: readonly Bytes[] },
  certificates: readonly Bytes[],
): Bytes {
  return sequence(
    ...keys.open.map((info) => bag(OID.keyBag, info)),
    ...keys.shrouded.map((info) => bag(OID.shroudedKeyBag, encryptedKey(info))),
    ...certificates.map((der) => bag(OID.certificateBag, sequence(bytes(OID.x509Certificate), explicit(octets(der))))),
  );
}

const inTheOpen = (bags: Bytes): Bytes => sequence(bytes(OID.data), explicit(octets(bags)));

function underPassword(bags: Bytes): Bytes {
  const encrypted = sequence(bytes(OID.data), pbes2(), element(0x80, encrypt(bags)));
  return sequence(bytes(OID.encryptedData), explicit(sequence(element(0x02, Uint8Array.of(0)), encrypted)));
}

/** AuthenticatedSafe with these SafeContents in the open, and these under the password. */
export function authenticatedSafe(parts: { readonly open?: Bytes; readonly sealed?: Bytes }): Bytes {
  return sequence(
    ...(parts.open === undefined ? [] : [inTheOpen(parts.open)]),
    ...(parts.sealed === undefined ? [] : [underPassword(parts.sealed)]),
  );
}

/** PFX, with the MAC that belongs to its content. */
export function pfx(content: Bytes, rounds = 1): Bytes {
  const mac = pkcs12Mac(SM3, PASSWORD, salt, 1, content);
  return sequence(
    element(0x02, Uint8Array.of(3)),
    sequence(bytes(OID.data), explicit(octets(content))),
    sequence(
      sequence(sequence(bytes(OID.sm3), element(0x05)), octets(new Uint8Array(mac))),
      octets(salt),
      integer(rounds),
    ),
  );
}
