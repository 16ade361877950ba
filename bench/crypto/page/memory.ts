/**
 * A page with the worker of a pool. Of the cryptography there is nothing until `encrypt` is called for the first time: then the module is
 * compiled here and posted to the worker, which starts it.
 */
import { loadModule } from "@certbridge/gm";
import { createGmPool, fromWebWorker, type GmPool } from "@certbridge/gm/pool";
import { modules } from "./wishes.ts";

const worker = new Worker("/pool-worker.js", { type: "module" });
const [key, counter] = [new Uint8Array(16), new Uint8Array(16)];
const chunk = new Uint8Array(1024 * 1024);
let pool: GmPool | null = null;

async function openPool(): Promise<GmPool> {
  return createGmPool({
    workers: 1,
    module: await loadModule(await modules()),
    spawn: () => fromWebWorker(worker),
  });
}

/** A file of so many MiB, read into one array over and over. */
async function* fileOf(mib: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < mib; i++) yield chunk;
}

/** Encrypts it, and drops what comes out; answers how many bytes that were. */
async function encrypt(mib: number): Promise<number> {
  pool ??= await openPool();
  let len = 0;
  for await (const bytes of pool.ctr(key, counter, fileOf(mib))) len += bytes.length;
  return len;
}

/** What the page has for the bench. */
export interface MemoryPage {
  encrypt(mib: number): Promise<number>;
}

Object.assign(globalThis, { encrypt } satisfies MemoryPage);
