import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { encodeName, isUscc, oid, parseCertificate, signData } from "@certbridge/pki";
import { encodeEnvelopedKey, encodeListUrls, hexOf, issueCertificate } from "@certbridge/pki";
import { REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import type { Registry } from "@certbridge/trust";
import { DAY, gm, party } from "./authority.ts";
import type { Party } from "./authority.ts";

/** What the tests of the companion program share: a CA that issues pairs, credentials, and the program itself over stdio. */

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** A 统一社会信用代码 with these 17 characters and the check digit that they need. */
export function usccOf(first17: string): string {
  const code = Array.from(ALPHABET, (digit) => first17 + digit).find(isUscc);
  if (code === undefined) throw new Error("no such code");
  return code;
}

export const USCC = usccOf("91320000MA1TEXT01");
export const PIN = "沉香-135790";

/** A CA that lives now: the programs under test have the machine's clock. */
export function openAuthority(at = Date.now()): Party {
  const life = { notBefore: new Date(at - DAY), notAfter: new Date(at + 3650 * DAY) };
  return party("测试CA", null, { keyUsage: ["keyCertSign", "cRLSign"], ca: { pathLen: 0 }, ...life });
}

export interface IssuedPair {
  readonly signing: Uint8Array;
  readonly encryption: Uint8Array;
  readonly envelopedKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
}

let serial = 0x5a00;

/** Dual certificates for a signing key, as a CA makes them: the encryption key comes from the CA, sealed for the signing key. */
export function issuePair(
  authority: Party,
  publicKey: Uint8Array,
  options: {
    readonly name?: string;
    readonly uscc?: string;
    readonly at?: number;
    readonly lifeMs?: number;
    /** Where both certificates say that their CA's list is. */
    readonly listUrls?: readonly string[];
  } = {},
): IssuedPair {
  const { name = "江南建设有限公司", uscc = USCC, at = Date.now(), lifeMs = 365 * DAY, listUrls } = options;
  const subject = encodeName([
    [oid.country, "CN"],
    [oid.organization, name],
    [oid.commonName, name],
    [oid.organizationIdentifier, uscc],
  ]);
  const issue = (key: Uint8Array, keyUsage: readonly ("digitalSignature" | "keyEncipherment")[]) =>
    issueCertificate(
      gm,
      {
        subject,
        publicKey: key,
        serialNumber: Uint8Array.of(0x01, ++serial >> 8, serial & 0xff),
        notBefore: new Date(at - DAY),
        notAfter: new Date(at - DAY + lifeMs),
        keyUsage,
        ...(listUrls === undefined
          ? {}
          : { extensions: [{ type: oid.crlDistributionPoints, value: encodeListUrls(listUrls) }] }),
      },
      authority.issuer,
    );
  const encryptionPair = gm.sm2KeyPair();
  return {
    signing: issue(publicKey, ["digitalSignature"]),
    encryption: issue(encryptionPair.publicKey, ["keyEncipherment"]),
    envelopedKey: encodeEnvelopedKey(gm, publicKey, encryptionPair, randomBytes(16)),
    encryptionKey: encryptionPair.privateKey,
  };
}

/** A registry that knows this CA and where it writes the code. */
export function registryOf(authority: Party): Registry {
  const issuerKeySm3 = hexOf(gm.sm3(authority.publicKey));
  const from = { subjectAttribute: oid.organizationIdentifier, prefix: "" };
  return {
    platforms: [],
    authorities: [
      {
        id: "test-ca",
        name: "测试数科CA",
        issuerKeysSm3: [issuerKeySm3],
        usccRules: [{ issuerKeySm3, policy: null, from }],
      },
    ],
  };
}

/** As the grammar's schemas offer themselves to any reader (Standard Schema). */
export interface Schema<T> {
  readonly "~standard": {
    validate(value: unknown): { readonly value: T } | { readonly issues: unknown } | Promise<unknown>;
  };
}

/** The value as the schema takes it. Throws where it does not. */
export function conform<T>(schema: Schema<T>, value: unknown): T {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise || !("value" in result)) throw new Error("not of the grammar");
  return result.value;
}

export const PLATFORM_ORIGIN = "https://bid-a.demo.test";

/** A registration credential as a platform issues it, DER; `change` alters what it says. */
export function issueCredential(
  platform: Party,
  change: Readonly<Record<string, unknown>> = {},
  contentType: string = REGISTRATION_CREDENTIAL,
): Uint8Array {
  const now = Date.now();
  const said = {
    format: "shared-certificate-credential:1",
    credentialId: "credential-0001",
    issuer: { platformId: "demo-a", name: "江南公共资源交易平台（演示）", origin: PLATFORM_ORIGIN },
    subject: { name: "江南建设有限公司", uscc: USCC },
    facts: { businessAddress: "南京市" },
    issuedAt: new Date(now - 1000).toISOString(),
    expiresAt: new Date(now + 300 * DAY).toISOString(),
    status: { list: `${PLATFORM_ORIGIN}/credentials/status`, index: 7 },
    ...change,
  };
  return signData(gm, {
    contentType,
    content: new TextEncoder().encode(JSON.stringify(said)),
    signedAt: new Date(now),
    certificate: platform.certificate,
    privateKey: platform.privateKey,
  });
}

/** A folder that is gone after the test; its name has what real names have. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "互认通 测试's "));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const MAIN = resolve(import.meta.dirname, "../../apps/host/src/main.ts");

/** How a test's program ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the program from its sources to its end. */
export function runHost(
  args: readonly string[],
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ["--no-warnings", MAIN, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", failed);
    child.on("close", (status) => done({ status, stdout: Buffer.concat(out), stderr }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** The frames of a stream, as JSON. Anything that is no frame throws. */
export function readFrames(bytes: Buffer): unknown[] {
  const messages: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const len = bytes.readUInt32LE(at);
    const end = at + 4 + len;
    if (end > bytes.length) throw new Error("a frame that is not whole");
    messages.push(JSON.parse(bytes.toString("utf8", at + 4, end)));
    at = end;
  }
  return messages;
}

export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(typeof message === "string" ? message : JSON.stringify(message), "utf8");
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

export const newId = (): string => randomBytes(16).toString("base64url");

/** The certificate's subject key, for a look at what came out. */
export function publicKeyOf(certificate: Uint8Array): Uint8Array {
  return parseCertificate(certificate).publicKey;
}
