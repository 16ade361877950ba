/** Where a figure was measured; `node` for what is measured in none of them. */
export type Engine = "node" | "chromium" | "firefox";

/** One figure, as `npm run bench -- --json` prints it. `ratio` says how many times better than the peer. */
export interface Figure {
  readonly metric: string;
  readonly engine: Engine;
  /** Name of the peer, or of what the figure stands against. */
  readonly against: string | null;
  readonly ours: number;
  readonly peer: number | null;
  readonly unit: string;
  readonly ratio: number | null;
  readonly floor: number | null;
  readonly aim: number | null;
}

/** What a run is asked for. */
export interface PartOptions {
  /** Few under `--quick`. */
  readonly rounds: number;
  /** Inputs may be smaller then, too. */
  readonly quick: boolean;
  /** What the wanted metrics begin with; a part whose figures are costly makes no others. */
  readonly only: string;
}

/** A part of the bench: what its metrics begin with, and its figures. */
export interface Part {
  readonly metrics: readonly string[];
  measure(options: PartOptions): Promise<readonly Figure[]>;
}

/** To hundredths. */
export const round = (value: number): number => Math.round(value * 100) / 100;

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new RangeError("the median of nothing");
  return (upper + lower) / 2;
}

/** A figure that stands alone, against a floor and an aim of its own (both upper bounds for times and sizes). */
export function alone(
  metric: string,
  engine: Engine,
  ours: number,
  unit: string,
  bounds: { readonly floor: number | null; readonly aim: number | null } = { floor: null, aim: null },
): Figure {
  return { metric, engine, against: null, ours: round(ours), peer: null, unit, ratio: null, ...bounds };
}
