/**
 * Bid packages made by the workshop's own workers in real browsers, and opened here by packages/bid with the bidder's key: what comes out
 * is what went in, and a job that does not end well leaves nothing.
 */
import {
  contentKeyOfRecipient,
  encodeLegacyContext,
  openLegacyPackage,
  openPackage,
  parseKeyBlockContent,
  readFiles,
  verifyLegacyPackage,
  verifyPackage,
  verifyPayload,
} from "@certbridge/bid";
import { openEnvelopedData, parseEnvelopedData, signData } from "@certbridge/pki";
import { bidFormats, legacyBidTrailer } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { randomBytes } from "node:crypto";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { launch, type Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gm, party } from "../support/authority.ts";
import { memorySource } from "../support/bid.ts";
import { legacyFilesOf, signEnvelope } from "../support/legacy.ts";
import { openFirefox } from "../support/marionette.ts";
import { serveWorkshop, type ServedWorkshop } from "../support/workshop-page/serve.ts";

const MIB = 1024 * 1024;
/** On a busy machine, too. */
const SOON = { timeout: 20_000 };
/** Of memory, in the time in which a file is read. */
const SWEEPS = 20;
const bidder = party("投标人", null, { keyUsage: ["digitalSignature", "keyEncipherment"] });
const { certificate, privateKey } = bidder;

let folder: string;
let served: ServedWorkshop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packages-"));
  served = await serveWorkshop(folder);
});

afterAll(async () => {
  served.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page with the workshop; each browser has its own way to run a script in it. */
interface Driver {
  run(script: string): Promise<unknown>;
}

const newId = () => encodeBase64Url(randomBytes(16));

async function begin(driver: Driver, id: string, format: string = bidFormats.standard) {
  const params = {
    id,
    header: {
      format,
      platformId: "demo-a",
      projectCode: "JN-2026-118",
      projectName: "滨江路改造工程",
      lot: "1标段",
      openingTime: "2026-12-20T01:30:00Z",
      signingCertificateSm3: encodeBase64Url(gm.sm3(certificate.der)),
    },
    recipients: [encodeBase64Url(certificate.der)],
  };
  return (await driver.run(`begin(${JSON.stringify(params)})`)) as {
    packageId: string;
    header: string;
    keyBlock: string;
  };
}

function sign(trailer: string): string {
  const content = decodeBase64Url(trailer);
  const signedAt = new Date("2026-11-28T09:00:00Z");
  return encodeBase64Url(
    signData(gm, { contentType: BID_TRAILER, content, detached: true, signedAt, certificate, privateKey }),
  );
}

type Written = { readonly trailer: string } | { readonly code: string };

/** The whole way of a package; the file that the page posted. */
async function make(driver: Driver): Promise<{ readonly path: string; readonly packageId: string }> {
  const id = newId();
  const { packageId } = await begin(driver, id);
  const written = (await driver.run(`write("${id}")`)) as Written;
  if (!("trailer" in written)) throw new Error(written.code);
  expect(await driver.run(`finish("${id}", "${sign(written.trailer)}")`)).toMatchObject({ len: expect.any(Number) });
  expect(await driver.run(`progress["${id}"][0] === progress["${id}"][1]`)).toBe(true);
  expect(await driver.run(`upload("${id}", "/${packageId}")`)).toBe(`${packageId}.cbid`);
  await driver.run(`close("${id}")`);
  return { path: join(folder, packageId), packageId };
}

/** Every file of the package, opened by the bidder's key. */
async function openFiles(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = async (at: number, len: number) => (await file.read(Buffer.alloc(len), 0, len, at)).buffer;
    const opened = await openPackage({ gm, crc32, source: { size, read } });
    expect(verifyPackage(gm, opened).signer.der).toEqual(certificate.der);
    await verifyPayload({ gm, crc32, opened });
    const keyBlock = parseEnvelopedData(opened.entries.keyBlock, limits.keyBlockLen);
    const content = openEnvelopedData(gm, keyBlock, certificate, privateKey);
    const inside = content === null ? null : parseKeyBlockContent(gm, content);
    expect(inside?.header).toEqual(opened.header);
    const files = new Map<string, Buffer[]>();
    await readFiles({
      gm,
      opened,
      fileKey: inside?.fileKey ?? new Uint8Array(32),
      sink: { write: ({ name, bytes }) => void files.set(name, [...(files.get(name) ?? []), Buffer.from(bytes)]) },
    });
    return new Map(Array.from(files, ([name, pieces]) => [name, Buffer.concat(pieces)]));
  } finally {
    await file.close();
  }
}

/** Has the page pick files of these names and sizes, whose bytes follow from their places. */
function pick(driver: Driver, files: readonly (readonly [name: string, size: number])[]): Promise<unknown> {
  return driver.run(`(() => {
    const transfer = new DataTransfer();
    for (const [name, size] of ${JSON.stringify(files)}) {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) + size) & 255;
      transfer.items.add(new File([bytes], name));
    }
    document.querySelector("input").files = transfer.files;
    return true;
  })()`);
}

const bytesOf = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, at) => at * 31 + (at >> 8) + size));

