import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import puppeteer, { type Browser, type Page, type Target, type WebWorker } from "puppeteer";
import type { ExtensionBrowser, Language } from "./page.ts";

/** What a Chromium with a throw-away profile is started with. */
export interface BrowserOptions {
  /** Folder of the built extension. */
  readonly extension: string;
  /** Profile folder; made if missing. */
  readonly profile: string;
  /** Chromium's `--host-resolver-rules`: the demo's origins to loopback ports. */
  readonly resolverRules: string;
  /** Base64 of SHA-256 over the SubjectPublicKeyInfo of the demo servers' TLS certificate: the one certificate trusted unseen. */
  readonly tlsSpki: string;
  readonly headless: boolean;
  readonly language: Language;
  /** What is started instead of Debian's Chromium. */
  readonly executable?: string;
  /** Keeps Chromium's sandbox on though root starts it: for a program that becomes another user first. */
  readonly sandboxed?: boolean;
  /**
   * The browser is as at any later start where no administrator's policy was met: at its first one whoever asks first waits ten seconds
   * for a policy that may come.
   */
  readonly knowsNoPolicy?: boolean;
  /** False leaves the service worker without a debugger, which would keep it awake. */
  readonly watchWorker?: boolean;
}

/** A real Chromium with the extension loaded. */
export interface ChromiumBrowser extends ExtensionBrowser<Page> {
  readonly browser: Browser;
  /** The service worker's console, awake or woken. */
  worker(): Promise<WebWorker>;
  /** Ends the service worker as the browser does when it is short of memory. */
  killWorker(): Promise<void>;
}

/** Without a display, Chromium thinks of a screen of 800 × 600, on which our own windows are cut short. */
const SCREEN = "--screen-info={1920x1080}";

/** A page's size there. The extension's own windows have the one that it gives them. */
const PAGE = { width: 1280, height: 900 };

const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Root cannot have Chromium's sandbox; everyone else keeps it. */
function sandbox({ sandboxed = false }: BrowserOptions): readonly string[] {
  return process.getuid?.() === 0 && !sandboxed ? ["--no-sandbox"] : [];
}

/** Chromium hangs at its start or end once in hundreds of times: then it is killed, and a start is tried again. */
const START_MS = 20_000;
const END_MS = 10_000;

/** The browser opens a window well within this. */
const WINDOW_MS = 15_000;

async function launch(options: BrowserOptions, signal: AbortSignal): Promise<Browser> {
  return puppeteer.launch({
    signal,
    executablePath: options.executable ?? "/usr/bin/chromium",
    headless: options.headless,
    pipe: true,
    userDataDir: options.profile,
    enableExtensions: [options.extension],
    // Told to each page by itself: a size for all would come upon our own windows while they are drawn.
    defaultViewport: null,
    env: {
      ...process.env,
      LANGUAGE: options.language.replace("-", "_"),
      LANG: `${options.language === "en" ? "en_US" : options.language.replace("-", "_")}.UTF-8`,
    },
    ...(options.watchWorker === false ? { targetFilter: (target: Target) => target.type() !== "service_worker" } : {}),
    args: [
      ...QUIET,
      ...(options.headless ? [SCREEN] : []),
      ...sandbox(options),
      `--lang=${options.language}`,
      `--host-resolver-rules=${options.resolverRules}`,
      `--ignore-certificate-errors-spki-list=${options.tlsSpki}`,
    ],
  });
}

async function launchInTime(options: BrowserOptions): Promise<Browser> {
  for (let tries = 1; ; tries++) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), START_MS);
    try {
      return await launch(options, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      if (tries === 2) throw new Error(`Chromium does not start within ${START_MS / 1000} s`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Has the browser stop the service worker of that origin, as any page's debugger may, and waits until it has. */
async function stopWorker(page: Page, origin: string): Promise<void> {
  const session = await page.createCDPSession();
  try {
    const stopped = new Promise<true>((resolve, reject) => {
      let isAsked = false;
      session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
        for (const { scriptURL, runningStatus, versionId } of versions) {
          if (!scriptURL.startsWith(origin)) continue;
          if (runningStatus === "stopped") resolve(true);
          // The one that is there now: whoever is woken after it lives.
          if (isAsked || runningStatus === "stopped" || runningStatus === "stopping") continue;
          isAsked = true;
          session.send("ServiceWorker.stopWorker", { versionId }).catch(reject);
        }
      });
    });
    await session.send("ServiceWorker.enable");
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), WINDOW_MS).unref());
    if (!(await Promise.race([stopped, late]))) throw new Error("the service worker does not stop");
  } finally {
    await session.detach();
  }
}

/**
 * Lets the next service worker run. It waits at its start, for ever, for a debugger's session of the one before that was still there at
 * the stop: puppeteer looks into the worker from each page of the extension that opens, and on a busy machine it leaves late.
 */
