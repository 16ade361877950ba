import { randomBytes } from "node:crypto";
import { cp, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { afterAll, describe, expect, test } from "vitest";
import { findKey, withOpened } from "../../../apps/host/src/key-store.ts";
import { openSoftwareStore } from "../../../apps/host/src/stores/software/store.ts";
import {
  acceptCertificates,
  applyForCertificate,
  exportKeys,
  renew,
} from "../../../apps/host/src/stores/software/identities.ts";
import { gm } from "../../support/authority.ts";
import { PIN, issuePair, openAuthority, publicKeyOf, temporaryFolder } from "../../support/host.ts";
import { verifyRequest } from "@certbridge/pki";

const folder = temporaryFolder();
afterAll(folder.remove);

const authority = openAuthority();
const START = Date.parse("2026-11-23T09:00:00Z");
const MESSAGE = new TextEncoder().encode("投标函");
let count = 0;

/** One identity whose certificates are there. Made once: the rounds of its key derivation are many, and meant to be. */
async function makeFirst() {
  const path = join(folder.path, "first");
  mkdirSync(path);
  const keeper = {
    gm,
    clock: () => START,
    store: openSoftwareStore({ gm, random: randomBytes, folder: path, clock: () => START }),
  };
  const { id, request } = await applyForCertificate(keeper, { name: "江南建设", uscc: null, pin: PIN });
  const issued = issuePair(authority, verifyRequest(gm, request).publicKey);
  const chain = [authority.certificate.der];
  const keyId = await acceptCertificates(keeper, { ...issued, chain }, PIN);
  return { path, id, issued, keyId };
}

const first = await makeFirst();

/** A store of its own with a copy of it, and a clock that is turned by hand. */
async function openStore() {
  const path = join(folder.path, `store-${++count}`);
  await cp(first.path, path, { recursive: true });
  const time = { now: START };
  const clock = () => time.now;
  const store = openSoftwareStore({ gm, random: randomBytes, folder: path, clock });
  const { id, issued, keyId } = first;
  const file = join(path, `${id}.json`);
  const tries = join(path, `${id}.tries`);
  return { path, file, tries, id, time, store, keeper: { gm, clock, store }, issued, keyId };
}

function codeOf(error: unknown): string {
  return error instanceof OperationError ? error.code : String(error);
}

/** Null where the store has no such key. */
async function attempt(opened: Awaited<ReturnType<typeof openStore>>, pin: string, calls = 1) {
  const closed = await opened.store.find(opened.keyId);
  return closed === null ? null : closed.open({ pin: Buffer.from(pin, "utf8"), calls });
}

describe("the software store", () => {
  test("a key is applied for, accepted, listed and used for exactly the calls that were named", async () => {
    const opened = await openStore();
    expect(await opened.store.list()).toMatchObject([{ keyId: opened.keyId, pin: { triesLeft: 3, retryAt: null } }]);
    const key = await attempt(opened, PIN, 2);
    const signature = await key?.sign(MESSAGE, "label");
    expect(gm.sm2Verify(publicKeyOf(opened.issued.signing), MESSAGE, signature ?? MESSAGE, { id: "label" })).toBe(true);
    await key?.sign(MESSAGE, "label");
    await expect(key?.sign(MESSAGE, "label")).rejects.toThrow("beyond");
  });

  test("a key is closed after its use, also when the use fails", async () => {
    const opened = await openStore();
    let kept: { sign: (message: Uint8Array, id: string) => Promise<Uint8Array> } | undefined;
    const closed = await findKey([opened.store], opened.keyId);
    const failing = withOpened(await closed.open({ pin: Buffer.from(PIN, "utf8"), calls: 5 }), async (key) => {
      kept = key;
      throw new RangeError("use failed");
    });
    await expect(failing).rejects.toThrow("use failed");
    await expect(kept?.sign(MESSAGE, "label")).rejects.toThrow("beyond");
  });

  test("another store's key is null, and no try is spent", async () => {
    const opened = await openStore();
    expect(await opened.store.find("A".repeat(43))).toBeNull();
    await expect(findKey([opened.store], "A".repeat(43))).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
    expect(await readdir(opened.path)).toHaveLength(1);
  });

  test("files are the owner's alone, and every change counts the version up", async () => {
    const opened = await openStore();
    expect((await stat(opened.file)).mode & 0o777).toBe(0o600);
    const versionOf = async () => (await opened.store.identities())[0]?.body?.version;
    expect(await versionOf()).toBe(2);
    await opened.store.change(opened.id, PIN, () => ({ name: "新名" }));
    expect(await versionOf()).toBe(3);
  });

  test("neither PIN nor private key stands in the file", async () => {
    const opened = await openStore();
    const text = await readFile(opened.file, "utf8");
    const { signing, encryption } = await exportKeys(opened.keeper, opened.keyId, PIN);
    expect(encryption?.privateKey).toEqual(opened.issued.encryptionKey);
    for (const secret of [Buffer.from(PIN), signing.privateKey, opened.issued.encryptionKey]) {
      expect(text).not.toContain(Buffer.from(secret).toString("hex"));
      expect(text).not.toContain(encodeBase64Url(secret));
    }
  });

  test("a PIN below six characters is not taken", async () => {
    const { keeper } = await openStore();
    await expect(applyForCertificate(keeper, { name: "x", uscc: null, pin: "12345" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { path: "pin" },
    });
  });
});

describe("wrong PINs", () => {
  test("three are free, then the wait doubles; within it nothing is tried and nothing counted", async () => {
    const opened = await openStore();
    const { time } = opened;
    const wrong = () => attempt(opened, "wrong-pin").catch((error: unknown) => error);
    expect(await wrong()).toMatchObject({ code: "PIN_INCORRECT", details: { triesLeft: 2, retryAt: null } });
    expect(await wrong()).toMatchObject({ code: "PIN_INCORRECT", details: { triesLeft: 1, retryAt: null } });
    const retryAt = new Date(START + 30_000).toISOString();
    expect(await wrong()).toMatchObject({ code: "PIN_INCORRECT", details: { triesLeft: 0, retryAt } });

    const before = await readFile(opened.tries, "utf8");
    expect(await wrong()).toMatchObject({ code: "PIN_LOCKED", details: { retryAt } });
    await expect(attempt(opened, PIN)).rejects.toMatchObject({ code: "PIN_LOCKED" });
    expect(await readFile(opened.tries, "utf8")).toBe(before);

    time.now += 30_000;
    const later = new Date(time.now + 60_000).toISOString();
    expect(await opened.store.list()).toMatchObject([{ pin: { triesLeft: 1, retryAt: null } }]);
    expect(await wrong()).toMatchObject({ code: "PIN_INCORRECT", details: { triesLeft: 0, retryAt: later } });
    time.now += 60_000;
    (await attempt(opened, PIN))?.close();
    expect(await opened.store.list()).toMatchObject([{ pin: { triesLeft: 3, retryAt: null } }]);
  });

  test("the count survives the program, and a try that was begun is counted though it was never judged", async () => {
    const opened = await openStore();
    // What is on disk when the process is ended between writing the try down and judging it.
    await writeFile(opened.tries, JSON.stringify({ failures: 2, retryAt: 0 }));
    const again = openSoftwareStore({ gm, random: randomBytes, folder: opened.path, clock: () => START });
    expect(await again.list()).toMatchObject([{ pin: { triesLeft: 1 } }]);
  });

  test("the try is on disk while it is judged", async () => {
    const opened = await openStore();
    const trying = attempt(opened, "wrong-pin").catch(() => null);
    let seen = "";
    while (seen === "") {
      seen = await readFile(opened.tries, "utf8").catch(() => "");
    }
    expect(JSON.parse(seen)).toMatchObject({ failures: 1 });
    await trying;
  });

  test("a damaged count is no fresh start", async () => {
    const opened = await openStore();
    await writeFile(opened.tries, "{");
    expect(await opened.store.list()).toMatchObject([{ pin: { triesLeft: 1 } }]);
  });

  test("a clock that had been years ahead locks nobody out for years", async () => {
    const opened = await openStore();
    await writeFile(opened.tries, JSON.stringify({ failures: 4, retryAt: START + 10 * 365 * 24 * 3600_000 }));
    const [key] = await opened.store.list();
    expect(Date.parse(key?.pin.retryAt ?? "")).toBe(START + 60_000);
  });

  test("two programs that try at once are both counted", async () => {
    const opened = await openStore();
    const codes = await Promise.all(
      [1, 2, 3, 4].map((n) => attempt(opened, `wrong-${n}`).catch((error: unknown) => codeOf(error))),
    );
    expect(codes.filter((code) => code === "PIN_INCORRECT")).toHaveLength(3);
    expect(codes.filter((code) => code === "PIN_LOCKED")).toHaveLength(1);
  });
});

/** Every leaf of a JSON value, as a way to it. */
function leavesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function alter(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) {
    if (typeof value === "number") return value + 1;
    if (typeof value === "string" && value.length > 0) return (value[0] === "A" ? "B" : "A") + value.slice(1);
    return value === null ? "2026-01-01T00:00:00.000Z" : "A";
  }
  if (Array.isArray(value)) return value.map((inner, at) => (String(at) === key ? alter(inner, rest) : inner));
  const record = Object.fromEntries(Object.entries(value ?? {}));
  return { ...record, [key]: alter(record[key], rest) };
}

describe("a key file that was altered", () => {
  test("is told from a wrong PIN, and spends no try", async () => {
    const opened = await openStore();
    const content = await readFile(opened.file);
    for (const at of [1, 100, content.length >> 1, content.length - 20]) {
      const altered = Buffer.from(content);
      altered[at] = (altered[at] ?? 0) ^ 1;
      await writeFile(opened.file, altered);
      await expect(attempt(opened, PIN)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    }
    for (const broken of ["", "{}", content.subarray(0, content.length >> 1)]) {
      await writeFile(opened.file, broken);
      await expect(attempt(opened, PIN)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    }
    expect(await readdir(opened.path)).toHaveLength(1);
  });

  test("with its plain digest made right again opens in no field", { timeout: 60_000 }, async () => {
    const opened = await openStore();
    const [bodyLine = "", sealLine = ""] = (await readFile(opened.file, "utf8")).split("\n");
    const body: unknown = JSON.parse(bodyLine);
    const { hmac } = JSON.parse(sealLine) as { hmac: string };
    const leaves = leavesOf(body);
    expect(leaves.length).toBeGreaterThan(12);
    for (const path of leaves) {
      const text = JSON.stringify(alter(body, path));
      const digest = gm.sm3(Buffer.concat([Buffer.from(text), Buffer.from(hmac, "base64url")]));
      await writeFile(opened.file, `${text}\n${JSON.stringify({ hmac, sm3: encodeBase64Url(digest) })}\n`);
      await writeFile(opened.tries, JSON.stringify({ failures: 0, retryAt: 0 }));
      const outcome = await opened.store.read(opened.id, PIN, () => "opened").catch(codeOf);
      expect(["STORE_DAMAGED", "PIN_INCORRECT"], path.join(".")).toContain(outcome);
    }
  });

  test("one damaged file hides no other key, and says so where its key is asked for", async () => {
    const opened = await openStore();
    await writeFile(join(opened.path, `${"0".repeat(32)}.json`), "{}");
    expect(await opened.store.list()).toHaveLength(1);
    (await attempt(opened, PIN))?.close();
    const missing = opened.store.find("A".repeat(43));
    await expect(missing).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  });
});

describe("a program that was killed", () => {
  test("half-way through writing leaves the old content, and its leftovers go with the next write", async () => {
    const opened = await openStore();
    const leftover = join(opened.path, `.${opened.id}.json.0011223344556677.tmp`);
    await writeFile(leftover, (await readFile(opened.file)).subarray(0, 100));
    (await attempt(opened, PIN))?.close();
    await opened.store.change(opened.id, PIN, () => ({ name: "x" }));
    expect(await readdir(opened.path)).toEqual([`${opened.id}.json`]);
  });
});

describe("renewal", () => {
  test("the old pair is kept and can still be opened; the new one signs", async () => {
    const opened = await openStore();
    const { keeper, store, keyId } = opened;
    const { id, request } = await renew(keeper, keyId, PIN);
    expect(id).toBe(opened.id);
    expect(await store.list()).toMatchObject([{ keyId }]);
    const next = issuePair(authority, verifyRequest(gm, request).publicKey);
    const nextId = await acceptCertificates(keeper, { ...next, chain: [] }, PIN);
    expect(nextId).not.toBe(keyId);
    expect(await store.list()).toMatchObject([{ keyId: nextId }]);
    expect(await attempt(opened, PIN)).toBeNull();
    const kept = await exportKeys(keeper, keyId, PIN);
    expect(kept.encryption?.privateKey).toEqual(opened.issued.encryptionKey);
  });

  test("certificates for a key that nobody applied with are refused", async () => {
    const { keeper } = await openStore();
    const issued = issuePair(authority, gm.sm2KeyPair().publicKey);
    await expect(acceptCertificates(keeper, { ...issued, chain: [] }, PIN)).rejects.toMatchObject({
      code: "KEY_NOT_FOUND",
    });
  });

  test("an enveloped key for someone else, or of another certificate, is refused and nothing changes", async () => {
    const { keeper, keyId, store } = await openStore();
    const { request } = await renew(keeper, keyId, PIN);
    const { publicKey } = verifyRequest(gm, request);
    const next = issuePair(authority, publicKey);
    const stranger = issuePair(authority, gm.sm2KeyPair().publicKey);
    const other = issuePair(authority, publicKey);
    for (const { envelopedKey } of [stranger, other]) {
      const accepted = acceptCertificates(keeper, { ...next, envelopedKey, chain: [] }, PIN);
      await expect(accepted).rejects.toMatchObject({ code: "INVALID_REQUEST", details: { path: "enveloped-key" } });
    }
    expect(await store.list()).toMatchObject([{ keyId }]);
  });
});
