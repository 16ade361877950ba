/**
 * What every carrier of keys (证书载体: CA锁, phone, software) fulfils. A store knows its device and this interface, nothing of
 * who asks. It returns null for "not my key" and throws an OperationError for "my key, but it failed".
 */
import { findRecipient, parseCertificate } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";

/** The certificates of a pair (双证书), as a store shows them without a PIN. */
export interface KeyCertificates {
  /** SM3 of the signing certificate, 32 bytes as base64url. */
  readonly keyId: string;
  readonly signingCertificate: Uint8Array;
  /** Null where only a signing certificate was imported. */
  readonly encryptionCertificate: Uint8Array | null;
  /** Encryption certificates of the pairs that this one took the place of (历史加密证书), newest first: their keys are still here. */
  readonly earlierEncryption: readonly Uint8Array[];
  /** Certificates above it, nearest first, as far as they are known; DER. */
  readonly chain: readonly Uint8Array[];
}

/** A key in a store's list. */
export interface StoredKey extends KeyCertificates {
  readonly pin: { readonly triesLeft: number; readonly retryAt: string | null };
  /** Another program has it (CA锁): its name as people read it, and since when, ISO 8601 in UTC. */
  readonly usedBy?: { readonly by: string; readonly since: string };
}

/** A key that is open, for as many calls as were named beforehand. */
export interface OpenKey {
  /**
   * r ‖ s, 64 bytes, over e = SM3(Z ‖ message) with Z of the given distinguishing id.
   *
   * @throws Error where the calls that were named are used up, or it was closed
   */
  sign(message: Uint8Array, distinguishingId: string): Promise<Uint8Array>;
  /**
   * The content of an envelope, which its caller wipes; null for every failure alike. A device does it by itself: SKF_ImportSessionKey with
   * the recipient's encrypted key, then SKF_Decrypt with the initial vector and the content.
   *
   * @param certificate the one that the opening named
   * @throws Error where the calls that were named are used up, it was closed, or the opening named another certificate; OperationError
   *   where the device failed
   */
  openEnvelope(envelope: EnvelopedData, certificate: Certificate): Promise<Uint8Array | null>;
  /** Wipes the key, or logs the device out. Idempotent. */
  close(): void;
}

/** What opens a key. */
export interface Opening {
  /** UTF-8, wiped by the caller once the key is open. */
  readonly pin: Uint8Array;
  /** Private-key calls at most. */
  readonly calls: number;
  /** The encryption certificate, of this pair or an earlier one, for which one envelope is to be opened; none by default. */
  readonly opensFor?: Certificate | null;
  /** The platform that it is for, as people read it: who waits for the same device is told. None by default. */
  readonly site?: string | null;
  /** Whether the person said that a PIN may be tried where a wrong one would lock a device for good; no by default. */
  readonly mayUseLastTry?: boolean;
}

/** A key that was found and is closed. */
export interface ClosedKey extends KeyCertificates {
  /**
   * @throws OperationError PIN_INCORRECT, PIN_LOCKED, PIN_LAST_TRY, STORE_DAMAGED, STORE_BUSY, DEVICE_…, DRIVER_FAILED; KEY_NOT_FOUND where it is gone
   *   meanwhile
   */
  open(opening: Opening): Promise<OpenKey>;
}

export interface KeyStore {
  readonly carrier: Carrier;
  list(): Promise<readonly StoredKey[]>;
  /** @throws OperationError STORE_DAMAGED where the key is not found and something damaged may be it */
  find(keyId: string): Promise<ClosedKey | null>;
}

/** A key and where it lies. */
export interface FoundKey extends StoredKey {
  readonly carrier: Carrier;
}

/** A closed key and where it lies. */
export interface FoundClosedKey extends ClosedKey {
  readonly carrier: Carrier;
}

/** The certificate of this key that the envelope names, by issuer and serial number or by key identifier; null where it is for others. */
export function recipientOf(key: KeyCertificates, envelope: EnvelopedData): Certificate | null {
  const own = key.encryptionCertificate === null ? [] : [key.encryptionCertificate];
  const certificates = [...own, ...key.earlierEncryption].map(parseCertificate);
  return certificates.find((certificate) => findRecipient(envelope, certificate) !== null) ?? null;
}

export async function listKeys(stores: readonly KeyStore[]): Promise<readonly FoundKey[]> {
  const lists = await Promise.all(
    stores.map(async (store) => (await store.list()).map((key) => ({ ...key, carrier: store.carrier }))),
  );
  return lists.flat();
}

/** @throws OperationError KEY_NOT_FOUND, and what the stores throw */
export async function findKey(stores: readonly KeyStore[], keyId: string): Promise<FoundClosedKey> {
  for (const store of stores) {
    const found = await store.find(keyId);
    if (found !== null) return { ...found, carrier: store.carrier };
  }
  throw new OperationError("KEY_NOT_FOUND");
}

/** Lets an open key be used, and closes it whatever happens. */
export async function withOpened<T>(open: OpenKey, use: (open: OpenKey) => Promise<T>): Promise<T> {
  try {
    return await use(open);
  } finally {
    open.close();
  }
}
