/**
 * USB keys (CA锁) as a store: what every enrolled library shows, and what is done with it. The worker says what a key answered; whether that is a signature
 * of the certificate's, and a key block's content, is judged here.
 */
import type { Gm } from "@certbridge/gm";
import { sameBytes } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { Alarm } from "../../clock.ts";
import type { ClosedKey, KeyCertificates, KeyStore, OpenKey, Opening as KeyOpening } from "../../key-store.ts";
import { type EnrolledLibrary, openingOf, queueName } from "./enrolled.ts";
import { pinError } from "./failures.ts";
import { takeBackBy } from "./left-logins.ts";
import { createOpenKey } from "./open-key.ts";
import { createPairReader, type Pair, type PairReader, shownPair } from "./pairs.ts";
import { openPlugged } from "./plugged.ts";
import type { DeviceQueue } from "./queue.ts";
import type { Supervisor } from "./supervisor.ts";
import { type Ask, askOf } from "./trial.ts";
import { openTurns } from "./turns.ts";
import type { Mark, Watcher } from "./watcher.ts";
import type { FoundDevice, Opening } from "./wire.ts";

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
  readonly ask: Ask;
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

  function createDriver(library: EnrolledLibrary): Driver {
    const supervisor = options.supervise(openingOf(library));
    return {
      library,
      supervisor,
      ask: askOf(supervisor),
      watcher: options.watch(openingOf(library)),
      reader: createPairReader(gm, library.chain.map(decodeBase64Url)),
    };
  }

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

  /** Null where it was pulled meanwhile. */
  async function readDevice(driver: Driver, device: Uint8Array): Promise<FoundDevice | "pulled"> {
    try {
      return await driver.ask("read", { device });
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
    const read = await queue.read(place, () => readDevice(driver, device), takeBackBy(driver.ask, device));
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
    for (const device of await driver.ask("names", {})) {
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

  async function open(found: FoundPair, opening: KeyOpening): Promise<OpenKey> {
    const { driver, path } = found;
    const { opensFor = null } = opening;
    const own = found.key.encryptionCertificate;
    if (opensFor !== null && (own === null || !sameBytes(opensFor.der, own))) throw new OperationError("KEY_NOT_FOUND");
    const { site = null, mayUseLastTry = false } = opening;
    const takeBack = takeBackBy(driver.ask, path.device);
    const leave = await turns.join(found.place, { browser, site, pairs: found.beside.map(shownPair), takeBack });
    try {
      const { signingCertificate } = found.key;
      const opened = await driver.ask("open", { path, signingCertificate, pin: opening.pin, mayUseLastTry });
      if ("session" in opened) {
        const { supervisor, library, ask } = driver;
        const means = { gm, ask, takeBack: () => supervisor.takeBack(), profile: library.profile };
        return createOpenKey(means, { ...opening, signingCertificate, session: opened.session, leave });
      }
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
