/** Parsers against bytes as an attacker sends them: each gives a value that holds, or refuses in words that callers know. */
import { ProofError } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { timeoutMs } from "../oracles/runs.ts";
import { hostileBytes } from "./bytes.ts";

/** One kind of message: genuine ones, and whether the parser takes bytes for one. */
export interface Kind {
  readonly samples: readonly Uint8Array[];
  /** False where they are refused; throws where anything is wrong with what is taken. */
  take(der: Uint8Array): boolean;
}

function isRefusal(error: unknown): boolean {
  return error instanceof ProofError || OperationError.is(error, "MALFORMED");
}

/** Runs what may refuse, and in no other way fail; null where it did. */
export function orRefusal<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

/**
 * @param parse nothing is null but a refusal
 * @param hold  what must be true of what was taken
 * @param prove what callers do next: it may refuse as well
 */
export function kind<T extends {}>(
  samples: readonly Uint8Array[],
  parse: (der: Uint8Array) => T,
  hold: (value: T, der: Uint8Array) => void,
  prove: (value: T, der: Uint8Array) => unknown = () => null,
): Kind {
  return {
    samples,
    take(der) {
      const value = orRefusal(() => parse(der));
      if (value === null) return false;
      hold(value, der);
      orRefusal(() => prove(value, der));
      return true;
    },
  };
}

/** One test for each kind, with so many cases; bytes of the other kinds among them. */
export function testKinds(
  kinds: Readonly<Record<string, Kind>>,
  runsOf: (name: string) => { readonly seed: number; readonly numRuns: number },
): void {
  const everything = Object.values(kinds).flatMap(({ samples }) => samples);
  test.each(Object.entries(kinds))(
    "%s: a value, or a refusal by its code",
    (name, { samples, take }) => {
      expect(samples.map(take)).toEqual(samples.map(() => true));
      const runs = runsOf(name);
      let taken = 0;
      fc.assert(
        fc.property(hostileBytes(samples, everything), (der) => {
          if (take(der)) taken++;
        }),
        runs,
      );
      // Where next to nothing passes, nothing behind the door was tried.
      expect(taken).toBeGreaterThan(runs.numRuns / 200);
    },
    timeoutMs,
  );
}
