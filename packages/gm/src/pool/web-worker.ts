/** The program of a pool's worker in a browser: a module worker imports this and nothing else. */
import type { ToWorker } from "./messages.ts";
import { serve } from "./serve.ts";

declare const self: DedicatedWorkerGlobalScope;

const hear = serve((message, transfer) => self.postMessage(message, transfer));
self.addEventListener("message", (event: MessageEvent<ToWorker>) => hear(event.data));
