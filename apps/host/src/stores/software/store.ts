/**
 * The software store (软件证书存储): keys in files of the home folder, under a PIN. Lower assurance than a CA锁, and said so on
 * screen: who can read the file and guess the PIN has the key.
 */
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { hexOf, sameBytes } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { Clock } from "../../clock.ts";
import { instantOf } from "../../clock.ts";
import { namesIn, readIfThere, removeFile, writeWhole } from "../../disk.ts";
import { withLock } from "../../lock.ts";
import type { Random } from "../../random.ts";
import type { KeyCertificates, KeyStore, OpenKey, Opening } from "../../key-store.ts";
import {
  KEY_FILE_FORMAT,
  KEY_FILE_LEN,
  derivePinKeys,
  encodeKeyFile,
  fitsPin,
  newKdf,
  openPrivateKey,
  parseKeyFile,
  sealPrivateKey,
  verifySeal,
} from "./key-file.ts";
import { openInMemory } from "./open-key.ts";
import type { KeyFile, KeyFileBody, KeyPairRecord, PinKeys, TypedPin } from "./key-file.ts";
import { openTries } from "./tries.ts";
import type { Tries } from "./tries.ts";

const FILE = /^([0-9a-f]{32})\.json$/;

/** Characters of a PIN that is set; one that is typed may have any number. */
export const PIN_LEN = { min: 6, max: 64 } as const;

/** An open identity: its file, and what reads and seals its private keys. Valid only inside the call that got it. */
export interface Opened {
  readonly body: KeyFileBody;
  privateKey(sealed: string): Uint8Array;
  seal(privateKey: Uint8Array): string;
}

export interface SoftwareStore extends KeyStore {
  /** Every identity's file, in order of the ids; `body` null where it is damaged. */
  identities(): Promise<readonly { readonly id: string; readonly body: KeyFileBody | null }[]>;
  /** The identity that has a pair with this signing certificate, current or retired; null where none has. */
  identityOf(keyId: string): Promise<KeyFileBody | null>;
  /** A new identity, under a PIN of its own. Its id comes back. @throws OperationError INVALID_REQUEST for a short PIN */
  add(name: string, pin: string, fill: (opened: Opened) => Pick<KeyFileBody, "pending" | "pairs">): Promise<string>;
  /** Opens an identity for reading. The count of wrong PINs applies. */
  read<T>(id: string, pin: TypedPin, use: (opened: Opened) => T): Promise<T>;
  /** Opens, changes and writes it, all or nothing; what `change` leaves out stays. */
  change(
    id: string,
    pin: string,
    change: (opened: Opened) => Partial<Pick<KeyFileBody, "name" | "pending" | "pairs">>,
  ): Promise<void>;
  remove(id: string): Promise<void>;
}

/** SM3 of the signing certificate, 32 bytes as base64url. */
export function keyIdOf(gm: Pick<Gm, "sm3">, certificate: Uint8Array): string {
  return encodeBase64Url(gm.sm3(certificate));
}

function currentPair(body: KeyFileBody): KeyPairRecord | null {
  return body.pairs.find((pair) => pair.retiredAt === null) ?? null;
}

/** @throws OperationError INVALID_REQUEST */
export function checkNewPin(pin: string): void {
  const len = Array.from(pin).length;
  if (len < PIN_LEN.min || len > PIN_LEN.max) throw new OperationError("INVALID_REQUEST", { path: "pin" });
}

