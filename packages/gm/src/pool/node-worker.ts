/** The program of a pool's worker in Node. */
import { parentPort } from "node:worker_threads";
import { serve } from "./serve.ts";

const hear = serve((message, transfer) => parentPort?.postMessage(message, transfer));
parentPort?.on("message", hear);
