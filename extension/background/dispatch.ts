import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { AskedOperation } from "@certbridge/protocol/page";
import { type Answer, type Progress, relayMessage, type RelayMessage } from "@certbridge/protocol/page/wire";
import * as v from "valibot";
import type { Sender } from "../platform/messages.ts";
import { failWith, forSite, succeed } from "./answers.ts";
import { confirmJobs } from "./confirm-jobs.ts";
import type { Dispatch, Journey } from "./journey.ts";
import type { OperationHandler } from "./operations/handler.ts";
import { callerOf, paramsOf } from "./door.ts";
import { handlers } from "./operations/index.ts";
import { answerUnasked } from "./operations/unasked.ts";
import { watchPresence } from "./presence.ts";
import type { RequestRecord } from "./records.ts";
import { createRequestWindows } from "./request-windows.ts";
import { admit as admitSite } from "./sites.ts";
import type { RequestState } from "./states.ts";
import { createWalk, type RequestMessage, type Walk } from "./walk.ts";

const UNANSWERED: readonly RequestState[] = ["received", "reading", "asking", "working"];
const UNAGREED: readonly RequestState[] = ["received", "reading", "asking"];

/** The person sees that it is done, and the page has its answer before the browser is busy with a window. */
const LINGER_MS = 300;

