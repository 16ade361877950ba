/** The time, in milliseconds since 1970. A parameter everywhere: tests turn it by hand. */
export type Clock = () => number;

/** An instant as it is written: ISO 8601 in UTC. */
export function instantOf(at: number): string {
  return new Date(at).toISOString();
}

/** Rings once after so many milliseconds, unless it is stopped before. A parameter like the clock. */
export type Alarm = (afterMs: number, ring: () => void) => () => void;
