import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type AskedOperation, operations, type Params } from "@certbridge/protocol/page";
import { type Answer, type Progress, relayMessage, type RelayMessage } from "@certbridge/protocol/page/wire";
import * as v from "valibot";
import type { Sender } from "../platform/messages.ts";
import type { Means } from "./operations/handler.ts";
import { handlers } from "./operations/index.ts";
import { answerStatus } from "./operations/status.ts";
import type { Quota } from "./quota.ts";
import { hashRequest, type Records, type RequestRecord } from "./records.ts";
import type { Sites } from "./sites.ts";
import type { ApprovalWindows } from "./approval-windows.ts";

type RequestMessage = Extract<RelayMessage, { kind: "request" }>;

/** What the request's journey needs. Clock and windows come in, so that it can be tested without a browser. */
export interface Journey {
  readonly records: Records;
  readonly sites: Sites;
  readonly quota: Quota;
  readonly means: Means;
  readonly windows: ApprovalWindows;
  readonly now: () => number;
}

export interface Dispatch {
  /** From a relay. Undefined where the message is none of ours. */
  take(message: unknown, sender: Sender): Promise<Answer | null> | undefined;
  /** Ends a request with this answer, once; the window closes. */
  settle(id: string, answer: Answer): Promise<void>;
}

export function succeed(result: unknown): Answer {
  return { v: 1, ok: true, result };
}

/** The only place where an unknown throw becomes INTERNAL. The report id is all that leaves; the console keeps the rest. */
export function failWith(error: unknown): Answer {
  if (error instanceof OperationError) return { v: 1, ok: false, error: error.toRecord() };
  const reportId = encodeBase64Url(crypto.getRandomValues(new Uint8Array(9)));
  console.error(`report ${reportId}`, error);
  return { v: 1, ok: false, error: new OperationError("INTERNAL", { reportId }).toRecord() };
}

/** A secure top-level document that a person sees, or INSECURE_CONTEXT. Decided on the browser's word alone. */
function callerOf(sender: Sender): { origin: string; tabId: number } {
  const { origin, tabId, frameId, lifecycle } = sender;
  const seen = lifecycle === null || lifecycle === "active";
  if (origin === null || !origin.startsWith("https://") || tabId === null || frameId !== 0 || !seen) {
    throw new OperationError("INSECURE_CONTEXT");
  }
  return { origin, tabId };
}

/** What a site may learn: nothing about keys or PINs that tells one person from another. */
function forSite(error: unknown): unknown {
  const hidden = [
    "KEY_NOT_FOUND",
    "PIN_INCORRECT",
    "PIN_LOCKED",
    "PIN_PAUSED",
    "CERTIFICATE_UNUSABLE",
    "STORE_DAMAGED",
  ];
  return error instanceof OperationError && hidden.includes(error.code) ? new OperationError("USER_DECLINED") : error;
}

/** Time for an open window to load and to say that it is there. */
const INTRODUCTION_MS = 700;

