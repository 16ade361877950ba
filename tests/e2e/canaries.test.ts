import {
  appears,
  approvalOf,
  BIDDER,
  bringToFront,
  type ChromiumBrowser,
  openBrowser,
  openStage,
  type Stage,
} from "@certbridge/demo/walk";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestStates, type RequestState } from "../../extension/background/states.ts";
import { preloadModule } from "../support/preload.ts";
import { type Finding, makeCanary, searchFor } from "../support/search.ts";
import { programsOf, signalPrograms } from "../support/running.ts";

/**
 * Invariants 2 and 3, in a real browser with the real program. A PIN and the contents of picked files are like nothing else in the
 * world; whatever is killed, in whatever state of a request, they are looked for everywhere afterwards. And each signature that the
 * program's core makes is counted against the consents that were used.
 */

const { name, uscc } = BIDDER;
const secret = makeCanary("PIN");
const content = makeCanary("a picked file's content");
const fileName = makeCanary("a picked file's name");
/** Proves that the search sees what a page keeps: it is put where pages may keep things, and must be found. */
const control = makeCanary("what the page keeps for itself");
const PIN = `沉香木-${secret.text}`;
const FILE_LEN = 16 * 1024 * 1024;

const folder = resolve("build/e2e/canaries");
/** Outside of what is searched: the person's own files, and what the test itself writes down. */
const own = mkdtempSync(join(tmpdir(), "certbridge-canaries-"));
const picked = join(own, `tender-${fileName.text}.bin`);
const signatures = join(own, "signatures.log");
const cores = join(folder, "cores");

const search = searchFor([secret, content]);
const named = searchFor([fileName]);
const controlled = searchFor([control]);

let stage: Stage;
let browser: ChromiumBrowser;

const start = () =>
  openBrowser({
    extension: resolve("build/extension-demo/chrome-mv3"),
    profile: join(folder, "profile"),
    resolverRules: stage.demo.resolverRules,
    tlsSpki: stage.demo.tls.spkiSha256Base64,
    headless: true,
    language: "zh-CN",
  });

/** The installed launcher, with the counter before the program, in a folder where a core file would be seen, if any were left. */
function watchProgram(): void {
  const counter = new URL("../support/sign-counter.ts", import.meta.url);
  counter.searchParams.set("log", signatures);
  // Where the launcher leaves room for a core file, that is as bad as one.
  preloadModule(stage.desk.home, counter.href, `cd '${cores}' && [ "$(ulimit -c)" = 0 ] || : > core-allowed\n`);
  // The extension may have started one already, which counts nothing.
  signalPrograms(stage.desk, "SIGKILL");
}

beforeAll(async () => {
  const bytes = Buffer.alloc(FILE_LEN);
  for (const at of [0, FILE_LEN / 2 + 1, FILE_LEN - 64]) bytes.write(content.text, at);
  writeFileSync(picked, bytes);
  writeFileSync(signatures, "");
  stage = await openStage({ folder: "build/e2e/canaries", knowsNoPolicy: true });
  browser = stage.browser;
  mkdirSync(cores);
  watchProgram();
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin: PIN, issue });
});

afterAll(async () => {
  await browser.close();
  await stage.demo.close();
  rmSync(own, { recursive: true, force: true });
});

async function gone(pids: readonly number[]): Promise<void> {
  await expect.poll(() => programsOf(stage.desk).filter((pid) => pids.includes(pid)), { timeout: 15_000 }).toEqual([]);
}

/** What pages sent and got over the network, as the platforms' servers saw it. */
const onTheWire: string[] = [];

async function openPlatform(which: "a" | "b"): Promise<Page> {
  const page = await browser.open(`${stage.demo.platforms[which].origin}/`);
  page.on("request", (request) => onTheWire.push(request.url(), request.postData() ?? ""));
  await page.bringToFront();
  const input = await page.evaluateHandle(() => {
    const field = Object.assign(document.createElement("input"), { type: "file" });
    document.body.append(field);
    return field;
  });
  await input.uploadFile(picked);
  // Taken out again: what a browser keeps of the fields of a page is its own matter.
  await page.evaluate((field) => {
    Object.assign(window, { picked: field.files?.[0] });
    field.remove();
  }, input);
  await page.evaluate((text) => localStorage.setItem("kept", text), control.text);
  // The program runs from the beginning, so that it is there to be killed in every state.
  await page.evaluate(() => {
    const { sharedCertificate } = window as unknown as { sharedCertificate: { status(): Promise<unknown> } };
    return sharedCertificate.status();
  });
  return page;
}