async function resumeNext(browser: Browser, isWorker: (target: Target) => boolean, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + WINDOW_MS; Date.now() < end && !signal.aborted;) {
    const session = await browser.targets().find(isWorker)?.createCDPSession();
    if (session !== undefined) {
      await session.send("Runtime.runIfWaitingForDebugger");
      await session.detach();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** As the extension itself keeps it (background/policy-source.ts). */
const NO_POLICY = { "policy:kept": { document: null, good: {} } };

/** Before the welcome page asks: who has asked waits. */
async function tellNoPolicy(worker: Target): Promise<void> {
  const session = await worker.createCDPSession();
  const told = `globalThis.chrome?.storage?.local.set(${JSON.stringify(NO_POLICY)}).then(() => true)`;
  try {
    for (const end = Date.now() + WINDOW_MS; Date.now() < end;) {
      // At its very start a worker has no extension's functions yet.
      const { result } = await session.send("Runtime.evaluate", { expression: told, awaitPromise: true });
      if (result.value === true) return;
    }
    throw new Error("the service worker has no storage");
  } finally {
    await session.detach();
  }
}

export async function openBrowser(options: BrowserOptions): Promise<ChromiumBrowser> {
  await mkdir(options.profile, { recursive: true });
  const isFirstStart = !existsSync(join(options.profile, "Local State"));
  const origin = `chrome-extension://${CHROMIUM_EXTENSION_ID}/`;
  const browser = await launchInTime(options);
  const isWorker = (target: Target) => target.type() === "service_worker" && target.url().startsWith(origin);
  if (options.knowsNoPolicy === true) await tellNoPolicy(await browser.waitForTarget(isWorker, { timeout: WINDOW_MS }));
  // The welcome page comes by itself, and in front: before it nothing that has to be in front is opened.
  if (isFirstStart) {
    const isWelcome = (target: Target) => target.url() === `${origin}welcome.html`;
    await browser.waitForTarget(isWelcome, { timeout: WINDOW_MS }).catch(async (cause: unknown) => {
      browser.process()?.kill("SIGKILL");
      throw new Error("the extension's welcome page does not come", { cause });
    });
  }

  /** Ends the waiting for the worker after one that was killed. */
  let endResuming: () => Promise<void> = () => Promise.resolve();

  /** Addresses of windows that were given already: each request's window has its own. */
  const given = new Set<string>();

  const worker = async () => {
    const target = await browser.waitForTarget(isWorker, { timeout: WINDOW_MS });
    const found = await target.worker();
    if (found === null) throw new Error("the extension's service worker went away while it was looked for");
    return found;
  };

  /** What every page shows, and how far its requests are: for whoever reads that a window did not come. */
  async function whatThereIs(): Promise<string> {
    const inTime = (told: Promise<unknown>) =>
      Promise.race([
        told.catch((error: unknown) => String(error)),
        new Promise((resolve) => setTimeout(() => resolve("no answer"), 2000)),
      ]);
    const ofPage = async (page: Page) => {
      const shown =
        "[document.visibilityState, document.body?.dataset.state, document.querySelector('#message')?.textContent]";
      return [page.url(), await inTime(page.evaluate(shown))];
    };
    const requests = worker().then((own) => own.evaluate("chrome.storage.session.get(null)"));
    return JSON.stringify([await inTime(requests), ...(await Promise.all((await browser.pages()).map(ofPage)))]);
  }

  return {
    browser,
    ended: new Promise((resolve) => {
      browser.once("disconnected", () => resolve());
    }),
    isOpen: (page) => Promise.resolve(!page.isClosed()),
    async open(url) {
      const page = await browser.newPage();
      if (options.headless) await page.setViewport(PAGE);
      for (let tries = 1; ; tries++) {
        try {
          await page.goto(url, { waitUntil: "load" });
          return page;
        } catch (error) {
          // Just after its start a browser does not know the extension's pages yet.
          const isEarly = error instanceof Error && error.message.includes("ERR_BLOCKED_BY_CLIENT");
          if (!isEarly || !url.startsWith(origin) || tries === 20) throw error;
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
      }
    },
    extensionUrl: (path) => origin + path,
    async extensionPage(path) {
      const isFresh = (candidate: Target) =>
        candidate.type() === "page" && candidate.url().startsWith(origin + path) && !given.has(candidate.url());
      const target = await browser.waitForTarget(isFresh, { timeout: WINDOW_MS }).catch(async (cause: unknown) => {
        throw new Error(`no window ${path}: ${await whatThereIs()}`, { cause });
      });
      given.add(target.url());
      const page = await target.page();
      if (page === null) throw new Error(`the window ${path} closed while it was looked for`);
      return page;
    },
    worker,
    async killWorker() {
      // A worker that is woken while a debugger still holds the one before waits for that debugger at its start, for ever:
      // puppeteer's own `close()` lets go only afterwards, and loses that race on a busy machine. So the debugger leaves first.
      const watching = await browser.targets().find(isWorker)?.worker();
      // It may have gone with a worker that ended by itself.
      await watching?.client.detach().catch(() => undefined);
      await endResuming();
      const [page] = await browser.pages();
      if (page === undefined) throw new Error("no page to ask from");
      await stopWorker(page, origin);
      // It may end again meanwhile, and the browser with it: then nobody waits.
      const abort = new AbortController();
      const resumed = resumeNext(browser, isWorker, abort.signal).catch(() => undefined);
      endResuming = () => {
        abort.abort();
        return resumed;
      };
    },
    async close() {
      const timer = setTimeout(() => browser.process()?.kill("SIGKILL"), END_MS);
      try {
        await browser.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