export function createDispatch(journey: Journey): Dispatch {
  const { records, sites, quota, means, windows, now } = journey;
  /** Requests that this worker is walking, and what waits for their answers. */
  const walking = new Map<string, { readonly answer: Promise<Answer>; readonly settle: (answer: Answer) => void }>();

  function progress(record: RequestRecord, stage: Progress): void {
    means.notify(record.tabId, { v: 1, kind: "notice", id: record.id, progress: stage });
  }

  async function settle(id: string, answer: Answer): Promise<void> {
    const record = await records.get(id);
    if (record === null || record.state === "answered") return;
    // Between consent and delivery the site may have been withdrawn: what it may not have any more, it does not get.
    const allowed = !answer.ok || (await sites.participating(record.platform.origin)) !== null;
    const told = allowed ? answer : failWith(new OperationError("SITE_NOT_ALLOWED"));
    await records.advance(id, record.state, { state: "answered", answer: told });
    walking.get(id)?.settle(told);
    means.tellSurfaces({ v: 1, kind: "surface-change", ended: id });
    await windows.close(record);
    await handlers[record.operation as AskedOperation].release?.(record, means);
  }

  /** Checks, records and prepares a new request, and opens its window. */
  async function begin(message: RequestMessage, sender: Sender): Promise<void> {
    const { origin, tabId } = callerOf(sender);
    const platform = await sites.participating(origin);
    if (platform === null) throw new OperationError("SITE_NOT_ALLOWED");
    const operation = message.operation as AskedOperation;
    const parsed = v.safeParse(operations[operation].params, message.params);
    if (!parsed.success) throw new OperationError("INVALID_REQUEST", { path: v.getDotPath(parsed.issues[0]) ?? "" });
    const handler = handlers[operation] as (typeof handlers)["login"];
    const params = parsed.output as Params<"login">;

    const parts = {
      id: message.id,
      operation,
      params: handler.withoutContent(params),
      platform,
      tabId,
      documentId: sender.documentId,
    };
    const known = await records.get(message.id);
    if (known === null) {
      const all = await records.all();
      // Answers that nobody came back for, long after their time.
      for (const old of all) if (old.expiresAt + limits.consentMaxMs < now()) await records.remove(old.id);
      await quota.admit(parts, all);
    }
    const record: RequestRecord = {
      ...parts,
      hash: await hashRequest(parts),
      createdAt: now(),
      expiresAt: known?.expiresAt ?? now() + (message.timeoutMs ?? limits.consentMs),
      state: "received",
      asked: null,
      windowId: null,
      answer: null,
    };
    await records.put(record);
    const reading = await records.advance(record.id, "received", { state: "reading" });
    if (reading === null) return;
    const asked = await handler.prepare(record, params, means);
    const asking = await records.advance(record.id, "reading", { state: "asking", asked });
    if (asking === null) return;
    await records.advance(record.id, "asking", { windowId: await windows.open(record.id) });
    progress(record, { stage: "waiting-for-person" });
  }

  /** The worker died before it wrote the window down: where one is open it says so when asked, else there is none yet. */
  async function findWindow(id: string): Promise<void> {
    means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
    await new Promise((resolve) => setTimeout(resolve, INTRODUCTION_MS));
    const record = await records.get(id);
    if (record?.state === "asking" && record.windowId === null) {
      await records.advance(id, "asking", { windowId: await windows.open(id) });
    }
  }

  /** Waits for the answer to a request that is under way, in this worker or in one that died. */
  async function follow(record: RequestRecord): Promise<void> {
    if (record.expiresAt <= now()) await settle(record.id, failWith(new OperationError("CONSENT_EXPIRED")));
    else if (record.state === "working") await settle(record.id, failWith(new OperationError("INTERRUPTED")));
    else if (record.state === "asking" && !(await windows.exists(record))) {
      if (record.windowId !== null) await settle(record.id, failWith(new OperationError("USER_DECLINED")));
      else await findWindow(record.id);
    }
  }

  async function walk(message: RequestMessage, sender: Sender): Promise<Answer> {
    const record = await records.get(message.id);
    if (record !== null && (record.documentId !== sender.documentId || record.platform.origin !== sender.origin)) {
      return failWith(new OperationError("INVALID_REQUEST", { path: "id" }));
    }
    if (record?.answer !== null && record?.answer !== undefined) return record.answer;
    const running = walking.get(message.id);
    if (running !== undefined) return running.answer;

    const { promise, resolve } = Promise.withResolvers<Answer>();
    walking.set(message.id, { answer: promise, settle: resolve });
    const timer = setTimeout(
      () => void settle(message.id, failWith(new OperationError("CONSENT_EXPIRED"))),
      (record?.expiresAt ?? now() + (message.timeoutMs ?? limits.consentMs)) - now(),
    );
    try {
      const again = record === null || record.state === "received" || record.state === "reading";
      await (again ? begin(message, sender) : follow(record));
      return await promise;
    } catch (error) {
      const answer = failWith(forSite(error));
      await settle(message.id, answer);
      return answer;
    } finally {
      clearTimeout(timer);
      walking.delete(message.id);
    }
  }

  async function status(message: RequestMessage, sender: Sender): Promise<Answer> {
    try {
      const { origin } = callerOf(sender);
      if ((await sites.participating(origin)) === null) throw new OperationError("SITE_NOT_ALLOWED");
      // valibot takes an array for an object without entries.
      const empty = v.is(operations.status.params, message.params) && !Array.isArray(message.params);
      if (!empty) throw new OperationError("INVALID_REQUEST", { path: "" });
      return succeed(await answerStatus(means.host));
    } catch (error) {
      return failWith(error);
    }
  }

  return {
    settle,
    take(message, sender) {
      const parsed = v.safeParse(relayMessage, message);
      if (!parsed.success) return undefined;
      const request = parsed.output;
      if (request.kind === "request") {
        return request.operation === "status" ? status(request, sender) : walk(request, sender);
      }
      return (async () => {
        const record = await records.get(request.id);
        if (record === null || record.documentId !== sender.documentId) return null;
        if (request.kind === "cancel") await settle(request.id, failWith(new OperationError("CANCELLED")));
        await records.remove(request.id);
        return null;
      })();
    },
  };
}
