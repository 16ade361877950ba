/** Times of an operation on secrets of two classes, which come in random order. */

export type Class = 0 | 1;

/** An operation with a secret, and two classes of secrets. */
export interface Subject {
  /** As the metric calls it. */
  readonly what: string;
  /** True where the two classes end differently for the caller anyway, so that their times may differ: measured, but bound by nothing. */
  readonly isVisible?: boolean;
  /** Puts a secret of the class where `run` finds it: the same place for both, written alike. Not timed. */
  prepare(of: Class): void;
  run(): void;
}

/** A sample is this long at least, by as many runs as it takes: the clock ticks in tens of nanoseconds. */
const SAMPLE_MS = 0.02;

/** Share of the samples that come while the engine still compiles; they are thrown away. */
const EARLY = 0.1;

/** Room for the samples of a run; more are not taken. */
const MOST = 400_000;

function timeOf(subject: Subject, runs: number): number {
  const startedAt = performance.now();
  for (let i = 0; i < runs; i++) subject.run();
  return performance.now() - startedAt;
}

/** How many runs make a sample: by the median of a few, after a warm-up. */
function runsOf(subject: Subject): number {
  subject.prepare(0);
  const runs = Math.max(1, Math.ceil(2 / Math.max(timeOf(subject, 1), 0.001)));
  for (let i = 0; i < 10; i++) timeOf(subject, runs);
  return Math.max(1, Math.ceil((SAMPLE_MS * runs) / timeOf(subject, runs)));
}

/** Samples of both classes, for so many ms. */
export function collect(subject: Subject, budgetMs: number): readonly [Float64Array, Float64Array] {
  const runs = runsOf(subject);
  const times = new Float64Array(MOST);
  const classes = new Uint8Array(MOST);
  let n = 0;
  for (const end = performance.now() + budgetMs; n < MOST && performance.now() < end; n++) {
    const of = Math.random() < 0.5 ? 0 : 1;
    subject.prepare(of);
    classes[n] = of;
    times[n] = timeOf(subject, runs);
  }
  const first = Math.ceil(EARLY * n);
  const ofClass = (wanted: Class) => times.subarray(0, n).filter((_, i) => i >= first && classes[i] === wanted);
  return [ofClass(0), ofClass(1)];
}
