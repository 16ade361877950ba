/**
 * One program at a time: each browser starts a host of its own, and a person runs commands beside them.
 *
 * The lock is the operating system's, on an empty file beside the folder that it guards, and is taken through SQLite because
 * Node itself offers none: one process at most has a write transaction open, and it ends with its process, however that ends.
 * So no lock is ever judged abandoned, and none is taken over. docs/decisions/0006-a-lock-is-the-systems.md
 *
 * The file stays, and is opened in no other way: with the first descriptor of it that a process closes, POSIX gives back every
 * lock that the process has on it.
 */
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "@certbridge/protocol/errors";

/** How long another program is waited for, in milliseconds. One opening of a key takes well below a second. */
const WAIT_MS = 20_000;
const POLL_MS = 10;

/** SQLITE_BUSY, in the low byte of SQLite's result codes: another process has the lock. */
const BUSY = 5;

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && "errcode" in error && typeof error.errcode === "number" && (error.errcode & 0xff) === BUSY
  );
}

function take(lock: DatabaseSync): boolean {
  try {
    lock.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

/** Gives a lock back. */
export type Unlock = () => void;

/** The lock, or null where another program, or another part of this one, has it. */
export function tryLock(folder: string): Unlock | null {
  const sqlite = process.getBuiltinModule("node:sqlite");
  const lock = new sqlite.DatabaseSync(`${folder}.lock`, { timeout: 0 });
  try {
    if (take(lock)) return () => lock.close();
  } catch (error) {
    lock.close();
    throw error;
  }
  lock.close();
  return null;
}

/**
 * Runs alone among all programs that lock the same folder, and among the calls within each.
 *
 * @throws OperationError STORE_BUSY where another keeps it too long; nothing was run
 */
export async function withLock<T>(folder: string, run: () => Promise<T>, waitMs: number = WAIT_MS): Promise<T> {
  // Loaded when it is needed: most starts of the program lock nothing.
  const { DatabaseSync } = await import("node:sqlite");
  const lock = new DatabaseSync(`${folder}.lock`, { timeout: 0 });
  try {
    for (let waited = 0; !take(lock); waited += POLL_MS) {
      if (waited >= waitMs) throw new OperationError("STORE_BUSY");
      await sleep(POLL_MS);
    }
    return await run();
  } finally {
    lock.close();
  }
}
