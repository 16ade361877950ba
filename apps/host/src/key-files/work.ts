/**
 * What opening one file may cost. The file itself says how often its password is stretched, for its MAC and for each key in it: all
 * of that together stays within what a person waits for, or a broken or hostile file would hold the machine.
 */
import { OperationError } from "@certbridge/protocol/errors";

/** Counted down, in rounds: one HMAC of PBKDF2, one hash of a MAC's key, or 128 bytes of scrypt's memory, which cost about the same. */
export interface Work {
  /** @throws OperationError UNSUPPORTED_OPERATION beyond what is left, and for what is no number of rounds */
  spend(rounds: number): void;
}

/** Half a minute at most. OpenSSL writes 2,048 rounds, we write 600,000. */
export const ROUNDS_MAX = 20_000_000;

export function openWork(rounds: number = ROUNDS_MAX): Work {
  let left = rounds;
  return {
    spend(asked) {
      if (!(Number.isSafeInteger(asked) && asked >= 1 && asked <= left)) {
        throw new OperationError("UNSUPPORTED_OPERATION", { operation: `a password stretched ${asked} times` });
      }
      left -= asked;
    },
  };
}

/** The library reads an INTEGER of four bytes or more as text, whatever its type says. */
export const numberOf = (integer: number | string): number => Number(integer);
