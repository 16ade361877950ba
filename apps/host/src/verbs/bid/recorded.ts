import type { LedgerEntry } from "@certbridge/protocol/bid";
import type { OperationError } from "@certbridge/protocol/errors";
import type { Host } from "../../host.ts";
import { failureOf } from "../../ledger.ts";

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

/** Does it, and writes into the bid's ledger what came of it. Of a bid that is not known nothing is written. */
export async function recorded<T>(host: Pick<Host, "ledger">, tried: Tried, run: () => Promise<T>): Promise<T> {
  const note = async (failure: LedgerEntry["failure"]) => {
    const { packageId, step, stampedAt = null, message = null } = tried;
    if (packageId !== null) await host.ledger.note(packageId, { step, failure, stampedAt, message });
  };
  let done: T;
  try {
    done = await run();
  } catch (error) {
    await note(failureOf(error));
    throw error;
  }
  await note(tried.failed === undefined ? null : failureOf(tried.failed));
  return done;
}
