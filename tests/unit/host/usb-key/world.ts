/** A store of USB keys over a soft token of its own, with the worker as it is. */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { deviceProfile } from "@certbridge/trust";
import * as v from "valibot";
import { afterAll } from "vitest";
import type { EnrolledLibrary } from "../../../../apps/host/src/stores/usb-key/enrolled.ts";
import { enrolLibrary } from "../../../../apps/host/src/stores/usb-key/enrol.ts";
import { openDeviceKeeper } from "../../../../apps/host/src/stores/usb-key/keeper.ts";
import { openDeviceQueue } from "../../../../apps/host/src/stores/usb-key/queue.ts";
import { openUsbKeyStore, type UsbKeyStore } from "../../../../apps/host/src/stores/usb-key/store.ts";
import { type Supervisor, superviseLibrary } from "../../../../apps/host/src/stores/usb-key/supervisor.ts";
import { watchLibrary } from "../../../../apps/host/src/stores/usb-key/watcher.ts";
import type { Opening } from "../../../../apps/host/src/stores/usb-key/wire.ts";
import { gm, party } from "../../../support/authority.ts";
import { publicKeyPem, signatureToDer } from "../../../support/oracles/der.ts";
import { type Contents, makeToken, type SoftToken, type TokenPlan } from "../../../support/soft-token/token.ts";
import { LAYOUTS } from "../../../support/soft-token/variants.ts";

const folder = mkdtempSync(join(tmpdir(), "CA锁 keys "));
const opened: Supervisor[] = [];
const stores: UsbKeyStore[] = [];
afterAll(async () => {
  await Promise.all([...stores, ...opened].map((one) => one.close()));
  rmSync(folder, { recursive: true, force: true });
});

export const PIN = "246-810";
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const signer = party("滨江建设有限公司", null, { keyUsage: ["digitalSignature"] });
export const receiver = party("滨江建设有限公司", null, { keyUsage: ["keyEncipherment"] });

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export const DEVICE = "KEY-1";
export const APPLICATION = "投标应用";

export const CONTENTS = {
  application: APPLICATION,
  pin: PIN,
  container: "pair",
  signing: { key: hexOf(signer.privateKey), certificate: signer.certificate.der },
  encryption: { key: hexOf(receiver.privateKey), certificate: receiver.certificate.der },
} as const;

/** How long a call may take here: a library that hangs is found out soon. */
const SOON = { open: 4000, sign: 1000, list: 4000, names: 4000, read: 4000 };

const WORKER = resolve("apps/host/src/stores/usb-key/worker.ts");

const alarm = (afterMs: number, ring: () => void) => {
  const timer = setTimeout(ring, afterMs);
  return () => clearTimeout(timer);
};

export function supervise(opening: Opening): Supervisor {
  const supervisor = superviseLibrary({
    program: WORKER,
    opening,
    clock: Date.now,
    alarm,
    deadlines: SOON,
    execArgv,
  });
  opened.push(supervisor);
  return supervisor;
}

let count = 0;

/** A path of this test file that nobody has yet. */
export const place = (): string => join(folder, String(count++));

export type KeyPlan = Omit<TokenPlan, "folder" | "devices">;

/** A token with one key pair on one device. */
export const makeKey = (plan: KeyPlan = {}, contents: Contents = CONTENTS) => makeKeys([contents], plan);

/** A token with a device for each of these contents: KEY-1, KEY-2, … */
function makeKeys(contents: readonly Contents[], plan: KeyPlan) {
  const names = contents.map((_, place) => `KEY-${place + 1}`);
  const token = makeToken({ ...plan, folder: place(), devices: names });
  for (const [at, one] of contents.entries()) token.provision(names[at] ?? "", one);
  return token;
}

export const otherSigner = party("南山工程有限公司", null, { keyUsage: ["digitalSignature"] });
export const OTHER_KEY_ID = encodeBase64Url(gm.sm3(otherSigner.certificate.der));

