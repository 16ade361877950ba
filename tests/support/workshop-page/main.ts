/** A page with the part of the extension's workshop that makes bid packages, and nothing else of the extension; whoever drives it has the bidder's key. */
import type { WorkshopParams, WorkshopResult } from "@certbridge/protocol/workshop";
import { openPackageJob, type PackageJob } from "../../../extension/workshop/package/job.ts";
import { openPackageFolder, readPackage, sweepPackages, WHOLE_PACKAGE } from "../../../extension/platform/packages.ts";

/** What failed, as plain data. */
export interface Failed {
  readonly code: string;
}

/** What the page has for whoever drives it. Times in milliseconds. */
export interface WorkshopPage {
  begin(params: WorkshopParams<"beginPackage">): Promise<WorkshopResult<"beginPackage">>;
  /** Encrypts what was picked in the page's field. */
  write(id: string): Promise<(WorkshopResult<"writePackage"> & { readonly ms: number }) | Failed>;
  finish(id: string, signature: string): Promise<(WorkshopResult<"finishPackage"> & { readonly ms: number }) | Failed>;
  /** Posts the package to this path. */
  upload(id: string, path: string): Promise<string>;
  close(id: string): Promise<void>;
  /** Removes the package, once it is whole. */
  drop(id: string): Promise<void>;
  /** Closes it at the moment at which its file gets the name of a whole one. */
  closeWhenNamed(id: string): void;
  /** Copies what was picked: the copies of the bench. */
  copy(by: "slices" | "stream"): Promise<{ readonly ms: number }>;
  /** The last report of each job: bytes done, bytes in all. */
  readonly progress: Record<string, readonly [done: number, total: number]>;
  /** Names of the files that the workshop has kept. */
  kept(): Promise<readonly string[]>;
  sweep(): Promise<void>;
}

const packageIds = new Map<string, string>();
const jobs = new Map<string, PackageJob>();
const progress: Record<string, readonly [number, number]> = {};

function jobOf(id: string): PackageJob {
  const job = jobs.get(id);
  if (job === undefined) throw new Error("no such job");
  return job;
}

const picked = () => Array.from(document.querySelector("input")?.files ?? []);

async function timed<T extends object>(work: () => Promise<T>): Promise<(T & { readonly ms: number }) | Failed> {
  const from = performance.now();
  try {
    const done = await work();
    return { ...done, ms: performance.now() - from };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? String(error) };
  }
}

Object.assign(globalThis, {
  progress,
  async begin(params) {
    const backups = { hold: (_id: string, worker: { close(): void }) => worker.close() };
    const job = openPackageJob(params.id, (done, total) => (progress[params.id] = [done, total]), backups);
    jobs.set(params.id, job);
    const begun = await job.begin(params);
    packageIds.set(params.id, begun.packageId);
    return begun;
  },
  write: (id) => timed(() => jobOf(id).write(picked())),
  finish: (id, signature) => timed(() => jobOf(id).finish(signature)),
  async upload(id, path) {
    const file = await readPackage(id, packageIds.get(id) ?? "");
    await fetch(path, { method: "POST", body: file });
    return file.name;
  },
  close: (id) => jobOf(id).close(),
  drop: async (id) => (await openPackageFolder()).removeEntry(`${id}${WHOLE_PACKAGE}`),
  closeWhenNamed(id) {
    const handles = FileSystemFileHandle.prototype as FileSystemFileHandle & { move(name: string): Promise<void> };
    const { move } = handles;
    handles.move = async function (name) {
      handles.move = move;
      const closed = jobOf(id).close();
      await move.call(this, name);
      await closed;
    };
  },
  copy(by) {
    const worker = new Worker(new URL("./copy.worker.ts", import.meta.url), { type: "module" });
    const from = performance.now();
    return new Promise<{ ms: number }>((resolve, reject) => {
      worker.addEventListener("message", () => resolve({ ms: performance.now() - from }));
      worker.addEventListener("error", ({ message }) => reject(new Error(message)));
      worker.postMessage({ sources: picked(), by });
    }).finally(() => worker.terminate());
  },
  async kept() {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("bids", { create: true });
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    return names;
  },
  sweep: () => sweepPackages(() => Promise.resolve(false), Date.now()),
} satisfies WorkshopPage);
