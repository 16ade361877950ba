/** The pool, for any environment; what an environment adds stands beside it. */
export type { PoolWorker } from "./messages.ts";
export { createGmPool } from "./pool.ts";
export type { GcmOptions, GmPool, GmPoolOptions, JobOptions } from "./pool.ts";
export type { Source } from "./source.ts";
export { fromWebWorker } from "./web.ts";
