/** USB keys for the figures of the companion program: soft tokens (tests/support/soft-token) with one certificate pair, and the worker as it is built. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createDemoAuthorities, demoBidders, obtainKeys } from "@certbridge/demo/bidders";
import { loadGm } from "@certbridge/gm/node";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { deviceProfile } from "@certbridge/trust";
import * as v from "valibot";
import type { EnrolledLibrary } from "../../apps/host/src/stores/usb-key/enrolled.ts";
import { openDeviceQueue } from "../../apps/host/src/stores/usb-key/queue.ts";
import { openUsbKeyStore, type UsbKeyStore } from "../../apps/host/src/stores/usb-key/store.ts";
import { type Supervisor, superviseLibrary } from "../../apps/host/src/stores/usb-key/supervisor.ts";
import { watchLibrary } from "../../apps/host/src/stores/usb-key/watcher.ts";
import type { ContainerPath, Opening } from "../../apps/host/src/stores/usb-key/wire.ts";
import { type Conf, makeToken, type SoftToken } from "../../tests/support/soft-token/token.ts";

/** Flags of Node's, as launchers set them: apps/host/src/install/launcher.ts. */
export const FLAGS = ["--disable-sigusr1", "--no-warnings"];

const WORKER = resolve("build/host/token-worker.mjs");

const LAYOUT = { ulongLen: 4, packing: "packed" } as const;
const DEVICE = "CA-LOCK-1";
const APPLICATION = "投标应用";
const CONTAINER = "双证书";

export const PIN = "246810";
export const pinBytes = (): Uint8Array => new TextEncoder().encode(PIN);

export const gm = await loadGm();
const keys = obtainKeys(gm, createDemoAuthorities(gm).jiangnan, demoBidders.jianye);

export const KEY_ID = encodeBase64Url(gm.sm3(keys.signing));

const name = (text: string): Uint8Array => new TextEncoder().encode(text);

const PATH: ContainerPath = { device: name(DEVICE), application: name(APPLICATION), container: name(CONTAINER) };

/** What opens the key, beside its PIN. */
export const ASKED = { path: PATH, signingCertificate: keys.signing, mayUseLastTry: false } as const;

/** A store of this one library, as the program has it. */
export function openStore(library: EnrolledLibrary, folder: string): UsbKeyStore {
  return openUsbKeyStore({
    gm,
    libraries: () => Promise.resolve([library]),
    supervise,
    watch: (opening) => watchLibrary({ program: WORKER, opening, alarm, execArgv: FLAGS }),
    alarm,
    queue: openDeviceQueue({ folder, clock: Date.now, random: (len) => randomBytes(len) }),
    startedBy: "bench",
  });
}

export interface BenchKey {
  readonly token: SoftToken;
  readonly opening: Opening;
  /** As `devices add` would enrol it. */
  readonly library: EnrolledLibrary;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A library of its own, for each of them the same key. @param folder empty, or none yet */
export function makeKey(folder: string, conf: Conf = {}): BenchKey {
  const token = makeToken({ folder: resolve(folder), layout: "packed4", devices: [DEVICE], conf });
  token.provision(DEVICE, {
    application: APPLICATION,
    pin: PIN,
    container: CONTAINER,
    signing: { key: hexOf(keys.signingKey), certificate: keys.signing },
    encryption: { key: hexOf(keys.encryptionKey), certificate: keys.encryption },
  });
  const { library: path } = token;
  const sha256 = createHash("sha256").update(readFileSync(path)).digest();
  return {
    token,
    opening: { library: { path, sha256 }, layout: LAYOUT },
    library: {
      path,
      sha256: encodeBase64Url(sha256),
      profile: v.parse(deviceProfile, { layout: LAYOUT, signInput: "digest" }),
      chain: keys.chain.map(encodeBase64Url),
    },
  };
}

const alarm = (afterMs: number, ring: () => void) => {
  const timer = setTimeout(ring, afterMs);
  return () => clearTimeout(timer);
};

/** The worker of the built program, kept by the program's own supervisor. */
export function supervise(opening: Opening): Supervisor {
  return superviseLibrary({
    program: WORKER,
    opening,
    clock: Date.now,
    alarm,
    execArgv: FLAGS,
  });
}

/** The session that a worker opened. */
export async function openSession(supervisor: Supervisor): Promise<number> {
  const opened = await supervisor.call("open", { ...ASKED, pin: pinBytes() });
  if ("session" in opened) return opened.session;
  throw new Error(`the soft token did not take its PIN: ${opened.pin}`);
}

/** A digest that nobody has signed yet. */
export const freshDigest = (): Uint8Array => gm.sm3(crypto.getRandomValues(new Uint8Array(32)));
