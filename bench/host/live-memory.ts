/**
 * Loaded before the program and its workers, with `--expose-gc`: four times a second it collects what nobody holds any more, and writes down what is left, a
 * line for each. `--import live-memory.ts?LOG`; a line is `pid bytes things`, things being timers, sockets and what else keeps a program alive.
 */
import { appendFileSync } from "node:fs";

const EVERY_MS = 250;

const log = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const { gc } = globalThis as unknown as { gc: () => void };

setInterval(() => {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  appendFileSync(log, `${process.pid} ${heapUsed + external} ${process.getActiveResourcesInfo().length}\n`);
}, EVERY_MS).unref();