/** Asks for a signature over the picked file; "ok", the code of what came instead, or "gone" with its page. */
async function askToSign(page: Page, copies = 1): Promise<string> {
  await bringToFront(page);
  const asked = page.evaluate((times) => {
    const { sharedCertificate, picked: file } = window as unknown as {
      picked: File;
      sharedCertificate: { sign(options: object): Promise<object> };
    };
    const items = Array.from({ length: times }, () => ({ name: file.name, content: file }));
    return sharedCertificate.sign({ items, format: "cms-detached" }).then(
      () => "ok",
      (error: { code: string }) => error.code,
    );
  }, copies);
  return asked.catch((error: unknown) => `gone: ${String(error)}`);
}

/** What must come before the page has its answer. */
function before<T>(outcome: Promise<string>, awaited: Promise<T>): Promise<T> {
  const ended = outcome.then((code) => {
    throw new Error(`the page has its answer already: ${code}`);
  });
  return Promise.race([awaited, ended]);
}

interface Chrome {
  readonly storage: Record<
    "session" | "local",
    {
      get(key: null): Promise<object>;
      readonly onChanged: {
        addListener(seen: (changes: Record<string, { newValue?: { state?: string } }>) => void): void;
      };
    }
  >;
}

/** A page of the extension, from which its storage is seen. */
let watcher: Page | undefined;
async function watch(): Promise<Page> {
  const page = watcher ?? (await browser.open(browser.extensionUrl("welcome.html")));
  watcher = page;
  return page;
}

/** Resolves once a request is written down in that state. */
async function reach(state: RequestState): Promise<() => Promise<void>> {
  const page = await watch();
  await page.evaluate((wanted) => {
    const { chrome } = globalThis as unknown as { chrome: Chrome };
    const reached = new Promise<boolean>((done) => {
      chrome.storage.session.onChanged.addListener((changes) => {
        if (Object.values(changes).some(({ newValue }) => newValue?.state === wanted)) done(true);
      });
      setTimeout(() => done(false), 20_000);
    });
    Object.assign(globalThis, { reached });
  }, state);
  return async () => {
    const reached = await page.evaluate(() => (globalThis as unknown as { reached: Promise<boolean> }).reached);
    expect(reached, `a request in state ${state}`).toBe(true);
  };
}

async function readStorage(): Promise<string> {
  const page = await watch();
  return page.evaluate(async () => {
    const { chrome } = globalThis as unknown as { chrome: Chrome };
    return JSON.stringify([await chrome.storage.session.get(null), await chrome.storage.local.get(null)]);
  });
}

/** What the names of files end with that packages are in, whole or half-written. */
async function readPackages(): Promise<readonly string[]> {
  const page = await watch();
  return page.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("bids", { create: true });
    const names: string[] = [];
    for await (const each of folder.keys()) names.push(each.slice(each.lastIndexOf(".")));
    return names;
  });
}

/** What a page has, and what scripts in it can read of what it keeps. */
const readPage = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const kept = [localStorage, sessionStorage].map((storage) => JSON.stringify(Object.entries(storage)));
    const databases = JSON.stringify(await indexedDB.databases());
    const told = JSON.stringify(performance.getEntries().map(({ name }) => name));
    const marked = [document.documentElement.outerHTML, document.cookie, location.href, JSON.stringify(history.state)];
    return [...marked, ...kept, databases, told].join("\n");
  });

/** Everything but the disk, while it runs. */
async function look(page: Page | null): Promise<readonly Finding[]> {
  return [
    ...search.in(page === null ? "" : await readPage(page), "the page"),
    ...search.in(await readStorage(), "the extension's storage"),
    ...search.in(onTheWire.join("\n"), "what servers were sent"),
    ...search.inProcesses(),
    ...named.inProcesses(),
  ];
}

const victims = {
  async "service worker"() {
    await browser.killWorker();
  },
  /** By the signal that leaves a core file, where anything does. */
  async "companion program"() {
    const pids = programsOf(stage.desk);
    expect(pids).not.toEqual([]);
    for (const pid of pids) process.kill(pid, "SIGABRT");
    await gone(pids);
  },
  async tab(page: Page) {
    await page.close();
  },
  async browser() {
    const pids = programsOf(stage.desk);
    const running = browser.browser.process();
    const ended = new Promise((done) => running?.once("exit", done));
    running?.kill("SIGKILL");
    await ended;
    await gone(pids);
    watcher = undefined;
    expect(search.inFolder(folder)).toEqual([]);
    browser = await start();
  },
} as const satisfies Readonly<Record<string, (page: Page) => Promise<void>>>;

type Victim = keyof typeof victims;