/** @param options.folder where the files are, with its lock beside it; made by whoever prepares the home */
export function openSoftwareStore(options: {
  readonly gm: Gm;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
}): SoftwareStore {
  const { gm, folder, clock, random } = options;
  const fileOf = (id: string): string => join(folder, `${id}.json`);
  const triesOf = (id: string): Tries => openTries(join(folder, `${id}.tries`), clock);

  async function load(id: string): Promise<KeyFile> {
    const content = await readIfThere(fileOf(id));
    if (content === null) throw new OperationError("KEY_NOT_FOUND");
    if (content.length > KEY_FILE_LEN) throw new OperationError("STORE_DAMAGED");
    const file = parseKeyFile(gm, content);
    if (file.body.id !== id) throw new OperationError("STORE_DAMAGED");
    return file;
  }

  async function identities(): Promise<readonly { id: string; body: KeyFileBody | null }[]> {
    const ids = (await namesIn(folder)).flatMap((name) => FILE.exec(name)?.[1] ?? []);
    return Promise.all(
      ids.map(async (id) => {
        try {
          return { id, body: (await load(id)).body };
        } catch (error) {
          if (OperationError.is(error, "STORE_DAMAGED") || OperationError.is(error, "KEY_NOT_FOUND")) {
            return { id, body: null };
          }
          throw error;
        }
      }),
    );
  }

  /** Judges the PIN; the try is on disk before it is judged. The caller holds the folder's lock, and wipes the keys. */
  async function unlock(id: string, pin: TypedPin): Promise<{ file: KeyFile; keys: PinKeys }> {
    const file = await load(id);
    const tries = triesOf(id);
    // The PIN is stretched while the count reaches the disk; judged it is only after both.
    const stretching = derivePinKeys(gm, pin, file.body.kdf);
    const begun = await tries.begin().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const keys = await stretching;
    try {
      if (begun !== null) throw begun.error;
      if (!fitsPin(file, keys)) throw new OperationError("PIN_INCORRECT", await tries.state());
      await tries.clear();
      verifySeal(gm, file, keys);
    } catch (error) {
      keys.wipe();
      throw error;
    }
    return { file, keys };
  }

  function openedWith(body: KeyFileBody, keys: PinKeys): Opened {
    return {
      body,
      privateKey: (sealed) => openPrivateKey(gm, sealed, keys),
      seal: (privateKey) => sealPrivateKey({ gm, random }, privateKey, keys, body.kdf),
    };
  }

  async function read<T>(id: string, pin: TypedPin, use: (opened: Opened) => T): Promise<T> {
    const { file, keys } = await withLock(folder, () => unlock(id, pin));
    try {
      return use(openedWith(file.body, keys));
    } finally {
      keys.wipe();
    }
  }

  function certificatesOf(body: KeyFileBody, pair: KeyPairRecord): KeyCertificates {
    const signingCertificate = decodeBase64Url(pair.signing.certificate);
    return {
      keyId: keyIdOf(gm, signingCertificate),
      signingCertificate,
      encryptionCertificate: pair.encryption === null ? null : decodeBase64Url(pair.encryption.certificate),
      earlierEncryption: body.pairs.flatMap(({ retiredAt, encryption }) =>
        retiredAt === null || encryption === null ? [] : [decodeBase64Url(encryption.certificate)],
      ),
      chain: pair.chain.map(decodeBase64Url),
    };
  }

  const holds = (keyId: string) => (pair: KeyPairRecord) =>
    keyIdOf(gm, decodeBase64Url(pair.signing.certificate)) === keyId;

  /** The encryption key of this certificate, current or kept as history: what was encrypted for it has to be opened as long as anybody has it. */
  function encryptionKeyOf({ body, privateKey }: Opened, { der }: Certificate): Uint8Array {
    const halves = body.pairs.flatMap(({ encryption }) => encryption ?? []);
    const half = halves.find(({ certificate }) => sameBytes(decodeBase64Url(certificate), der));
    if (half === undefined) throw new OperationError("KEY_NOT_FOUND");
    return privateKey(half.key);
  }

  /** The current pair's signing key; the file is read once more under the lock, since it may have changed since it was found. */
  function openCurrent(id: string, keyId: string, { pin, calls, opensFor = null }: Opening): Promise<OpenKey> {
    return read(id, pin, (opened) => {
      const pair = currentPair(opened.body);
      if (pair === null || !holds(keyId)(pair)) throw new OperationError("KEY_NOT_FOUND");
      const encryption =
        opensFor === null ? null : { certificate: opensFor, privateKey: encryptionKeyOf(opened, opensFor) };
      return openInMemory(gm, { signing: opened.privateKey(pair.signing.key), encryption, calls });
    });
  }

  return {
    carrier: "software",
    identities,
    read,

    async list() {
      const found = await identities();
      const keys = await Promise.all(
        found.map(async ({ id, body }) => {
          const pair = body === null ? null : currentPair(body);
          if (body === null || pair === null) return [];
          return [{ ...certificatesOf(body, pair), pin: await triesOf(id).state() }];
        }),
      );
      return keys.flat();
    },

    async identityOf(keyId) {
      const found = await identities();
      return found.find(({ body }) => body?.pairs.some(holds(keyId)) === true)?.body ?? null;
    },

    async find(keyId) {
      const found = await identities();
      for (const { id, body } of found) {
        const pair = body === null ? null : currentPair(body);
        if (body === null || pair === null || !holds(keyId)(pair)) continue;
        return { ...certificatesOf(body, pair), open: (opening) => openCurrent(id, keyId, opening) };
      }
      if (found.some(({ body }) => body === null)) throw new OperationError("STORE_DAMAGED");
      return null;
    },

    async add(name, pin, fill) {
      checkNewPin(pin);
      const id = hexOf(random(16));
      const kdf = newKdf(random);
      const keys = await derivePinKeys(gm, pin, kdf);
      try {
        const empty: KeyFileBody = {
          format: KEY_FILE_FORMAT,
          id,
          name,
          version: 1,
          kdf,
          pinCheck: encodeBase64Url(keys.check),
          pending: null,
          pairs: [],
        };
        const body = { ...empty, ...fill(openedWith(empty, keys)) };
        await writeWhole(fileOf(id), encodeKeyFile(gm, body, keys));
      } finally {
        keys.wipe();
      }
      return id;
    },

    async change(id, pin, change) {
      await withLock(folder, async () => {
        const { file, keys } = await unlock(id, pin);
        try {
          const body = { ...file.body, ...change(openedWith(file.body, keys)), version: file.body.version + 1 };
          await writeWhole(fileOf(id), encodeKeyFile(gm, body, keys));
        } finally {
          keys.wipe();
        }
      });
    },

    async remove(id) {
      await withLock(folder, async () => {
        await removeFile(fileOf(id));
        await triesOf(id).clear();
      });
    },
  };
}

/** Puts a pair in front; the one that was current is kept as history. */
export function withNewPair(body: KeyFileBody, pair: KeyPairRecord, at: number): KeyPairRecord[] {
  const retired = body.pairs.map((old) => (old.retiredAt === null ? { ...old, retiredAt: instantOf(at) } : old));
  return [pair, ...retired];
}
