/**
 * Puts together what the verbs and the commands stand on. By far the largest part of the program hangs on this file (certificates, bids, keys), so that it is
 * loaded only when it is needed: never before a browser has its first answer (serve-browser.ts).
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Gm } from "@certbridge/gm";
import { builtinRegistry } from "@certbridge/trust";
import { readRegistry } from "./authorities.ts";
import { openBegun } from "./begun.ts";
import { type KeptBid, openBids } from "./bids.ts";
import { openConsents } from "./consents.ts";
import { openCredentials } from "./credentials.ts";
import type { Handlers } from "./dispatch.ts";
import { createFetchBytes } from "./fetch-bytes.ts";
import type { Home } from "./home.ts";
import type { Host, Run } from "./host.ts";
import type { Identity } from "./identity.ts";
import { openDiagnosis } from "./install/diagnosis.ts";
import { failureOfCode, openLedger } from "./ledger.ts";
import type { Log } from "./log.ts";
import { openNotices } from "./notices.ts";
import { openRevocationLists } from "./revocation-lists.ts";
import { alarm, clock, ownFolders, random } from "./rim.ts";
import { openSignedClock } from "./signed-clock.ts";
import { openSoftwareStore } from "./stores/software/store.ts";
import type { SoftwareStore } from "./stores/software/store.ts";
import { runtimeFor } from "./stores/usb-key/architecture.ts";
import { readEnrolled } from "./stores/usb-key/enrolled.ts";
import { type DeviceQueue, openDeviceQueue } from "./stores/usb-key/queue.ts";
import { openUsbKeyStore, type UsbKeyStore } from "./stores/usb-key/store.ts";
import { type Supervisor, superviseLibrary } from "./stores/usb-key/supervisor.ts";
import { watchLibrary, type Watcher } from "./stores/usb-key/watcher.ts";
import type { Opening } from "./stores/usb-key/wire.ts";
import { newestOf } from "./verbs/bid/lot.ts";
import { createHandlers } from "./verbs/index.ts";

export { hostVerbs } from "@certbridge/protocol/host";

export const openStore = (gm: Gm, home: Home): SoftwareStore =>
  openSoftwareStore({ gm, folder: home.keys, clock, random });

/** Beside this program, as the build lays it. */
const TOKEN_WORKER = fileURLToPath(new URL("token-worker.mjs", import.meta.url));

const MACHINE = {
  platform: process.platform,
  arch: process.arch,
  node: process.execPath,
  folder: dirname(TOKEN_WORKER),
  isThere: existsSync,
};

const workerOf = (opening: Opening) => {
  const execPath = runtimeFor(opening.quirks?.architecture ?? null, MACHINE);
  return { program: TOKEN_WORKER, opening, alarm, execPath };
};

export const supervise = (opening: Opening): Supervisor => superviseLibrary({ ...workerOf(opening), clock });

const watch = (opening: Opening): Watcher => watchLibrary(workerOf(opening));

export const openQueue = (home: Home): DeviceQueue => openDeviceQueue({ folder: home.devices, clock, random });

function openUsbKeys(gm: Gm, home: Home, startedBy: string): UsbKeyStore {
  const libraries = () => readEnrolled(home.libraries);
  return openUsbKeyStore({ gm, libraries, supervise, watch, alarm, queue: openQueue(home), startedBy });
}

export interface OpenedHost {
  readonly host: Host;
  readonly store: SoftwareStore;
  readonly usbKeys: UsbKeyStore;
}

/** What is there before the rest: the cryptography, and who the program is. The home's folders are made. */
export interface Core {
  readonly version: string;
  readonly gm: Gm;
  readonly identity: Identity;
  /** Its name as people read it, where another program waits for a device that this one has. */
  readonly startedBy: string;
}

export async function openHost({ version, gm, identity, startedBy }: Core, home: Home, log: Log): Promise<OpenedHost> {
  const [store, usbKeys] = [openStore(gm, home), openUsbKeys(gm, home, startedBy)];
  // A broken registry tells nobody's code; doctor says so.
  const registry = await readRegistry(home.registry).catch(async (error: unknown) => {
    await log({ event: "registry-broken", error });
    return builtinRegistry;
  });
  const credentials = openCredentials({ gm, folder: home.credentials, clock });
  const bids = openBids({ gm, folder: home.bids, clock });
  const notices = openNotices({ gm, folder: home.notices, clock });
  const ledger = openLedger({ gm, folder: home.ledger, clock, version, log });
  const consents = openConsents(home.consents, clock);
  const outside = { gm, clock, random, registry, fetchBytes: createFetchBytes() };
  const lists = openRevocationLists({ ...outside, folder: home.lists });
  const kept = { credentials, bids, notices, ledger, consents, identity, lists };
  const host = {
    version,
    gm,
    clock,
    random,
    stores: [store, usbKeys],
    pluggedChange: (seen: string | null, waitMs: number) => usbKeys.changed(seen, waitMs),
    registry,
    ...kept,
    signedClock: openSignedClock(outside),
  };
  return { host, store, usbKeys };
}

/** Bids and notices that have served are forgotten. Whatever hinders that is no reason not to serve, and it is in no request's way. */
async function sweep({ bids, notices, ledger }: Host, log: Log): Promise<void> {
  try {
    const stampedAt = await bids.latestStamp();
    const openingOf = async (kept: KeptBid) =>
      (await newestOf({ notices }, kept))?.said.openingTime ?? kept.header.openingTime;
    for (const packageId of await bids.sweep(openingOf, stampedAt))
      await ledger.note(packageId, { step: "encrypt", failure: failureOfCode("INTERRUPTED") });
    await notices.sweep(stampedAt);
  } catch (error) {
    await log({ event: "sweep", error });
  }
}

/** What a run has from its beginning. */
export type OwnRun = Omit<Run, "begun" | "diagnose">;

/** Every verb, for one run. */
export interface OpenedVerbs {
  readonly handlers: Handlers;
  /** Whether a bid is in the making. */
  isBusy(): boolean;
  /** Whoever waits for a key to be plugged in is answered: nobody is there any more. */
  wake(): void;
  /** Ends what the run began, and what is under way. */
  close(): Promise<void>;
}

export async function openVerbs(core: Core, home: Home, log: Log, own: OwnRun): Promise<OpenedVerbs> {
  const { host, usbKeys } = await openHost(core, home, log);
  await host.consents.sweep();
  const sweeping = sweep(host, log);
  const run: Run = {
    ...own,
    diagnose: openDiagnosis({ home, gm: core.gm, clock, supervise, queue: openQueue(home) }, ownFolders()),
    begun: openBegun(alarm, host.ledger),
  };
  return {
    handlers: createHandlers(host, run),
    isBusy: () => run.begun.isOpen(),
    wake: () => usbKeys.wake(),
    async close() {
      await run.begun.end();
      await Promise.all([usbKeys.close(), sweeping]);
    },
  };
}