describe.each(Object.keys(victims) as Victim[])("the %s is killed", (victim) => {
  test.each(requestStates)("while a request is %s: no secret is left anywhere", async (state) => {
    const page = await openPlatform(requestStates.indexOf(state) % 2 === 0 ? "a" : "b");
    const early = state === "received" || state === "reading" || state === "asking";
    const reached = early ? await reach(state) : null;
    const outcome = askToSign(page);
    if (reached !== null) await before(outcome, reached());
    const approval = state === "received" || state === "reading" ? null : await before(outcome, approvalOf(browser));
    if (state === "asking") await approval?.typePin(PIN);
    if (!early) {
      const later = await reach(state);
      await approval?.accept(PIN);
      await later();
    }
    await victims[victim](page);

    const survives = victim === "service worker" || victim === "companion program";
    if (survives && state === "asking") await approval?.accept(null);
    // What was being read goes on by itself. A worker that was only just asked is woken late: nobody waits for it here.
    const goesOn = survives && (state === "reading" || (state === "received" && victim !== "service worker"));
    const window = goesOn ? await approvalOf(browser) : approval;
    // A page that is left ends what has no answer yet; with it the window goes by itself.
    if (survives && approval !== null) await outcome;
    expect(await look(survives ? page : null)).toEqual([]);
    if (survives) await page.close();
    expect(await outcome).toMatch(/^(ok|INTERRUPTED|HOST_FAILED|gone: .*)$/s);
    if (victim === "tab" || goesOn) await window?.gone();
    // After an error it stays for its last words.
    else if (survives) await window?.page.close().catch(() => undefined);
  });
});

describe("afterwards", () => {
  test("three calls that a consent listed are three signatures, and one key made them all", async () => {
    const before = signaturesByKey();
    const page = await openPlatform("a");
    const outcome = askToSign(page, 3);
    const approval = await approvalOf(browser);
    await approval.accept(PIN);
    expect(await outcome).toBe("ok");
    const after = signaturesByKey();
    const [key, ...others] = [...after.keys()].filter((one) => (after.get(one) ?? 0) - (before.get(one) ?? 0) === 3);
    expect(others).toEqual([]);
    // Every request before this one listed one call.
    const consumed = readdirSync(join(stage.desk.home, "consents")).length;
    expect(after.get(key ?? "")).toBeLessThanOrEqual(consumed + 2);
    expect(after.get(key ?? "")).toBeGreaterThanOrEqual(consumed + 2 - INTERRUPTED_AT_WORK);
    await page.close();
  });

  test("the browser is killed while a bid is encrypted: its files are nowhere, and at the next start the job is lost and its half-written package gone", async () => {
    const plan = { projectCode: "JN-2026-0504", projectName: "滨河大道改造工程", lot: "五标段" };
    const { lots } = stage.demo.platforms.a.admin.bidding;
    const { newest } = lots.announce({ id: "canaries", ...plan, openingAt: Date.now() + 3600_000 });
    const page = await openPlatform("a");
    await bringToFront(page);
    const outcome = page
      .evaluate((notice) => {
        const { sharedCertificate } = window as unknown as {
          sharedCertificate: { encrypt(options: object): Promise<object> };
        };
        return sharedCertificate.encrypt({ notice }).then(
          () => "ok",
          (error: { code: string }) => error.code,
        );
      }, encodeBase64Url(newest.der))
      .catch(() => "gone");
    const approval = await before(outcome, approvalOf(browser));
    await appears(approval.page, "#bid-files");
    // Many, so that it is met in the middle.
    const files = Array.from({ length: 12 }, () => picked);
    await ((await approval.page.$("#bid-files")) as ElementHandle<HTMLInputElement>).uploadFile(...files);
    await appears(approval.page, ".recipients");
    await approval.accept(PIN);
    await watch();
    await expect.poll(readPackages, { timeout: 20_000, interval: 10 }).toEqual([".part"]);
    await victims.browser();
    expect(await outcome).toBe("gone");
    await watch();
    await expect.poll(readPackages, { timeout: 20_000 }).toEqual([]);
    const kept = await readStorage();
    expect(kept).toContain('"end":{"state":"lost"}');
    for (const findings of [search.in(kept, "storage"), named.in(kept, "storage"), named.inFolder(folder)]) {
      expect(findings).toEqual([]);
    }
  });

  test("nothing is on the disk: profile, home, logs, core files", async () => {
    await victims.browser();
    expect(search.inFolder(folder)).toEqual([]);
    expect(named.inFolder(folder)).toEqual([]);
    expect(readdirSync(cores)).toEqual([]);
  });

  test("and the search would have found it: what a page keeps for itself is there, in any form of it", () => {
    expect(controlled.inFolder(folder)).not.toEqual([]);
    for (const before of [0, 1, 2, 3]) {
      for (const encoding of ["base64", "base64url", "hex", "utf16le", "latin1"] as const) {
        const bytes = Buffer.from(`${"x".repeat(before)}${secret.text}yz`);
        const found = encoding === "utf16le" ? Buffer.from(bytes.toString(), "utf16le") : bytes.toString(encoding);
        expect(search.in(found, "here"), `${encoding} ${before}`).not.toEqual([]);
      }
    }
  });
});

/** The program was ended once while the key was at work: its consent may have been used by then, and its call not made. */
const INTERRUPTED_AT_WORK = 2;

function signaturesByKey(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of readFileSync(signatures, "utf8").trim().split("\n")) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
