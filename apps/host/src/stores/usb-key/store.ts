/**
 * USB keys (CA锁) as a store: what every enrolled library shows, and what is done with it. The worker says what a key answered; whether that is a signature
 * of the certificate's, and a key block's content, is judged here.
 */
import type { Gm } from "@certbridge/gm";
import { findRecipient, parseCertificate, sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { DEFAULT_DISTINGUISHING_ID } from "@certbridge/protocol/statement";
import type { DeviceProfile } from "@certbridge/trust";
import type { Alarm } from "../../clock.ts";
import type { ClosedKey, KeyCertificates, KeyStore, OpenKey, Opening as KeyOpening } from "../../key-store.ts";
import { SAR } from "./codes.ts";
import { type EnrolledLibrary, openingOf, queueName } from "./enrolled.ts";
import { codeWords, deviceError, pinError } from "./failures.ts";
import { takeBackBy } from "./left-logins.ts";
import { createPairReader, type Pair, type PairReader, shownPair } from "./pairs.ts";
import { openPlugged } from "./plugged.ts";
import type { DeviceQueue } from "./queue.ts";
import type { Supervisor } from "./supervisor.ts";
import { cipherPartsOf } from "./structures.ts";
import { openTurns } from "./turns.ts";
import type { Mark, Watcher } from "./watcher.ts";
import type { FoundDevice, Opening, TokenVerb, TokenVerbs } from "./wire.ts";

const BLOCK_LEN = 16;

export interface UsbKeyStore extends KeyStore {
  /** Answers as soon as other devices are plugged in than at the mark `seen`, or after so long; at once where it is null. Null where no library is enrolled. */
  changed(seen: Mark | null, waitMs: number): Promise<Mark | null>;
  /** Whoever waits for a change is answered now, and nobody waits any more. */
  wake(): void;
  /** Ends the workers. */
  close(): Promise<void>;
}

/** A library and what keeps its worker. */
interface Driver {
  readonly library: EnrolledLibrary;
  readonly supervisor: Supervisor;
  readonly watcher: Watcher;
  readonly reader: PairReader;
}

interface FoundPair extends Pair {
  readonly driver: Driver;
  /** The device's name in the queue. */
  readonly place: string;
  /** All that lies on the same device. */
  readonly beside: readonly Pair[];
}

interface Looked {
  readonly pairs: readonly FoundPair[];
  readonly troubles: readonly unknown[];
}

/** A call beside this one, or another program, logged the key out. That says nothing of the bytes. */
const isLoginLost = ({ details }: OperationError<"DEVICE_FAILED">): boolean =>
  details !== undefined && [SAR.NOT_LOGGED_IN, SAR.INVALID_HANDLE].map(codeWords).includes(details.code);

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
  readonly watch: (opening: Opening) => Watcher;
  readonly alarm: Alarm;
  readonly queue: DeviceQueue;
  /** Who started this program, for those who wait: the browser's name. */
  readonly startedBy: string;
}): UsbKeyStore {
  const { gm, queue, startedBy: browser } = options;
  const drivers = new Map<string, Driver>();
  const turns = openTurns(queue);
  const plugged = openPlugged(options.alarm);

  const createDriver = (library: EnrolledLibrary): Driver => ({
    library,
    supervisor: options.supervise(openingOf(library)),
    watcher: options.watch(openingOf(library)),
    reader: createPairReader(gm, library.chain.map(decodeBase64Url)),
  });

  async function currentDrivers(): Promise<readonly Driver[]> {
    const libraries = await options.libraries();
    const named = new Map(libraries.map((library) => [JSON.stringify(library), library]));
    for (const [name, { supervisor, watcher }] of drivers) {
      if (named.has(name)) continue;
      drivers.delete(name);
      watcher.close();
      await supervisor.close();
    }
    return Array.from(named, ([name, library]) => {
      const driver = drivers.get(name) ?? createDriver(library);
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

  const takeBackOn = (driver: Driver, device: Uint8Array) =>
    takeBackBy((verb, params) => ask(driver, verb, params), device);

  /** Null where it was pulled meanwhile. */
  async function readDevice(driver: Driver, device: Uint8Array): Promise<FoundDevice | "pulled"> {
    try {
      return await ask(driver, "read", { device });
    } catch (error) {
      if (OperationError.is(error, "DEVICE_REMOVED")) return "pulled";
      throw error;
    }
  }

  /** What lies on a device: read there, or, while somebody is logged in, as that one has seen it. */
  async function pairsOn(driver: Driver, device: Uint8Array, place: string): Promise<readonly Pair[]> {
    const { reader } = driver;
    const own = turns.pairsOn(place);
    if (own !== null) return reader.ofOwn(device, own);
    const read = await queue.read(place, () => readDevice(driver, device), takeBackOn(driver, device));
    if ("done" in read) return read.done === "pulled" ? [] : reader.ofDevice(read.done);
    if (read.by === null) throw new OperationError("DEVICE_BUSY", { by: null, since: null });
    return reader.ofHolding(device, read.by);
  }

  /** One reading of a device at a time: whoever asks meanwhile gets what it gives. */
  const reading = new Map<string, Promise<readonly Pair[]>>();
  function pairsOnce(driver: Driver, device: Uint8Array, place: string): Promise<readonly Pair[]> {
    const under = reading.get(place) ?? pairsOn(driver, device, place).finally(() => reading.delete(place));
    reading.set(place, under);
    return under;
  }

  /** A key that fails hides no other. */
  async function pairsOf(driver: Driver): Promise<Looked> {
    const pairs: FoundPair[] = [];
    const troubles: unknown[] = [];
    for (const device of await ask(driver, "names", {})) {
      const place = queueName(gm, driver.library, device);
      try {
        const beside = await pairsOnce(driver, device, place);
        pairs.push(...beside.map((pair) => ({ ...pair, driver, place, beside })));
      } catch (error) {
        troubles.push(error);
      }
    }
    return { pairs, troubles };
  }

  /** Of every library that works; the troubles of the others beside them. */
  async function look(): Promise<Looked> {
    const current = await currentDrivers().catch((error: unknown) => ({ error }));
    // Doctor says what is the matter with the list; keys of other stores are there all the same.
    if ("error" in current) return { pairs: [], troubles: [current.error] };
    const looked = await Promise.allSettled(current.map(pairsOf));
    const pairs = looked.flatMap((one) => (one.status === "fulfilled" ? one.value.pairs : []));
    const troubles = looked.flatMap((one) => (one.status === "fulfilled" ? one.value.troubles : [one.reason]));
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

  function createOpenKey(
    { driver, key }: FoundPair,
    session: number,
    { calls, opensFor = null }: KeyOpening,
    leave: () => void,
  ): OpenKey {
    const { publicKey } = parseCertificate(key.signingCertificate);
    let [left, opens, isOpen] = [calls, opensFor !== null, true];

    function close(): void {
      if (!isOpen) return;
      [left, opens, isOpen] = [0, false, false];
      // Where this fails, the worker is dead or about to be, and the next one logs out before anything else.
      void driver.supervisor
        .call("close", { session })
        .catch(() => driver.supervisor.takeBack())
        .catch(() => undefined)
        .finally(leave);
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
        if (!OperationError.is(error, "DEVICE_FAILED") || isLoginLost(error)) throw error;
      }
    }
    return null;
  }

  async function open(found: FoundPair, opening: KeyOpening): Promise<OpenKey> {
    const { driver, path } = found;
    const { opensFor = null } = opening;
    const own = found.key.encryptionCertificate;
    if (opensFor !== null && (own === null || !sameBytes(opensFor.der, own))) throw new OperationError("KEY_NOT_FOUND");
    const { site = null, mayUseLastTry = false } = opening;
    const takeBack = takeBackOn(driver, path.device);
    const leave = await turns.join(found.place, { browser, site, pairs: found.beside.map(shownPair), takeBack });
    try {
      const { signingCertificate } = found.key;
      const opened = await ask(driver, "open", { path, signingCertificate, pin: opening.pin, mayUseLastTry });
      if ("session" in opened) return createOpenKey(found, opened.session, opening, leave);
      if (opened.pin === "incorrect") turns.noteTries(found.place, shownPair(found).application, opened.triesLeft);
      throw pinError(opened);
    } catch (error) {
      // Its worker may have ended with the PIN accepted: nobody else has its turn before that is taken back.
      await driver.supervisor.takeBack().catch(() => undefined);
      leave();
      throw error;
    }
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

    async changed(seen, waitMs) {
      const current = await currentDrivers().catch(() => []);
      return plugged.changed(
        current.map(({ watcher }) => watcher),
        seen,
        waitMs,
      );
    },

    wake: () => plugged.wake(),

    async close() {
      for (const { watcher } of drivers.values()) watcher.close();
      await Promise.all(Array.from(drivers.values(), ({ supervisor }) => supervisor.close()));
    },
  };
}
