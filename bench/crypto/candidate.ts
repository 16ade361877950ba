/** What takes turns in the bench, and what its outputs are held against. */

/** One way of doing a task, ours or a peer's. */
export interface Candidate {
  /** As `against` names it. */
  readonly name: string;
  /** Throws where its output is wrong. Runs once, before anything is timed. */
  prove(): void | Promise<void>;
  /** How much it did a second, in the task's unit, over one stretch of time. */
  sample(): number | Promise<number>;
}

/** What several candidates do, side by side. */
export interface Task {
  readonly metric: string;
  readonly unit: "MB/s" | "ops/s";
  readonly ours: Candidate;
  readonly peers: readonly Candidate[];
}

/** A function that is timed, and whether an output of it is right. */
export interface Way {
  run(): unknown;
  isRight(output: unknown): boolean;
}

/** Long against the coarsest of the engines' clocks, which is 0.1 ms. */
const STRETCH_MS = 25;

/** So long a candidate runs before its first stretch: the engine's last compiler has had its turn. */
const WARM_UP_MS = 120;

/**
 * A candidate that runs in this process.
 *
 * @param amount what one run does: MB of 10⁶ bytes, or operations
 */
export function timed(name: string, amount: number, { run, isRight }: Way): Candidate {
  let runs = 0;
  const timeOf = (times: number): number => {
    const startedAt = performance.now();
    for (let i = 0; i < times; i++) run();
    return performance.now() - startedAt;
  };
  /** How many runs fill a stretch. */
  function warmUp(): number {
    let times = 1;
    for (let [spent, last] = [0, 0]; spent < WARM_UP_MS; spent += last) {
      last = timeOf(times);
      times = Math.ceil(last < 1 ? times * 4 : (times * STRETCH_MS) / last);
    }
    return times;
  }
  return {
    name,
    prove() {
      if (!isRight(run())) throw new Error(`${name} gives a wrong output`);
    },
    sample() {
      if (runs === 0) runs = warmUp();
      return (amount * runs * 1000) / timeOf(runs);
    },
  };
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Bytes in the shapes in which peers give them: arrays of either kind, buffers, hex, or pieces one after the other. */
export type Shape = Uint8Array | ArrayBuffer | string | readonly number[] | readonly Uint8Array[];

const isNumbers = (output: readonly number[] | readonly Uint8Array[]): output is readonly number[] =>
  typeof output[0] === "number";

function piecesOf(output: Shape): readonly ArrayLike<number>[] {
  if (typeof output === "string") return [bytesOf(output)];
  if (output instanceof ArrayBuffer) return [new Uint8Array(output)];
  if (output instanceof Uint8Array) return [output];
  return isNumbers(output) ? [output] : output;
}

/** Byte for byte. */
export function isSame(output: Shape | null, expected: Uint8Array): boolean {
  if (output === null) return false;
  let at = 0;
  for (const piece of piecesOf(output)) {
    for (let i = 0; i < piece.length; i++) if (piece[i] !== expected[at++]) return false;
  }
  return at === expected.length;
}

/** A way whose output is these bytes. */
export const gives = (expected: Uint8Array, run: () => Shape | null): Way => ({
  run,
  isRight: (output) => isSame(output as Shape | null, expected),
});

/** The ways that are there, as candidates. */
export const candidatesOf = (amount: number, ways: Readonly<Record<string, Way | null>>): readonly Candidate[] =>
  Object.entries(ways).flatMap(([name, way]) => (way === null ? [] : [timed(name, amount, way)]));