/** Two devices of one library, KEY-1 and KEY-2, with the keys KEY_ID and OTHER_KEY_ID under the same PIN. */
export const makeTwoKeys = () =>
  makeKeys(
    [
      CONTENTS,
      { ...CONTENTS, signing: { key: hexOf(otherSigner.privateKey), certificate: otherSigner.certificate.der } },
    ],
    {},
  );

export const enrol = (path: string, pin: string | null = null) =>
  enrolLibrary({ gm, path, chain: [], pin: pin === null ? null : bytesOf(pin), supervise });

/** A library as if it had been enrolled without a trial, when profiles had two fields: without the workers that enrolling takes. */
export function writtenDown(token: SoftToken): EnrolledLibrary {
  const { ulong: ulongLen, packed } = LAYOUTS.find(({ name }) => name === token.layout) ?? LAYOUTS[0];
  const layout = { ulongLen, packing: packed ? "packed" : "natural" };
  const digest = createHash("sha256").update(readFileSync(token.library)).digest();
  return {
    path: token.library,
    sha256: encodeBase64Url(digest),
    profile: v.parse(deviceProfile, { layout, signInput: "digest" }),
    chain: [],
  };
}

const execArgv = ["--no-warnings"];

/** One home folder of the machine's person, in which all programs queue; each store is a program of its own. */
export const devices = join(folder, "devices");

export const queueOf = (waitMs = 2000) =>
  openDeviceQueue({ folder: devices, clock: Date.now, random: (len) => randomBytes(len), waitMs });

/** @param startedBy the browser's name @param waitMs how long it waits for a device */
export function storeOf(libraries: readonly EnrolledLibrary[], startedBy = "Chromium", waitMs = 2000) {
  const store = openUsbKeyStore({
    gm,
    libraries: () => Promise.resolve(libraries),
    supervise,
    watch: (opening) => watchLibrary({ program: WORKER, opening, alarm, execArgv }),
    alarm,
    queue: queueOf(waitMs),
    startedBy,
  });
  stores.push(store);
  return store;
}

/** What a person does by hand with keys of these libraries. */
export const keeperOf = (libraries: readonly EnrolledLibrary[], waitMs = 2000) =>
  openDeviceKeeper({ gm, libraries, supervise, queue: queueOf(waitMs), startedBy: "certbridge-host" });

export const KEY_ID = encodeBase64Url(gm.sm3(signer.certificate.der));

/** The key of a store of this one token, opened. */
export async function openKey(plan: KeyPlan = {}, calls = 1) {
  const token = makeKey(plan);
  const library = writtenDown(token);
  const store = storeOf([library]);
  const found = await store.find(KEY_ID);
  if (found === null) throw new Error("the key was not found");
  const open = (pin = PIN, options: { readonly mayUseLastTry?: boolean } = {}) =>
    found.open({ pin: bytesOf(pin), calls, opensFor: receiver.certificate, ...options });
  /** Another bidder's key in the same port, under the same names. */
  const replaceKey = () => {
    const { key, certificate } = { key: hexOf(otherSigner.privateKey), certificate: otherSigner.certificate.der };
    token.provision(DEVICE, { ...CONTENTS, signing: { key, certificate } });
  };
  return { token, store, library, open, replaceKey };
}

/** What OpenSSL's command line says of a signature, r ‖ s, over the message under the default distinguishing id. */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const at = place();
  writeFileSync(`${at}.pem`, publicKeyPem(publicKey));
  writeFileSync(`${at}.txt`, message);
  writeFileSync(`${at}.sig`, signatureToDer(signature));
  const by = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"];
  const files = ["-pubin", "-inkey", `${at}.pem`, "-in", `${at}.txt`, "-sigfile", `${at}.sig`];
  try {
    execFileSync("openssl", ["pkeyutl", "-verify", ...by, ...files], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}
