/**
 * What a whole browser holds more while it encrypts a file than it held before: the anonymous and shared memory of all its processes, shared
 * pages counted once. The file's own pages in the system's cache are not the browser's.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { serveWorkshop } from "../../tests/support/workshop-page/serve.ts";
import { alone, type Part } from "../figure.ts";
import { encryptOnce, openBidPage } from "./page.ts";
import { makeFile, withFolder } from "./files.ts";

/** Sizes of the file in MiB, in this order: the larger should take no more. The figure is the highest of all. */
const SIZES = [256, 4096];
const SIZES_QUICK = [64, 256];

const BOUND = { floor: 400, aim: 200 };

const SAMPLE_MS = 100;
const REST_MS = 3000;

const pause = (ms: number) => new Promise<void>((wait) => setTimeout(wait, ms));

/** A process and all that it started. */
async function familyOf(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, "utf8").catch(() => "") : "";
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  return family;
}

/** MiB, each page of memory divided among those who share it. */
async function memoryOf(pid: number): Promise<number> {
  let kib = 0;
  for (const member of await familyOf(pid)) {
    const rollup = await readFile(`/proc/${member}/smaps_rollup`, "utf8").catch(() => "");
    for (const [, len] of rollup.matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB$/gm)) kib += Number(len);
  }
  return kib / 1024;
}

/** How much more there was at the highest, until the work is over. */
async function highestDuring(pid: number, work: Promise<unknown>): Promise<number> {
  const over = work.then(() => true);
  over.catch(() => undefined); // told when it is waited for
  for (let [highest, ended] = [0, false]; ;) {
    highest = Math.max(highest, await memoryOf(pid));
    if (ended) return highest;
    ended = await Promise.race([over, pause(SAMPLE_MS).then(() => false)]);
  }
}

export const memory: Part = {
  metrics: ["bid.memory"],
  measure: ({ quick }) =>
    withFolder(async (folder) => {
      const served = await serveWorkshop(folder);
      let added = 0;
      try {
        for (const mib of quick ? SIZES_QUICK : SIZES) {
          const path = await makeFile(join(folder, "bid.bin"), mib);
          const page = await openBidPage("chromium", served.address, path);
          try {
            await pause(REST_MS);
            const before = await memoryOf(page.pid);
            const highest = await highestDuring(page.pid, encryptOnce(page));
            process.stderr.write(
              `bid.memory: ${mib} MiB: ${Math.round(highest - before)} MiB above ${Math.round(before)}\n`,
            );
            added = Math.max(added, highest - before);
          } finally {
            await page.close();
          }
        }
      } finally {
        served.close();
      }
      return [alone("bid.memory", "chromium", added, "MiB", BOUND)];
    }),
};
