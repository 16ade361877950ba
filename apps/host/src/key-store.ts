/**
 * What every carrier of keys (证书载体: CA锁, phone, software) fulfils. A store knows its device and this interface, nothing of
 * who asks. It returns null for "not my key" and throws an OperationError for "my key, but it failed".
 */
import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";

/** A pair of certificates (双证书) as a store shows it, without a PIN. */
export interface StoredKey {
  /** SM3 of the signing certificate, 32 bytes as base64url. */
  readonly keyId: string;
  readonly signingCertificate: Uint8Array;
  /** Null where only a signing certificate was imported. */
  readonly encryptionCertificate: Uint8Array | null;
  /** Certificates above it, nearest first, as far as they are known; DER. */
  readonly chain: readonly Uint8Array[];
  readonly pin: { readonly triesLeft: number; readonly retryAt: string | null };
}

/** A signing key that is open, for as many calls as were named beforehand. */
export interface OpenKey {
  readonly key: StoredKey;
  /**
   * r ‖ s, 64 bytes, over e = SM3(Z ‖ message) with Z of the given distinguishing id.
   *
   * @throws Error where the calls that were named are used up, or it was closed
   */
  sign(message: Uint8Array, distinguishingId: string): Promise<Uint8Array>;
  /** Wipes the key, or logs the device out. Idempotent. */
  close(): void;
}

export interface OpenRequest {
  readonly keyId: string;
  readonly pin: string;
  /** Private-key calls at most. */
  readonly calls: number;
}

export interface KeyStore {
  readonly carrier: Carrier;
  list(): Promise<readonly StoredKey[]>;
  /** @throws OperationError PIN_INCORRECT, PIN_LOCKED, STORE_DAMAGED */
  open(request: OpenRequest): Promise<OpenKey | null>;
}

/** A key and where it lies. */
export interface FoundKey extends StoredKey {
  readonly carrier: Carrier;
}

export async function listKeys(stores: readonly KeyStore[]): Promise<readonly FoundKey[]> {
  const lists = await Promise.all(
    stores.map(async (store) => (await store.list()).map((key) => ({ ...key, carrier: store.carrier }))),
  );
  return lists.flat();
}

/** @throws OperationError KEY_NOT_FOUND */
export async function findKey(stores: readonly KeyStore[], keyId: string): Promise<FoundKey> {
  const found = (await listKeys(stores)).find((key) => key.keyId === keyId);
  if (found === undefined) throw new OperationError("KEY_NOT_FOUND");
  return found;
}

/**
 * Opens the key in whichever store has it, lets it be used, and closes it whatever happens.
 *
 * @throws OperationError KEY_NOT_FOUND, and what the store throws
 */
export async function withKey<T>(
  stores: readonly KeyStore[],
  request: OpenRequest,
  use: (open: OpenKey) => Promise<T>,
): Promise<T> {
  for (const store of stores) {
    const open = await store.open(request);
    if (open === null) continue;
    try {
      return await use(open);
    } finally {
      open.close();
    }
  }
  throw new OperationError("KEY_NOT_FOUND");
}
