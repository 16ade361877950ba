/** The bench page in headless Chromium and Firefox. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type Browser } from "puppeteer";
import { type Firefox, openFirefox } from "../../tests/support/marionette.ts";
import type { Part } from "../figure.ts";
import { serve } from "./serve.ts";
import { taskMetrics } from "./tasks/index.ts";

/** A page that has not answered by then never will. */
const LIMIT_MS = 30 * 60_000;

interface Opened {
  close(): Promise<void>;
}

/** A folder that is gone afterwards. */
async function withProfile<T>(start: (profile: string) => Promise<T>): Promise<{ started: T; clear(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), "bench-"));
  const clear = () => rm(profile, { recursive: true, force: true, maxRetries: 5 });
  try {
    return { started: await start(profile), clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** A Chromium with a profile of its own, and how to be rid of both. Root cannot have its sandbox. */
export async function launchChromium(): Promise<{ readonly browser: Browser } & Opened> {
  const { started: browser, clear } = await withProfile((userDataDir) =>
    puppeteer.launch({
      executablePath: "/usr/bin/chromium",
      headless: true,
      pipe: true,
      userDataDir,
      args: ["--disable-gpu", "--no-first-run", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
    }),
  );
  return { browser, close: () => browser.close().finally(clear) };
}

async function openInChromium(url: string): Promise<Opened> {
  const { browser, close } = await launchChromium();
  const page = await browser.newPage();
  await page.goto(url);
  return { close };
}

/** A Firefox likewise. */
export async function launchFirefox(): Promise<{ readonly firefox: Firefox } & Opened> {
  const { started: firefox, clear } = await withProfile((profile) =>
    openFirefox({
      executable: "/usr/bin/firefox-esr",
      profile,
      // There is no extension here.
      extensionId: "none@bench",
      uuid: "00000000-0000-4000-8000-000000000000",
      language: "en-US",
    }),
  );
  return { firefox, close: () => firefox.close().finally(clear) };
}

async function openInFirefox(url: string): Promise<Opened> {
  const { firefox, close } = await launchFirefox();
  await firefox.open(url);
  return { close };
}

function partIn(engine: "chromium" | "firefox", open: (url: string) => Promise<Opened>): Part {
  return {
    metrics: [...taskMetrics, "crypto.ready"],
    async measure({ rounds, quick, only }) {
      const served = await serve();
      const words = new URLSearchParams({ engine, rounds: `${rounds}`, quick: `${quick}`, only });
      try {
        const browser = await open(`${served.origin}/?${words.toString()}`);
        return await served.answer(LIMIT_MS).finally(() => browser.close());
      } finally {
        served.close();
      }
    },
  };
}

export const inChromium = partIn("chromium", openInChromium);
export const inFirefox = partIn("firefox", openInFirefox);
