/**
 * Wrong PINs, counted on disk. A try is written down before it is judged, so that ending the process in between gives none for
 * free; a right PIN clears the count. Three wrong ones cost nothing but the typing; from the third on each makes the wait twice
 * as long, up to an hour. Nothing is ever locked for good: who copied the file tries elsewhere, and the bidder needs the key.
 */
import { OperationError } from "@certbridge/protocol/errors";
import * as v from "valibot";
import type { Clock } from "../../clock.ts";
import { instantOf } from "../../clock.ts";
import { dropFile, readIfThere, writeWhole } from "../../disk.ts";

/** Wrong PINs before the first wait. */
const FREE_TRIES = 3;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3600_000;

const counted = v.strictObject({
  failures: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000)),
  /** Before this instant no try is made, and none is counted. Milliseconds since 1970. */
  retryAt: v.pipe(v.number(), v.integer(), v.minValue(0)),
});

type Counted = v.InferOutput<typeof counted>;

/** What people are shown of it. */
export interface PinState {
  readonly triesLeft: number;
  /** ISO 8601; null where a try may be made at once. */
  readonly retryAt: string | null;
}

export interface Tries {
  state(): Promise<PinState>;
  /** Writes the try down. @throws OperationError PIN_LOCKED where the wait is not over */
  begin(): Promise<void>;
  /** The PIN was right. A power cut that brings the old count back costs nothing but an earlier wait. */
  clear(): Promise<void>;
}

function waitAfter(failures: number): number {
  if (failures < FREE_TRIES) return 0;
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_TRIES), LONGEST_WAIT_MS);
}

function parse(bytes: Buffer | null): Counted {
  if (bytes === null) return { failures: 0, retryAt: 0 };
  try {
    return v.parse(counted, JSON.parse(bytes.toString("utf8")));
  } catch {
    // A damaged count is no fresh start: one try, and then the wait begins.
    return { failures: FREE_TRIES - 1, retryAt: 0 };
  }
}

function stateOf({ failures, retryAt }: Counted, now: number): PinState {
  if (retryAt > now) return { triesLeft: 0, retryAt: instantOf(retryAt) };
  return { triesLeft: Math.max(1, FREE_TRIES - failures), retryAt: null };
}

/** @param path the file of the count; whoever begins a try holds the lock of its folder */
export function openTries(path: string, clock: Clock): Tries {
  async function read(): Promise<Counted> {
    const found = parse(await readIfThere(path));
    // A clock that was wrong, and is right again, must not lock the bidder out for years.
    const latest = clock() + waitAfter(found.failures);
    return found.retryAt > latest ? { ...found, retryAt: latest } : found;
  }
  return {
    async state() {
      return stateOf(await read(), clock());
    },
    async begin() {
      const found = await read();
      const { retryAt } = stateOf(found, clock());
      if (retryAt !== null) throw new OperationError("PIN_LOCKED", { retryAt });
      const failures = found.failures + 1;
      await writeWhole(path, JSON.stringify({ failures, retryAt: clock() + waitAfter(failures) } satisfies Counted));
    },
    async clear() {
      await dropFile(path);
    },
  };
}
