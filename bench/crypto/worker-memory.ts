/**
 * How much memory a worker of the pool takes while a page encrypts a file through it: what the process of the page and its worker holds for
 * itself alone, at its highest, less what it held when the worker stood but nothing of the cryptography was loaded. So the module, its
 * memory, the segments on their way and what the collector has not taken yet all count. The browser's own account
 * (`performance.measureUserAgentSpecificMemory`) leaves buffers and WebAssembly out.
 */
import { readdir, readFile } from "node:fs/promises";
import type { CDPSession, Page } from "puppeteer";
import { alone, type Part } from "../figure.ts";
import { WORKER_MIB } from "./bounds.ts";
import { launchChromium } from "./browsers.ts";
import type { MemoryPage } from "./page/memory.ts";
import { serve } from "./serve.ts";

/** Sizes of the file in MiB, in this order. The larger should not take more; the figure is the highest of all. */
const SIZES = [64, 512];
const SIZES_QUICK = [16, 64];

const SAMPLE_MS = 10;

/** Until the worker stands and the page has come to rest. */
const REST_MS = 2000;

const pause = (ms: number) => new Promise<void>((wait) => setTimeout(wait, ms));

/** Names of a process's threads. */
async function threadsOf(id: number): Promise<readonly string[]> {
  const tasks = await readdir(`/proc/${id}/task`).catch(() => []);
  return Promise.all(tasks.map((task) => readFile(`/proc/${id}/task/${task}/comm`, "utf8").catch(() => "")));
}

/** The process with a worker in it: the others are of an empty page, and one in reserve. */
async function processOf(session: CDPSession): Promise<number> {
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  for (const { type, id } of processInfo) {
    if (type === "renderer" && (await threadsOf(id)).some((name) => name.startsWith("DedicatedWorker"))) return id;
  }
  throw new Error("no process of the browser has a worker");
}

/** Private memory that was written to, in MiB. */
async function privateMib(process: number): Promise<number> {
  const rollup = await readFile(`/proc/${process}/smaps_rollup`, "utf8");
  const kib = Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(rollup)?.[1]);
  if (!(kib > 0)) throw new Error("the system does not say how much memory the page has");
  return kib / 1024;
}

/** The highest while something goes on, and once it is over. */
async function highestDuring(process: number, work: Promise<void>): Promise<number> {
  const over = work.then(() => true);
  over.catch(() => undefined); // told when it is waited for
  for (let [highest, ended] = [0, false]; ;) {
    highest = Math.max(highest, await privateMib(process));
    if (ended) return highest;
    ended = await Promise.race([over, pause(SAMPLE_MS).then(() => false)]);
  }
}

async function encrypt(page: Page, mib: number): Promise<void> {
  const len = await page.evaluate((mib) => (globalThis as unknown as MemoryPage).encrypt(mib), mib);
  if (len !== mib * 1024 * 1024) throw new Error(`of ${mib} MiB ${len} bytes come back`);
}

export const workerMemory: Part = {
  metrics: ["crypto.worker-memory"],
  async measure({ quick }) {
    const served = await serve();
    const { browser, close } = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${served.origin}/memory`);
      await pause(REST_MS);
      const session = await browser.target().createCDPSession();
      const process = await processOf(session);
      const idle = await privateMib(process);
      let highest = 0;
      for (const mib of quick ? SIZES_QUICK : SIZES) {
        highest = Math.max(highest, await highestDuring(process, encrypt(page, mib)));
      }
      return [alone("crypto.worker-memory", "chromium", highest - idle, "MiB", WORKER_MIB)];
    } finally {
      await close();
      served.close();
    }
  },
};
