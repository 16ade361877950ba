import { encodeBase64Url } from "@certbridge/protocol/bytes";

/**
 * The key by which the companion program knows this browser profile's extension: P-256, made by the browser, kept in IndexedDB
 * where no script can read its private half, gone with the extension.
 */
export interface ClientKey {
  /** 04 ‖ x ‖ y, base64url. */
  readonly publicKey: string;
  /** r ‖ s, base64url, with SHA-256. */
  sign(statement: Uint8Array<ArrayBuffer>): Promise<string>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const DATABASE = "certbridge";
const STORE = "client-key";
const SLOT = "own";

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("IndexedDB")));
  });
}

async function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
  return settled(opening);
}

/** The pair that is kept; a fresh one is kept where none is. */
async function keptPair(): Promise<CryptoKeyPair> {
  const database = await openDatabase();
  try {
    const kept = await settled<unknown>(database.transaction(STORE).objectStore(STORE).get(SLOT));
    if (kept !== undefined) return kept as CryptoKeyPair;
    const fresh = await makePair();
    const store = database.transaction(STORE, "readwrite").objectStore(STORE);
    const other = await settled<unknown>(store.get(SLOT));
    if (other !== undefined) return other as CryptoKeyPair;
    await settled(store.put(fresh, SLOT));
    return fresh;
  } finally {
    database.close();
  }
}

/** Its private half cannot be taken out. */
export function makePair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
}

export async function clientKeyOf({ privateKey, publicKey }: CryptoKeyPair): Promise<ClientKey> {
  return {
    publicKey: encodeBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey))),
    async sign(statement) {
      const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, statement);
      return encodeBase64Url(new Uint8Array(signature));
    },
  };
}

export const openClientKey = async (): Promise<ClientKey> => clientKeyOf(await keptPair());