const picked = [
  ["投标函.pdf", 70_000],
  ["空白.txt", 0],
  ["清单.xlsx", 4 * MIB],
  ["清单.xlsx", 1],
  ["图纸 /第1页.dwg", 9 * MIB + 12_345],
] as const;
const named = ["投标函.pdf", "空白.txt", "清单.xlsx", "清单 (2).xlsx", "图纸 _第1页.dwg"];

async function walk(driver: Driver): Promise<void> {
  await pick(driver, picked);
  const { path } = await make(driver);
  const files = await openFiles(path);
  expect([...files.keys()]).toEqual(named);
  for (const [at, [, size]] of picked.entries()) expect(files.get(named[at] ?? "")).toEqual(bytesOf(size));
}

describe("in Chromium", () => {
  let page: Page;
  let driver: Driver;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const browser = await launch({
      executablePath: "/usr/bin/chromium",
      headless: true,
      pipe: true,
      args: ["--disable-gpu", "--no-first-run", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    });
    page = await browser.newPage();
    await page.goto(served.address);
    driver = { run: (script) => page.evaluate(script) };
    close = () => browser.close();
  });
  afterAll(() => close());

  /** A file of zeros on disk, where it takes no room. */
  async function pickSparse(size: number): Promise<string> {
    const path = join(folder, "sparse.bin");
    const file = await open(path, "w");
    await file.truncate(size);
    await file.close();
    const input = await page.$("input");
    await (input as { uploadFile(path: string): Promise<void> } | null)?.uploadFile(path);
    return path;
  }

  test("what goes in comes out, whatever its name and size", () => walk(driver));

  test.each([0, 1, 3 * MIB, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1])("a single file of %d bytes", async (size) => {
    await pick(driver, [["a", size]]);
    expect((await openFiles((await make(driver)).path)).get("a")).toEqual(bytesOf(size));
  });

  test("in the legacy profile: what goes in comes out, as an envelope of GM/T 0010", async () => {
    await pick(driver, picked);
    const id = newId();
    const { packageId, header, keyBlock } = await begin(driver, id, bidFormats.legacy);
    const { trailer } = (await driver.run(`write("${id}")`)) as { trailer: string };
    const { payloadSm3 } = parseCanonical(legacyBidTrailer, decodeBase64Url(trailer), limits.bidTrailerLen, "trailer");
    const context = encodeLegacyContext({
      header: decodeBase64Url(header),
      trailer: decodeBase64Url(trailer),
      keyBlock: decodeBase64Url(keyBlock),
    });
    const signature = signEnvelope(decodeBase64Url(payloadSm3), { more: [context], by: bidder });
    expect(await driver.run(`finish("${id}", "${encodeBase64Url(signature)}")`)).toHaveProperty("len");
    expect(await driver.run(`progress["${id}"][0] === progress["${id}"][1]`)).toBe(true);
    expect(await driver.run(`upload("${id}", "/${packageId}")`)).toBe(`${packageId}.p7m`);
    await driver.run(`close("${id}")`);
    const opened = await openLegacyPackage({ gm, source: memorySource(await readFile(join(folder, packageId))) });
    expect(verifyLegacyPackage(gm, opened).signer.der).toEqual(certificate.der);
    const files = await legacyFilesOf(opened, contentKeyOfRecipient(gm, opened, certificate, privateKey));
    expect(files.map(({ name }) => name)).toEqual(named);
    for (const [at, [, size]] of picked.entries())
      expect(bytesOf(size).equals(files[at]?.bytes ?? new Uint8Array(0))).toBe(true);
  });

  test("two packages of the same files have nothing in common", async () => {
    await pick(driver, [["a", 10]]);
    const [one, other] = [await make(driver), await make(driver)];
    expect(one.packageId).not.toBe(other.packageId);
    const [a, b] = [await readFile(one.path), await readFile(other.path)];
    let same = 0;
    for (let at = 4096; at < 4096 + 65_536; at++) if (a[at] === b[at]) same++;
    // One in 256 by chance.
    expect(same).toBeLessThan(512);
  });

  test("a job that is given up leaves nothing", async () => {
    await pick(driver, [["a", 96 * MIB]]);
    const before = await driver.run("kept()");
    const id = newId();
    await begin(driver, id);
    const writing = driver.run(`write("${id}")`);
    await expect.poll(() => driver.run(`(progress["${id}"] ?? [0])[0] > 0`), SOON).toBe(true);
    await driver.run(`close("${id}")`);
    expect(await writing).toEqual({ code: "CANCELLED" });
    await expect.poll(() => driver.run("kept()"), SOON).toEqual(before);
  });

  test("a file that is gone or changed meanwhile ends the job, by its name", async () => {
    const path = join(folder, "changing.bin");
    await writeFile(path, randomBytes(64));
    const input = await page.$("input");
    await (input as { uploadFile(path: string): Promise<void> } | null)?.uploadFile(path);
    const id = newId();
    await begin(driver, id);
    await writeFile(path, randomBytes(128));
    expect(await driver.run(`write("${id}")`)).toEqual({ code: "CONTENT_UNREADABLE" });
    await driver.run(`close("${id}")`);
  });

  test("a file that is changed while it is read ends the job; nothing is left, and another try has another key", async () => {
    const path = await pickSparse(256 * MIB);
    const before = await driver.run("kept()");
    const id = newId();
    const first = await begin(driver, id);
    const writing = driver.run(`write("${id}")`);
    await expect.poll(() => driver.run(`(progress["${id}"] ?? [0])[0] > 0`), SOON).toBe(true);
    const file = await open(path, "r+");
    await file.write(randomBytes(64), 0, 64, 255 * MIB);
    await file.close();
    expect(await writing).toEqual({ code: "CONTENT_UNREADABLE" });
    await driver.run(`close("${id}")`);
    await expect.poll(() => driver.run("kept()"), SOON).toEqual(before);
    const again = newId();
    const second = await begin(driver, again);
    expect(second.packageId).not.toBe(first.packageId);
    expect(second.keyBlock).not.toBe(first.keyBlock);
    await driver.run(`close("${again}")`);
  });

  test("a read under way survives the sweeping of memory", async () => {
    await pickSparse(48 * MIB);
    const id = newId();
    await begin(driver, id);
    const writing = driver.run(`write("${id}")`);
    // A read that is swept away never ends, and with it the writing.
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("a read never ended")), 60_000));
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      // Not waited for: a worker that has ended answers nobody.
      for (const worker of page.workers()) {
        worker.client.send("HeapProfiler.collectGarbage").catch(() => undefined);
      }
      await Promise.race([writing, new Promise((rest) => setTimeout(rest, 50))]);
    }
    await Promise.race([writing, late]);
    expect(await writing).toHaveProperty("trailer");
    await driver.run(`close("${id}")`);
  });

  test("a browser whose room ends in the middle says so, and gets it back", async () => {
    await pickSparse(256 * MIB);
    const session = await page.createCDPSession();
    const origin = new URL(served.address).origin;
    const before = await driver.run("kept()");
    const id = newId();
    await begin(driver, id);
    const writing = driver.run(`write("${id}")`);
    await expect.poll(() => driver.run(`(progress["${id}"] ?? [0])[0] > 0`), SOON).toBe(true);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    expect(await writing).toEqual({ code: "STORAGE_FULL" });
    await driver.run(`close("${id}")`);
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    await expect.poll(() => driver.run("kept()"), SOON).toEqual(before);
  });

  test("a job that is given up while its package gets its name leaves none, and is not done", async () => {
    await pick(driver, [["a", 10]]);
    const before = await driver.run("kept()");
    const id = newId();
    await begin(driver, id);
    const written = (await driver.run(`write("${id}")`)) as { trailer: string };
    const signature = sign(written.trailer);
    await driver.run(`closeWhenNamed("${id}")`);
    expect(await driver.run(`finish("${id}", "${signature}")`)).toEqual({ code: "CANCELLED" });
    await expect.poll(() => driver.run("kept()"), SOON).toEqual(before);
  });

  test("a browser without room says so before anything is written", async () => {
    await pick(driver, [["a", 40 * MIB]]);
    const session = await page.createCDPSession();
    const origin = new URL(served.address).origin;
    const before = await driver.run("kept()");
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 50 * MIB });
    const id = newId();
    await begin(driver, id);
    expect(await driver.run(`write("${id}")`)).toEqual({ code: "STORAGE_FULL" });
    await driver.run(`close("${id}")`);
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    expect(await driver.run("kept()")).toEqual(before);
  });

  test("a page that goes in the middle leaves what the next one sweeps; what is whole stays", async () => {
    await pick(driver, [["a", 10]]);
    await make(driver);
    const whole = (await driver.run("kept()")) as readonly string[];
    expect(whole.length).toBeGreaterThan(0);
    await pick(driver, [["a", 96 * MIB]]);
    const id = newId();
    await begin(driver, id);
    void driver.run(`write("${id}")`).catch(() => undefined);
    await expect.poll(() => driver.run(`(progress["${id}"] ?? [0])[0] > 0`), SOON).toBe(true);
    await page.reload();
    expect(await driver.run("kept()")).toEqual(expect.arrayContaining([...whole, `${id}.part`]));
    await driver.run("sweep()");
    await expect.poll(() => driver.run("kept()"), SOON).toEqual(expect.arrayContaining([...whole]));
    expect(await driver.run("kept()")).not.toContain(`${id}.part`);
  });

  test("a signature that is not the bidder's finishes nothing", async () => {
    await pick(driver, [["a", 10]]);
    const id = newId();
    await begin(driver, id);
    const written = (await driver.run(`write("${id}")`)) as { trailer: string };
    const other = newId();
    await begin(driver, other);
    const another = (await driver.run(`write("${other}")`)) as { trailer: string };
    // CONTENT_MISMATCH is no code of an operation.
    expect(await driver.run(`finish("${id}", "${sign(another.trailer)}")`)).toEqual({ code: "INTERNAL" });
    expect(await driver.run(`finish("${other}", "${sign(another.trailer)}")`)).toHaveProperty("len");
    expect(written.trailer).not.toBe(another.trailer);
    for (const one of [id, other]) await driver.run(`close("${one}")`);
  });
});

describe("in Firefox", () => {
  test("what goes in comes out, whatever its name and size", async () => {
    const profile = await mkdtemp(join(tmpdir(), "packages-firefox-"));
    const firefox = await openFirefox({
      executable: "/usr/bin/firefox-esr",
      profile,
      extensionId: "none@test",
      uuid: "00000000-0000-4000-8000-000000000000",
      language: "zh-CN",
    });
    try {
      await firefox.open(served.address);
      await walk({ run: (script) => firefox.read(`return ${script}`) });
    } finally {
      await firefox.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
