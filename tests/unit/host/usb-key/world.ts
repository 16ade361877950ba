/** A store of USB keys over a soft token of its own, with the worker as it is. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll } from "vitest";
import type { EnrolledLibrary } from "../../../../apps/host/src/stores/usb-key/enrolled.ts";
import { enrolLibrary } from "../../../../apps/host/src/stores/usb-key/enrol.ts";
import { openUsbKeyStore } from "../../../../apps/host/src/stores/usb-key/store.ts";
import { type Supervisor, superviseLibrary } from "../../../../apps/host/src/stores/usb-key/supervisor.ts";
import type { Opening } from "../../../../apps/host/src/stores/usb-key/wire.ts";
import { gm, party } from "../../../support/authority.ts";
import { publicKeyPem, signatureToDer } from "../../../support/oracles/der.ts";
import { type Contents, makeToken, type TokenPlan } from "../../../support/soft-token/token.ts";

const folder = mkdtempSync(join(tmpdir(), "CA锁 keys "));
const opened: Supervisor[] = [];
afterAll(async () => {
  await Promise.all(opened.map((supervisor) => supervisor.close()));
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
const SOON = { open: 4000, sign: 1000, list: 4000 };

export function supervise(opening: Opening): Supervisor {
  const supervisor = superviseLibrary({
    program: resolve("apps/host/src/stores/usb-key/worker.ts"),
    opening,
    clock: Date.now,
    alarm: (afterMs, ring) => {
      const timer = setTimeout(ring, afterMs);
      return () => clearTimeout(timer);
    },
    deadlines: SOON,
    execArgv: ["--no-warnings"],
  });
  opened.push(supervisor);
  return supervisor;
}

let count = 0;

/** A path of this test file that nobody has yet. */
export const place = (): string => join(folder, String(count++));

export type KeyPlan = Omit<TokenPlan, "folder" | "devices">;

/** A token with one key pair on one device. */
export function makeKey(plan: KeyPlan = {}, contents: Contents = CONTENTS) {
  const token = makeToken({ ...plan, folder: place(), devices: [DEVICE] });
  token.provision(DEVICE, contents);
  return token;
}

export const enrol = (path: string, pin: string | null = null) =>
  enrolLibrary({ gm, path, chain: [], pin: pin === null ? null : bytesOf(pin), supervise });

export function storeOf(libraries: readonly EnrolledLibrary[]) {
  return openUsbKeyStore({ gm, libraries: () => Promise.resolve(libraries), supervise });
}

export const KEY_ID = encodeBase64Url(gm.sm3(signer.certificate.der));

/** The key of a store of this one token, opened. */
export async function openKey(plan: KeyPlan = {}, calls = 1) {
  const token = makeKey(plan);
  const { library } = await enrol(token.library);
  const store = storeOf([library]);
  const found = await store.find(KEY_ID);
  if (found === null) throw new Error("the key was not found");
  const open = (pin = PIN, mayUseLastTry = false) =>
    found.open({ pin: bytesOf(pin), calls, opensFor: receiver.certificate, mayUseLastTry });
  return { token, store, library, open };
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
