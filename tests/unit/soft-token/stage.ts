/** One token of a test with one device, one application, one container; and blobs as clause 6.4 of GM/T 0016-2012 has them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { publicKeyPem, signatureToDer } from "../../support/oracles/der.ts";
import { publicKeyOf } from "../../support/oracles/sm2.ts";
import { openLibrary } from "../../support/soft-token/driver.ts";
import type { Library } from "../../support/soft-token/driver.ts";
import { makeToken } from "../../support/soft-token/token.ts";
import type { Contents, TokenPlan } from "../../support/soft-token/token.ts";

const folder = mkdtempSync(join(tmpdir(), "软件 令牌's "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** A path of this test file that nobody has yet. */
export const place = (): string => join(folder, String(count++));

export const DEVICE = "KEY-1";
export const APPLICATION = "投标应用";
export const PIN = "246-810";
export const USER = 1;

/** Private keys that are nobody's. */
export const SIGNING = 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n;
export const ENCRYPTION = 0x1649ab77a00637bd5e2efe283fbf353534aa7f7cb89463f208ddbc2920bb0da0n;

export const hexOf = (d: bigint): string => d.toString(16).padStart(64, "0");

export const CONTENTS = {
  application: APPLICATION,
  pin: PIN,
  container: "pair",
  signing: { key: hexOf(SIGNING), certificate: Buffer.from("3003020101", "hex") },
  encryption: { key: hexOf(ENCRYPTION), certificate: Buffer.from("3003020102", "hex") },
} as const satisfies Contents;

/** A token with these contents, opened down to its container; nobody is logged in. */
export function openStage(plan: Omit<TokenPlan, "folder" | "devices"> = {}, contents: Contents = CONTENTS) {
  const token = makeToken({ ...plan, folder: place(), devices: [DEVICE] });
  token.provision(DEVICE, contents);
  const skf = openLibrary(token.library, token.layout);
  const [device, application, container] = [skf.out(), skf.out(), skf.out()];
  const open = () => {
    const codes = [
      skf.call("ConnectDev", DEVICE, device),
      skf.call("OpenApplication", device.handle, contents.application, application),
      skf.call("OpenContainer", application.handle, contents.container ?? "pair", container),
    ];
    if (codes.some((code) => code !== 0)) throw new Error(codes.join());
  };
  open();
  return {
    token,
    skf,
    open,
    get device() {
      return device.handle;
    },
    get application() {
      return application.handle;
    },
    get container() {
      return container.handle;
    },
    login: (pin = PIN) => skf.call("VerifyPIN", application.handle, USER, pin, skf.out()),
  };
}

export type Stage = ReturnType<typeof openStage>;

/** A handle that a call gives last. */
export function handleFrom(skf: Library, ...call: Parameters<Library["call"]>): bigint {
  const handle = skf.out();
  const code = skf.call(...call, handle);
  if (code !== 0) throw new Error(`${call[0]}: ${code.toString(16)}`);
  return handle.handle;
}

/** Bytes that a call gives last, by its two steps: how many, then which. */
export function bytesFrom(skf: Library, ...call: Parameters<Library["call"]>): Buffer {
  const len = skf.out(0);
  const asked = skf.call(...call, null, len);
  if (asked !== 0) throw new Error(`${call[0]}: ${asked.toString(16)}`);
  // Never without an address: that would be the question once more.
  const bytes = Buffer.alloc(Math.max(1, len.value));
  const code = skf.call(...call, bytes, len);
  if (code !== 0) throw new Error(`${call[0]}: ${code.toString(16)}`);
  return bytes.subarray(0, len.value);
}

export const ulong = (skf: Library, value: number): Buffer => {
  const bytes = Buffer.alloc(skf.wide ? 8 : 4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** 256 bits at the end of 64 bytes. */
const wideNumber = (number: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(32), number]);

/** ECCPUBLICKEYBLOB of 04 ‖ x ‖ y. */
export const publicBlob = (skf: Library, point: Uint8Array): Buffer =>
  Buffer.concat([ulong(skf, 256), wideNumber(point.subarray(1, 33)), wideNumber(point.subarray(33))]);

export const publicBlobOf = (skf: Library, d: bigint): Buffer => publicBlob(skf, publicKeyOf(d));

/** 04 ‖ x ‖ y of a blob. */
export function pointOf(skf: Library, blob: Uint8Array): Buffer {
  const at = skf.wide ? 8 : 4;
  return Buffer.concat([Buffer.of(4), blob.subarray(at + 32, at + 64), blob.subarray(at + 96, at + 128)]);
}

/** ECCCIPHERBLOB of 04 ‖ x ‖ y ‖ C3 ‖ C2. */
export function cipherBlob(skf: Library, raw: Uint8Array): Buffer {
  const cipher = raw.subarray(97);
  const point = [wideNumber(raw.subarray(1, 33)), wideNumber(raw.subarray(33, 65))];
  return Buffer.concat([...point, raw.subarray(65, 97), ulong(skf, cipher.length), cipher]);
}

/** 04 ‖ x ‖ y ‖ C3 ‖ C2 of a blob. */
export function rawCipher(skf: Library, blob: Buffer): Buffer {
  const at = skf.wide ? 168 : 164;
  const len = blob.readUInt32LE(160);
  const point = [blob.subarray(32, 64), blob.subarray(96, 128)];
  return Buffer.concat([Buffer.of(4), ...point, blob.subarray(128, 160), blob.subarray(at, at + len)]);
}

/** What OpenSSL's command line says of a signature blob over e. */
export function opensslVerifies(point: Uint8Array, e: Uint8Array, signature: Uint8Array): boolean {
  const at = place();
  const raw = Buffer.concat([signature.subarray(32, 64), signature.subarray(96, 128)]);
  writeFileSync(`${at}.pem`, publicKeyPem(point));
  writeFileSync(`${at}.e`, e);
  writeFileSync(`${at}.sig`, signatureToDer(raw));
  const args = ["pkeyutl", "-verify", "-pubin", "-inkey", `${at}.pem`, "-in", `${at}.e`, "-sigfile", `${at}.sig`];
  try {
    execFileSync("openssl", args, { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
}

/** SM2 by OpenSSL's command line, in DER. */
export function opensslEncrypts(point: Uint8Array, plain: Uint8Array): Buffer {
  const at = place();
  writeFileSync(`${at}.pem`, publicKeyPem(point));
  writeFileSync(`${at}.plain`, plain);
  const args = ["pkeyutl", "-encrypt", "-pubin", "-inkey", `${at}.pem`, "-in", `${at}.plain`, "-out", `${at}.der`];
  execFileSync("openssl", args, { stdio: "pipe" });
  return readFileSync(`${at}.der`);
}

export const parameter = (iv: Uint8Array | null, padded: boolean) => ({
  IV: [...(iv ?? []), ...Array<number>(32 - (iv?.length ?? 0)).fill(0)],
  IVLen: iv?.length ?? 0,
  PaddingType: padded ? 1 : 0,
  FeedBitLen: 0,
});
