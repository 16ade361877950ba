import type { LedgerEntry } from "@certbridge/protocol/bid";
import type { OperationError } from "@certbridge/protocol/errors";
import type { Host } from "../../host.ts";
import { type Attempt, failureOf } from "../../ledger.ts";

/** What is tried, of which bid. Set while it runs where it is not known before. */
export interface Tried {
  packageId: string | null;
  readonly step: LedgerEntry["step"];
  /** By an order's time stamp. */
  stampedAt?: Date;
  /** What was made by it. */
  message?: Uint8Array;
  /** What failed though an answer is given. */
  failed?: OperationError;
}

/** The answer is on its way by then. Milliseconds. */
const AFTER_THE_ANSWER_MS = 50;

/**
 * Does it, and writes down only where it fails.
 *
 * @param unasked no person agreed to it: a page alone asked, and does not wait for what is written of a bid that is known here. How long that takes would tell it
 *   whose computer this is
 */
export async function recordedFailure<T>(
  host: Pick<Host, "ledger">,
  tried: Tried,
  run: () => Promise<T>,
  { unasked = false }: { readonly unasked?: boolean } = {},
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { packageId, step, stampedAt = null } = tried;
    const note = async () => {
      if (packageId !== null)
        await host.ledger.note(packageId, { step, failure: failureOf(error), stampedAt, unasked });
    };
    if (unasked) setTimeout(() => void note(), AFTER_THE_ANSWER_MS);
    else await note();
    throw error;
  }
}

/**
 * Does it, and writes into the bid's ledger what came of it. Of a bid that is not known nothing is written.
 *
 * @param isAwaited false where the answer does not wait for what is written of a success: at the hall two writes that reach the disk are time
 */
export async function recorded<T>(
  host: Pick<Host, "ledger">,
  tried: Tried,
  run: () => Promise<T>,
  { isAwaited = true }: { readonly isAwaited?: boolean } = {},
): Promise<T> {
  const attempt = (failure: LedgerEntry["failure"]): Attempt => {
    const { step, stampedAt = null, message = null } = tried;
    return { step, failure, stampedAt, message };
  };
  const note = async (failure: LedgerEntry["failure"]) => {
    if (tried.packageId !== null) await host.ledger.note(tried.packageId, attempt(failure));
  };
  let done: T;
  try {
    done = await run();
  } catch (error) {
    await note(failureOf(error));
    throw error;
  }
  if (isAwaited) await note(tried.failed === undefined ? null : failureOf(tried.failed));
  else if (tried.packageId !== null) host.ledger.noteBehind(tried.packageId, attempt(null));
  return done;
}
