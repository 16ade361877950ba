import type { AskedOperation, Params } from "@certbridge/protocol/page";
import type { Answer } from "@certbridge/protocol/page/wire";
import type { Sender } from "../platform/messages.ts";
import type { ApprovalWindows } from "./approval-windows.ts";
import type { EndedRequests } from "./ended.ts";
import type { Means } from "./operations/handler.ts";
import type { PolicySource } from "./policy-source.ts";
import type { Quota } from "./quota.ts";
import type { Records, RequestRecord } from "./records.ts";
import type { Sites } from "./sites.ts";
import type { RequestState } from "./states.ts";

/** What the request's journey needs. Clock and windows come in, so that it can be tested without a browser. */
export interface Journey {
  readonly records: Records;
  readonly sites: Sites;
  readonly policies: PolicySource;
  readonly quota: Quota;
  readonly means: Means;
  readonly windows: ApprovalWindows;
  readonly ended: EndedRequests;
  readonly now: () => number;
  /** Over after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

export interface Dispatch {
  /** From a relay. Undefined where the message is none of ours. Never rejects. */
  take(message: unknown, sender: Sender): Promise<Answer | null> | undefined;
  /**
   * Ends a request with this answer, once, if it is in one of these states. False where it was not. The window closes: at
   * once, a moment later, or by itself after its last words.
   */
  settle(
    id: string,
    answer: Answer,
    from: readonly RequestState[],
    window?: "close" | "linger" | "keep",
  ): Promise<boolean>;
  /** Resolves when a request that is read has something to show, or is over. */
  asked(id: string): Promise<void>;
  /** After an error that the person can mend: the request is asked again, in the time that is left. */
  askAgain(id: string): Promise<void>;
  /** What came with a request, with its content; null where this worker was not asked for it. */
  broughtFor(id: string): Params<AskedOperation> | null;
  /** Forgets a request and what was held for it. */
  forget(record: RequestRecord): Promise<void>;
  /** At the start of the background: ends cleanly what an earlier run was working on, and removes what it left. */
  recover(): Promise<void>;
  /** Tells the page how far the reading or writing of its content is. */
  noteProgress(id: string, done: number, total: number): Promise<void>;
}
