/** The companion program (互认通程序): puts its rooms together and starts the one that the caller needs. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Gm } from "@certbridge/gm";
import { loadGm } from "@certbridge/gm/node";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { builtinRegistry } from "@certbridge/trust";
import manifest from "../package.json" with { type: "json" };
import { readRegistry } from "./authorities.ts";
import { createAdmission } from "./admission.ts";
import { openBegun } from "./begun.ts";
import { type KeptBid, openBids } from "./bids.ts";
import { readCall } from "./caller.ts";
import type { Caller } from "./caller.ts";
import type { Alarm } from "./clock.ts";
import { openConsents } from "./consents.ts";
import { openCredentials } from "./credentials.ts";
import { createDispatch } from "./dispatch.ts";
import { homeAt, prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import { createFetchBytes } from "./fetch-bytes.ts";
import type { Host, Run } from "./host.ts";
import { openIdentity } from "./identity.ts";
import { openDiagnosis } from "./install/diagnosis.ts";
import { readHazards } from "./install/hazards.ts";
import { isFirefoxManifest } from "./install/install.ts";
import { mendManifests } from "./install/mend.ts";
import type { ManifestKind } from "./install/browsers.ts";
import { COMMAND_LINE, nameOfParent } from "./parent.ts";
import type { PersonFolders } from "./install/places.ts";
import { failureOfCode, openLedger } from "./ledger.ts";
import type { Log } from "./log.ts";
import { openNotices } from "./notices.ts";
import { openLog } from "./log.ts";
import { clientOf, openPairings } from "./pairings.ts";
import { openRevocationLists } from "./revocation-lists.ts";
import { openSignedClock } from "./signed-clock.ts";
import { serve } from "./stdio/serve.ts";
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

const { version } = manifest;
const clock = Date.now;
const random = (len: number): Uint8Array => randomBytes(len);
const alarm: Alarm = (afterMs, ring) => {
  const timer = setTimeout(ring, afterMs);
  return () => clearTimeout(timer);
};

const openStore = (gm: Gm, home: Home): SoftwareStore => openSoftwareStore({ gm, folder: home.keys, clock, random });

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
const supervise = (opening: Opening): Supervisor => superviseLibrary({ ...workerOf(opening), clock });
const watch = (opening: Opening): Watcher => watchLibrary(workerOf(opening));

const openQueue = (home: Home): DeviceQueue => openDeviceQueue({ folder: home.devices, clock, random });

function openUsbKeys(gm: Gm, home: Home, startedBy: string): UsbKeyStore {
  const queue = openQueue(home);
  const libraries = () => readEnrolled(home.libraries);
  return openUsbKeyStore({ gm, libraries, supervise, watch, alarm, queue, startedBy });
}

interface OpenedHost {
  readonly host: Host;
  readonly store: SoftwareStore;
  readonly usbKeys: UsbKeyStore;
}

/** @param startedBy its name as people read it, where another program waits for a device that this one has */
async function openHost(home: Home, log: Log, startedBy: string): Promise<OpenedHost> {
  await prepareHome(home);
  const gm = await loadGm();
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
  const identity = await openIdentity({ gm, clock }, home.identity);
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

/** Where browsers look on this machine, without a word of the environment. */
function ownFolders(): PersonFolders {
  const { homedir: folder } = userInfo();
  return { home: folder, config: join(folder, ".config"), root: "/" };
}

/** Serves until the browser has had enough. @throws where the home cannot be opened, or the input is no stream of frames */
async function serveOne(home: Home, log: Log, kind: ManifestKind): Promise<void> {
  // Looked at once, while the rest is opened; it is in no request's way.
  const hazards = readHazards(home, ownFolders()).catch(async (error: unknown) => {
    await log({ event: "hazards", error });
    return [];
  });
  // After the look: what somebody altered is shown this once.
  const mending = hazards.then(() => mendManifests(home, log));
  const { host, usbKeys } = await openHost(home, log, await nameOfParent());
  await host.consents.sweep();
  const sweeping = sweep(host, log);
  const pairings = openPairings(home.pairings, clock);
  const session = encodeBase64Url(random(32));
  const run: Run = {
    session,
    admitClient: (publicKey) => pairings.admit(clientOf(host.gm, kind, publicKey), host.identity.fingerprint),
    hazards: () => hazards,
    diagnose: openDiagnosis({ home, clock, supervise }, ownFolders()),
    begun: openBegun(alarm, host.ledger),
  };
  const admit = createAdmission({ publicKey: host.identity.publicKey, session }, pairings);
  const respond = createDispatch(createHandlers(host, run), admit, log);
  // Nobody is there any more who could be told of a change.
  process.stdin.once("close", () => usbKeys.wake());
  try {
    const streams = { input: process.stdin, output: process.stdout };
    await serve(streams, respond, log, alarm, () => run.begun.isOpen());
  } finally {
    await run.begun.end();
    await Promise.all([usbKeys.close(), sweeping, mending]);
  }
}

/** Nothing that goes wrong here is left to Node: its words about an error may quote what was being handled. */
async function serveBrowser(home: Home, log: Log, kind: ManifestKind): Promise<number> {
  process.stdout.on("error", () => undefined);
  process.on("uncaughtException", (error) => {
    void log({ event: "crash", error }).finally(() => process.exit(1));
  });
  try {
    await serveOne(home, log, kind);
    return 0;
  } catch (error) {
    await log({ event: "ended", error });
    return 1;
  }
}

async function runPerson(home: Home, args: readonly string[]): Promise<number> {
  const log = openLog(home.log, clock);
  const { runCommand } = await import("./cli/program.ts");
  const { noSecrets, streamSecrets, terminalSecrets } = await import("./cli/terminal.ts");
  const config = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  const cli = {
    version,
    home,
    program: { node: process.execPath, script: fileURLToPath(import.meta.url) },
    person: { home: homedir(), config, root: "/" },
    random,
    clock,
    openHost: () => openHost(home, log, COMMAND_LINE),
    openCore: () => loadGm(),
    openStore: (gm: Gm) => openStore(gm, home),
    superviseLibrary: supervise,
    queueForDevices: () => openQueue(home),
    secrets({ pinStdin = false }: { readonly pinStdin?: boolean }) {
      if (pinStdin) return streamSecrets(process.stdin);
      return process.stdin.isTTY ? terminalSecrets(process.stdin, process.stderr) : noSecrets();
    },
    say: (line: string) => void process.stdout.write(`${line}\n`),
  };
  return runCommand(cli, args, (line) => void process.stderr.write(`${line}\n`));
}

/** Where a person's commands work without `--home`: what XDG says. A browser's call never asks the environment. */
function defaultHome(isPerson: boolean): string {
  const data = isPerson ? process.env["XDG_DATA_HOME"] : undefined;
  const owner = isPerson ? homedir() : userInfo().homedir;
  return join(data ?? join(owner, ".local", "share"), "certbridge");
}

function refuse(): number {
  process.stderr.write("certbridge-host: this caller may not start the program\n");
  return 1;
}

async function answer(caller: Caller, home: Home, args: readonly string[]): Promise<number> {
  const log = openLog(home.log, clock);
  switch (caller.kind) {
    case "person":
      return runPerson(home, args);
    case "chromium":
      return serveBrowser(home, log, "chromium");
    case "firefox":
      if (!(await isFirefoxManifest(home, ownFolders(), caller.manifest))) return refuse();
      return serveBrowser(home, log, "firefox");
    case "stranger":
      return refuse();
  }
}

const { caller, home, args } = readCall(process.argv.slice(2));
process.exitCode = await answer(caller, homeAt(resolve(home ?? defaultHome(caller.kind === "person"))), args);
