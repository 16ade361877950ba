/**
 * USB keys (CA锁) as a store: what every enrolled library shows, and what is done with it. The worker says what a key answered; whether that is a signature
 * of the certificate's, and a key block's content, is judged here.
 */
import type { Gm } from "@certbridge/gm";
import { findRecipient, parseCertificate, sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { DeviceProfile } from "@certbridge/trust";
import type {
  ClosedKey,
  KeyCertificates,
  KeyStore,
  OpenKey,
  Opening as KeyOpening,
  StoredKey,
} from "../../key-store.ts";
import { certificateIn } from "./certificates.ts";
import { type EnrolledLibrary, openingOf } from "./enrolled.ts";
import { deviceError, pinError } from "./failures.ts";
import type { Supervisor } from "./supervisor.ts";
import { cipherPartsOf } from "./structures.ts";
import type { ContainerPath, Opening, TokenVerb, TokenVerbs } from "./wire.ts";

const BLOCK_LEN = 16;

export interface UsbKeyStore extends KeyStore {
  /** Ends the workers. */
  close(): Promise<void>;
}

/** A library and what keeps its worker. */
interface Driver {
  readonly library: EnrolledLibrary;
  readonly supervisor: Supervisor;
}

/** A container that holds a signing certificate, and where. */
interface FoundPair {
  readonly driver: Driver;
  readonly path: ContainerPath;
  readonly key: StoredKey;
}

/** A copy without the padding of PKCS #7; null where there is none. */
function unpad(padded: Uint8Array): Uint8Array | null {
  const len = padded.at(-1) ?? 0;
  if (padded.length % BLOCK_LEN !== 0 || len < 1 || len > BLOCK_LEN) return null;
  return padded.subarray(-len).every((byte) => byte === len) ? new Uint8Array(padded.subarray(0, -len)) : null;
}

export function openUsbKeyStore(options: {
  readonly gm: Gm;
  /** Read anew for each list: a person may enrol a library while the program runs. */
  readonly libraries: () => Promise<readonly EnrolledLibrary[]>;
  readonly supervise: (opening: Opening) => Supervisor;
}): UsbKeyStore {
  const { gm } = options;
  const drivers = new Map<string, Driver>();

  async function currentDrivers(): Promise<readonly Driver[]> {
    const libraries = await options.libraries();
    const named = new Map(libraries.map((library) => [JSON.stringify(library), library]));
    for (const [name, { supervisor }] of drivers) {
      if (named.has(name)) continue;
      drivers.delete(name);
      await supervisor.close();
    }
    return Array.from(named, ([name, library]) => {
      const driver = drivers.get(name) ?? { library, supervisor: options.supervise(openingOf(library)) };
      drivers.set(name, driver);
      return driver;
    });
  }

  /** @throws OperationError DEVICE_REMOVED, DEVICE_BUSY, DEVICE_FAILED, DRIVER_FAILED */
  async function ask<V extends TokenVerb>(
    { supervisor }: Driver,
    verb: V,
    params: TokenVerbs[V]["params"],
  ): Promise<TokenVerbs[V]["result"]> {
    try {
      return await supervisor.call(verb, params);
    } catch (error) {
      throw deviceError(error);
    }
  }

  async function pairsOf(driver: Driver): Promise<readonly FoundPair[]> {
    const chain = driver.library.chain.map(decodeBase64Url);
    const devices = await ask(driver, "list", {});
    return devices.flatMap((device) =>
      device.applications.flatMap((application) =>
        application.containers.flatMap((container): readonly FoundPair[] => {
          const signing = certificateIn(container.signingCertificate);
          if (signing === null) return [];
          const encryption = certificateIn(container.encryptionCertificate);
          const key: StoredKey = {
            keyId: encodeBase64Url(gm.sm3(signing.der)),
            signingCertificate: signing.der,
            encryptionCertificate: encryption?.der ?? null,
            earlierEncryption: [],
            chain,
            pin: { triesLeft: application.pin.triesLeft, retryAt: null },
          };
          const path = { device: device.name, application: application.name, container: container.name };
          return [{ driver, path, key }];
        }),
      ),
    );
  }

  /** Of every library that works; the troubles of the others beside them. */
  async function look(): Promise<{ readonly pairs: readonly FoundPair[]; readonly troubles: readonly unknown[] }> {
    const current = await currentDrivers().catch((error: unknown) => ({ error }));
    // Doctor says what is the matter with the list; keys of other stores are there all the same.
    if ("error" in current) return { pairs: [], troubles: [current.error] };
    const looked = await Promise.allSettled(current.map(pairsOf));
    const pairs = looked.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    const troubles = looked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    // Two libraries may serve one key: it is there once.
    const first = pairs.filter(({ key }, at) => pairs.findIndex((other) => other.key.keyId === key.keyId) === at);
    return { pairs: first, troubles };
  }

  /** e = SM3(Z ‖ M), or the message where the key hashes by itself: which it does under one id only. */
  function inputOf({ signInput }: DeviceProfile, publicKey: Uint8Array, message: Uint8Array, id: string): Uint8Array {
    if (signInput === "digest") return gm.sm3(Buffer.concat([gm.za(publicKey, id), message]));
    if (id === DEFAULT_DISTINGUISHING_ID) return message;
    throw new OperationError("UNSUPPORTED_OPERATION", { operation: "sign under another distinguishing id" });
  }

  function createOpenKey({ driver, key }: FoundPair, session: number, { calls, opensFor = null }: KeyOpening): OpenKey {
    const { publicKey } = parseCertificate(key.signingCertificate);
    let [left, opens, isOpen] = [calls, opensFor !== null, true];

    function close(): void {
      if (!isOpen) return;
      [left, opens, isOpen] = [0, false, false];
      // Where this fails, the worker is dead or about to be, and the next one logs out before anything else.
      driver.supervisor.call("close", { session }).catch(() => undefined);
    }

    async function counted<T>(run: () => Promise<T>): Promise<T> {
      if (left < 1) throw new Error("a private-key call beyond those that were agreed");
      left -= 1;
      try {
        return await run();
      } finally {
        if (left === 0) close();
      }
    }

    return {
      close,
      sign: (message, distinguishingId) =>
        counted(async () => {
          const input = inputOf(driver.library.profile, publicKey, message, distinguishingId);
          const signature = await ask(driver, "sign", { session, input });
          // A container may hold a certificate of another key, and a library may sign something else than it was given.
          if (gm.sm2Verify(publicKey, message, signature, { id: distinguishingId })) return signature;
          throw new OperationError("DEVICE_FAILED", { call: "SKF_ECCSignData", code: "not-verified" });
        }),
      openEnvelope(envelope, certificate) {
        if (!opens || opensFor === null || !sameBytes(certificate.der, opensFor.der)) {
          throw new Error("an envelope that the opening did not name");
        }
        opens = false;
        return counted(() => decrypt(driver, session, envelope, certificate));
      },
    };
  }

  async function decrypt(
    driver: Driver,
    session: number,
    envelope: EnvelopedData,
    certificate: Certificate,
  ): Promise<Uint8Array | null> {
    const { iv, encryptedContent } = envelope;
    for (const raw of findRecipient(envelope, certificate)?.encryptedKeys ?? []) {
      try {
        const key = cipherPartsOf(raw);
        const padded = await ask(driver, "decrypt", { session, key, iv, content: encryptedContent });
        const content = unpad(padded);
        padded.fill(0);
        if (content !== null) return content;
      } catch (error) {
        // Which function failed would help a forger to decrypt: for what the key itself says there is one answer.
        if (!OperationError.is(error, "DEVICE_FAILED")) throw error;
      }
    }
    return null;
  }

  async function open(found: FoundPair, opening: KeyOpening): Promise<OpenKey> {
    const { driver, path } = found;
    const { opensFor = null } = opening;
    const own = found.key.encryptionCertificate;
    if (opensFor !== null && (own === null || !sameBytes(opensFor.der, own))) throw new OperationError("KEY_NOT_FOUND");
    const { pin, mayUseLastTry = false } = opening;
    const opened = await ask(driver, "open", { path, pin, mayUseLastTry });
    if ("session" in opened) return createOpenKey(found, opened.session, opening);
    throw pinError(opened);
  }

  return {
    carrier: "usb-key",

    async list() {
      const { pairs } = await look();
      return pairs.map(({ key }) => key);
    },

    async find(keyId) {
      const { pairs, troubles } = await look();
      const found = pairs.find(({ key }) => key.keyId === keyId);
      // What is not seen may lie behind a library that fails.
      if (found === undefined && troubles.length > 0) throw troubles[0];
      if (found === undefined) return null;
      const { pin: _, ...certificates } = found.key;
      return {
        ...(certificates satisfies KeyCertificates),
        open: (opening) => open(found, opening),
      } satisfies ClosedKey;
    },

    async close() {
      await Promise.all(Array.from(drivers.values(), ({ supervisor }) => supervisor.close()));
    },
  };
}
