/**
 * Sees keys come and go (热插拔): one more worker for each library, which does nothing but wait for its events, so that no other call waits behind it. It runs
 * while somebody asks for changes, and ends a while after the last one did.
 */
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import * as v from "valibot";
import type { Alarm } from "../../clock.ts";
import { launchWorker } from "./launch.ts";
import type { Opening } from "./wire.ts";

/** A watcher that nobody has asked for so long is ended, in ms. */
const IDLE_MS = 60_000;
/** One that ended by itself so often is not started again in this run. */
const DEATHS = 3;

const plugged = v.object({ names: v.array(v.instance(Uint8Array)) });

/** What is plugged in, as one string that changes with it. */
export type Mark = string;

export interface Watcher {
  /** Of what is plugged in by now; empty until the library has said so. Starts the watch. */
  mark(): Mark;
  /** Runs at each change. @returns what ends that */
  onChange(run: () => void): () => void;
  close(): void;
}

export interface WatcherOptions {
  readonly program: string;
  readonly opening: Opening;
  readonly alarm: Alarm;
  /** The Node that runs the worker; that of this program by default. */
  readonly execPath?: string;
  readonly execArgv?: readonly string[];
}

export function watchLibrary(options: WatcherOptions): Watcher {
  const { opening, alarm } = options;
  const listeners = new Set<() => void>();
  let child: ChildProcess | null = null;
  let deaths = 0;
  let mark: Mark = "";
  let quiet = () => undefined as void;

  function end(): void {
    quiet();
    const ended = child;
    child = null;
    // It may wait in the library for ever; it holds nothing.
    ended?.kill("SIGKILL");
  }

  function note(message: unknown): void {
    const parsed = v.safeParse(plugged, message);
    if (!parsed.success) return;
    const hash = createHash("sha256");
    for (const name of parsed.output.names.toSorted(Buffer.compare)) hash.update(name).update("\0");
    const now = hash.digest("base64url");
    if (now === mark) return;
    mark = now;
    for (const run of listeners) run();
  }

  function start(): void {
    if (deaths >= DEATHS) return;
    const started = launchWorker(options);
    const died = () => {
      if (child !== started) return;
      child = null;
      deaths += 1;
    };
    started.on("message", note);
    started.on("exit", died);
    started.on("error", died);
    started.send({ ...opening, watches: true } satisfies Opening, () => undefined);
    child = started;
  }

  return {
    mark() {
      quiet();
      quiet = alarm(IDLE_MS, end);
      if (child === null) start();
      return mark;
    },
    onChange(run) {
      listeners.add(run);
      return () => void listeners.delete(run);
    },
    close: end,
  };
}
