/** How far long work is, how fast it goes, and how long it will still take. */
import { signal, type ReadonlySignal } from "@preact/signals";

export interface Progress {
  /** Of what is to be done, 0 to 1. */
  readonly share: number;
  /** Bytes a second; null until that can be told. */
  readonly rate: number | null;
  readonly leftMs: number | null;
}

/** Long enough that one slow write does not make the time left jump, short enough to follow a disk that fills its cache. */
const WINDOW_MS = 5000;
/** Earlier nobody can tell. */
const TELL_AFTER_MS = 1000;

export interface ProgressMeter {
  readonly progress: ReadonlySignal<Progress | null>;
  note(done: number, total: number): void;
  clear(): void;
}

export function createProgressMeter(now: () => number = () => performance.now()): ProgressMeter {
  const progress = signal<Progress | null>(null);
  let seen: { readonly at: number; readonly done: number }[] = [];
  return {
    progress,
    note(done, total) {
      const at = now();
      seen = [...seen.filter((point) => at - point.at <= WINDOW_MS), { at, done }];
      const [first] = seen;
      const spanMs = first === undefined ? 0 : at - first.at;
      const rate = first === undefined || spanMs < TELL_AFTER_MS ? null : ((done - first.done) * 1000) / spanMs;
      const leftMs = rate === null || rate <= 0 ? null : ((total - done) * 1000) / rate;
      progress.value = { share: total > 0 ? Math.min(1, done / total) : 0, rate, leftMs };
    },
    clear() {
      seen = [];
      progress.value = null;
    },
  };
}
