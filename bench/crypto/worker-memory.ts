/**
 * How much memory a worker of ours takes while it encrypts a file piece by piece: what Chromium's processes for pages hold for
 * themselves alone, at its highest, less what they held with the same worker idle and without the cryptography. The browser's own account
 * (`performance.measureUserAgentSpecificMemory`) leaves buffers and WebAssembly out.
 */
import { readFile } from "node:fs/promises";
import type { Browser } from "puppeteer";
import { alone, type Part } from "../figure.ts";
import { WORKER_MIB } from "./bounds.ts";
import { launchChromium } from "./browsers.ts";
import { serve } from "./serve.ts";

/** Sizes of the file in MiB. The larger must not take more; the figure is the highest of all. */
const SIZES = [64, 512];
const SIZES_QUICK = [16, 64];

const SAMPLE_MS = 10;

/** Private memory that was written to, of all processes for pages, in MiB. */
async function privateMib(browser: Browser): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  let kib = 0;
  for (const { type, id } of processInfo) {
    if (type !== "renderer") continue;
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, "utf8").catch(() => "");
    kib += Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
  }
  return kib / 1024;
}

/** The highest while something goes on. */
async function highestDuring(browser: Browser, work: Promise<unknown>): Promise<number> {
  const over = work.then(() => true);
  for (let highest = 0; ;) {
    highest = Math.max(highest, await privateMib(browser));
    const pause = new Promise<false>((wait) => setTimeout(() => wait(false), SAMPLE_MS));
    if (await Promise.race([over, pause])) return highest;
  }
}

export const workerMemory: Part = {
  metrics: ["crypto.worker-memory"],
  async measure({ quick }) {
    const served = await serve();
    const { browser, close } = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${served.origin}/empty`);
      await page.evaluate(() => {
        Object.assign(window, { worker: new Worker("/memory.js", { type: "module" }) });
      });
      const encrypt = (mib: number) =>
        page.evaluate(
          (mib) =>
            new Promise<void>((resolve, reject) => {
              const { worker } = window as unknown as { worker: Worker };
              worker.addEventListener("error", ({ message }) => reject(new Error(message)));
              worker.addEventListener("message", ({ data }: MessageEvent<string | null>) =>
                data === null ? resolve() : reject(new Error(data)),
              );
              worker.postMessage(mib);
            }),
          mib,
        );
      // Until the worker stands and the page has come to rest.
      await new Promise((wait) => setTimeout(wait, 1000));
      const idle = await privateMib(browser);
      let highest = 0;
      for (const mib of quick ? SIZES_QUICK : SIZES) {
        highest = Math.max(highest, await highestDuring(browser, encrypt(mib)));
      }
      return [alone("crypto.worker-memory", "chromium", highest - idle, "MiB", WORKER_MIB)];
    } finally {
      await close();
      served.close();
    }
  },
};