export function createDispatch(journey: Journey): Dispatch {
  const { records, sites, policies, quota, means, windows, ended, now } = journey;
  const walking = new Map<string, Walk>();
  const unasked = answerUnasked(journey);
  const { showWindow, openWindow, findWindow } = createRequestWindows(journey);

  const handlerOf = (record: RequestRecord) =>
    handlers[record.operation as AskedOperation] as OperationHandler<AskedOperation>;

  function tell(record: RequestRecord, progress: Progress): void {
    means.notify(record.tabId, { v: 1, kind: "notice", id: record.id, progress });
  }

  const noteEnd = (operation: string, answer: Answer) =>
    ended.note({ at: new Date(now()).toISOString(), operation, outcome: answer.ok ? "ok" : answer.error.code });

  async function endJob(record: RequestRecord, answer: Answer): Promise<void> {
    const { job } = handlerOf(record);
    if (job !== undefined) await means.jobs.end(record.id, answer, job.made);
  }

  const settle: Dispatch["settle"] = async (id, answer, from, window = "close") => {
    for (;;) {
      const record = await records.recall(id);
      if (record === null || !from.includes(record.state)) return false;
      // Between consent and delivery the site may have been withdrawn: what it may not have any more, it does not get.
      const told = answer.ok
        ? await admitSite(sites, policies, record.platform.origin).then(() => answer, failWith)
        : answer;
      const settled = await records.advance(id, record.state, { state: "answered", answer: told });
      // It went on to another state meanwhile: look again whether it may be ended there.
      if (settled === null) continue;
      await endJob(settled, told);
      if (told.ok && handlerOf(settled).job !== undefined) await confirmJobs(means);
      // Done, and not for this site any more: nobody has it.
      else if (answer.ok && !told.ok)
        await handlerOf(settled)
          .job?.undo(settled, means)
          .catch(() => undefined);
      walking.get(id)?.settle(told);
      await noteEnd(settled.operation, told);
      means.tellSurfaces({ v: 1, kind: "surface-change", ended: id });
      // The one that it has by now: it may have been opening when this began.
      if (window === "close") await windows.close(settled);
      if (window === "linger") setTimeout(() => void windows.close(settled), LINGER_MS);
      // What an answer still needs is let go of once it has arrived.
      if (!told.ok) await letGo(settled);
      return true;
    }
  };

  /** Removes what is half-written and nobody writes, and what is too old. */
  const sweep = () => means.packages.sweep(async (id) => (await records.get(id))?.state === "working", now());

  /** Of a request that came to nothing. Whoever held what it worked on may be gone as well: then its file is there still. */
  async function letGo(record: RequestRecord): Promise<void> {
    const { release, job } = handlerOf(record);
    await release?.(record, means).catch(() => undefined);
    if (job !== undefined) await sweep().catch(() => undefined);
  }

  async function forget(record: RequestRecord): Promise<void> {
    await records.remove(record.id);
    // Whoever held it may be gone: no other request pays for that.
    await handlerOf(record)
      .release?.(record, means)
      .catch(() => undefined);
  }

  /** Lets a request in: limits, and what the page gave up before it was written down. */
  async function admit(record: RequestRecord): Promise<void> {
    for (const old of await records.all()) {
      // Answers that nobody came back for, long after their time.
      const over = (old.expiresAt ?? old.createdAt) + limits.consentMaxMs < now();
      if (old.state === "answered" && over) await forget(old);
    }
    await records.admit(record, async (others) => {
      // Of those that are read, only what this worker reads counts: a document that is gone reads nothing.
      const open = others.filter(({ id, state, expiresAt }) =>
        state === "received" || state === "reading"
          ? walking.has(id)
          : state !== "answered" && (expiresAt === null || expiresAt > now()),
      );
      await quota.admit(record, open);
    });
    if (walking.get(record.id)?.cancelled === true) {
      await records.remove(record.id);
      throw new OperationError("CANCELLED");
    }
  }

  /** Checks, records and prepares a request, and opens its window. One that was being read when the worker died is read again. */
  async function begin(message: RequestMessage, sender: Sender, known: RequestRecord | null): Promise<void> {
    const { origin, tabId } = callerOf(sender, (await policies.current()).policy);
    if (!sender.inFront) throw new OperationError("NOT_IN_FRONT");
    const platform = await admitSite(sites, policies, origin);
    const operation = message.operation as AskedOperation;
    const params = paramsOf(message);
    const handler = handlers[operation] as OperationHandler<AskedOperation>;

    const record: RequestRecord = known ?? {
      id: message.id,
      operation,
      params: handler.withoutContent(params),
      platform,
      tabId,
      documentId: sender.documentId,
      place: message.inFrame === true ? "frame" : "own",
      createdAt: now(),
      timeoutMs: message.timeoutMs ?? limits.consentMs,
      expiresAt: null,
      state: "received",
      asked: null,
      windowId: null,
      answer: null,
    };
    if (known === null) await admit(record);
    const reading = await records.advance(record.id, record.state, { state: "reading" });
    if (reading === null) return;
    watch(reading);
    let opening: Promise<void> | null = null;
    const asked = await handler.prepare(record, params, means, () => {
      // One that is read again may have its window from before.
      if (known !== null) return;
      // Once it is there, whatever is still being read: how long that takes is no affair of the page's.
      opening ??= openWindow(record.id).then(() => tell(record, { stage: "waiting-for-person" }));
      opening.catch(() => undefined);
    });
    const expiresAt = now() + record.timeoutMs;
    const asking = await records.advance(record.id, "reading", { state: "asking", asked, expiresAt });
    if (asking === null) return;
    limitAsking(asking);
    walking.get(record.id)?.noteAsked();
    // A window that was open before, and found nothing to show, asks once more.
    if (known !== null) means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
    await (opening ?? showWindow(asking).then(() => tell(record, { stage: "waiting-for-person" })));
  }

  /** The person's time ends, or the document goes; a job that they agreed to has no limit. */
  function limitAsking(record: RequestRecord): void {
    const { id, expiresAt } = record;
    const walk = walking.get(id);
    if (walk === undefined || expiresAt === null) return;
    clearTimeout(walk.expiry);
    const expire = () => void settle(id, failWith(new OperationError("CONSENT_EXPIRED")), ["asking"]);
    walk.expiry = setTimeout(expire, expiresAt - now());
    watch(record);
  }

  /** Until the person agrees a request ends with its document: while it is read, too, which may be for ever. */
  function watch(record: RequestRecord): void {
    const walk = walking.get(record.id);
    if (walk === undefined) return;
    walk.unwatch?.();
    const cancel = () => void settle(record.id, failWith(new OperationError("CANCELLED")), UNAGREED);
    walk.unwatch = watchPresence(() => means.isThere(record), cancel);
  }

  /** Goes on with a request that was under way in a worker that died. */
  async function follow(record: RequestRecord): Promise<void> {
    const { id, state, windowId } = record;
    // What there is to show was read by the worker that died.
    walking.get(id)?.noteAsked();
    if (state === "working") await settle(id, failWith(new OperationError("INTERRUPTED")), ["working"]);
    if (state !== "asking") return;
    limitAsking(record);
    if (await windows.exists(record)) return;
    if (windowId === null) await findWindow(id);
    else await settle(id, failWith(new OperationError("USER_DECLINED")), ["asking"]);
  }

  /** The answer as the page gets it: with what was too large to be kept in a record. One that `waited` may have done so while its site was withdrawn. */
  async function deliver(message: RequestMessage, answer: Answer, waited = false): Promise<Answer> {
    const isWhole = handlers[message.operation as AskedOperation].deliver === undefined;
    const record = answer.ok && (waited || !isWhole) ? await records.get(message.id) : null;
    if (record === null || !answer.ok) return answer;
    const refusal = await admitSite(sites, policies, record.platform.origin).then(() => null, failWith);
    if (refusal !== null) return refusal;
    const { deliver: complete } = handlerOf(record);
    return complete === undefined ? answer : succeed(await complete(record, answer.result, paramsOf(message), means));
  }

  const isOf = (sender: Sender, documentId: string | null, origin: string | null) =>
    documentId === sender.documentId && origin === sender.origin;

  async function walk(message: RequestMessage, sender: Sender): Promise<Answer> {
    const { id } = message;
    const foreign = failWith(new OperationError("INVALID_REQUEST", { path: "id" }));
    const running = walking.get(id);
    if (running !== undefined) {
      if (!isOf(sender, running.sender.documentId, running.sender.origin)) return foreign;
      return deliver(message, await running.answer);
    }
    const own = createWalk(message, sender);
    walking.set(id, own);
    try {
      const record = await records.get(id);
      if (record !== null && !isOf(sender, record.documentId, record.platform.origin)) return foreign;
      if (record?.state === "answered" && record.answer !== null) return await deliver(message, record.answer, true);
      const unread = record === null || record.state === "received" || record.state === "reading";
      await (unread ? begin(message, sender, record) : follow(record));
      return await deliver(message, await own.answer);
    } catch (error) {
      const answer = failWith(forSite(error));
      if (!(await settle(id, answer, UNAGREED))) await noteEnd(message.operation, answer);
      return answer;
    } finally {
      clearTimeout(own.expiry);
      own.unwatch?.();
      walking.delete(id);
    }
  }

  /** The page gave up, or has its answer. */
  async function end({ kind, id }: Exclude<RelayMessage, RequestMessage>, sender: Sender): Promise<null> {
    const own = walking.get(id);
    if (kind !== "done" && own !== undefined && isOf(sender, own.sender.documentId, own.sender.origin)) {
      own.cancelled = true;
    }
    const record = await records.get(id);
    if (record === null || !isOf(sender, record.documentId, record.platform.origin)) return null;
    // A job that the person agreed to comes to its end, for whoever comes back for it.
    if (kind === "left" && record.state === "working" && handlerOf(record).job !== undefined) return null;
    // One that says it has an answer that there is not gives up, too.
    await settle(id, failWith(new OperationError("CANCELLED")), UNANSWERED);
    await forget(record);
    return null;
  }

  return {
    settle,
    forget,
    async asked(id) {
      await walking.get(id)?.asked;
    },
    broughtFor(id) {
      const own = walking.get(id);
      return own === undefined ? null : paramsOf(own.message);
    },
    async askAgain(id) {
      const record = await records.advance(id, "working", { state: "asking" });
      if (record === null) return;
      limitAsking(record);
      // The person may have closed the window while the key was tried.
      if (!(await windows.exists(record))) await settle(id, failWith(new OperationError("USER_DECLINED")), ["asking"]);
    },
    take(message, sender) {
      const parsed = v.safeParse(relayMessage, message);
      if (!parsed.success) return undefined;
      const request = parsed.output;
      if (request.kind !== "request") return end(request, sender).catch(() => null);
      return (unasked(request, sender) ?? walk(request, sender)).catch((error: unknown) => failWith(forSite(error)));
    },
    async recover() {
      const found = await records.all();
      // What was answered when the run before this one died is as it was answered: a package that is whole is not lost.
      for (const record of found) if (record.answer !== null) await endJob(record, record.answer);
      await means.jobs.recover();
      for (const record of found) {
        if (record.state !== "working" || record.run === means.jobs.run) continue;
        await settle(record.id, failWith(new OperationError("INTERRUPTED")), ["working"], "keep");
      }
      await sweep();
      await confirmJobs(means);
    },
    async noteProgress(id, done, total) {
      const record = await records.get(id);
      if (record?.state === "working") means.jobs.noteProgress(id, done, total);
      if (record?.state === "reading") tell(record, { stage: "reading", done, total });
      // Of what is opened for its bidder a page hears when it is done.
      if (record?.state === "working" && record.operation === "encrypt")
        tell(record, { stage: "encrypting", done, total });
    },
  };
}
