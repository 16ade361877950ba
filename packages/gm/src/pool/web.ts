/** A browser's workers for the pool. */
import type { FromWorker, PoolWorker } from "./messages.ts";

/**
 * A browser's worker as the pool takes it. `worker` runs `@certbridge/gm/pool/web-worker` as a module:
 * `new Worker(new URL("./gm.worker.ts", import.meta.url), { type: "module" })`.
 */
export function fromWebWorker(worker: Worker): PoolWorker {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(hear, mourn) {
      worker.addEventListener("message", (event: MessageEvent<FromWorker>) => hear(event.data));
      worker.addEventListener("error", (event) => mourn(event.error ?? event.message));
      worker.addEventListener("messageerror", () => mourn("a message could not be read"));
    },
    terminate: () => worker.terminate(),
  };
}
