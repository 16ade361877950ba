/** For Node: a pool that finds its own module and worker. */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { loadModule } from "../load.ts";
import { findModules } from "../node.ts";
import type { FromWorker, PoolWorker } from "./messages.ts";
import { createGmPool, type GmPool } from "./pool.ts";

/** A thread of Node as the pool takes it. It runs `@certbridge/gm/pool/node-worker`, and keeps the process alive until the pool is closed. */
export function fromNodeWorker(worker: Worker): PoolWorker {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(hear, mourn) {
      worker.on("message", (message: FromWorker) => hear(message));
      worker.on("error", mourn);
      worker.on("messageerror", mourn);
      worker.on("exit", (code) => mourn(new Error(`the thread ended with code ${code}`)));
    },
    terminate: () => worker.terminate(),
  };
}

export interface NodePoolOptions {
  /** How many threads. Default: one for each core, at most 64. */
  readonly workers?: number;
  /** The compiled `gm.relaxed.wasm` or `gm.simd.wasm`. Default: that of the two which works here, from beside the bundle or from
   * `build/wasm`. */
  readonly module?: WebAssembly.Module;
  /** The program of a thread. Default: `node-worker.ts` beside this file; a bundled program names its own. */
  readonly program?: URL;
}

/**
 * A pool of threads.
 *
 * @throws Error where the module is at neither place
 */
export async function openGmPool(options: NodePoolOptions = {}): Promise<GmPool> {
  const program = options.program ?? new URL("./node-worker.ts", import.meta.url);
  return createGmPool({
    workers: options.workers ?? Math.min(availableParallelism(), 64),
    module: options.module ?? (await loadModule(await findModules())),
    spawn: () => fromNodeWorker(new Worker(program)),
  });
}
