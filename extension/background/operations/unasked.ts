import { OperationError } from "@certbridge/protocol/errors";
import { operations, type Params, type Result, type UnaskedOperation } from "@certbridge/protocol/page";
import type { Answer, RelayMessage } from "@certbridge/protocol/page/wire";
import * as v from "valibot";
import type { Sender } from "../../platform/messages.ts";
import { succeed } from "../answers.ts";
import { callerOf, parseAtDoor } from "../door.ts";
import type { Journey } from "../journey.ts";
import { admit } from "../sites.ts";
import { jobsOfDocument } from "./jobs.ts";
import { answerStatus, lookSeldom } from "./status.ts";

type Request = Extract<RelayMessage, { kind: "request" }>;

/**
 * What is kept of a bid or a lot that is known here takes the disk longer than what is left aside: a page that clocked the answer would know without a
 * question whose computer this is. No answer about what is kept comes sooner, nor does an error. Two synced files take a slow disk less. Milliseconds.
 */
const KEPT_MS = 300;

/** One verb for which nobody is asked. */
interface UnaskedHandler<N extends UnaskedOperation> {
  /** Whether something may be kept: then the limit of requests counts it, and the answer takes its time. */
  readonly keeps: boolean;
  answer(params: Params<N>, origin: string): Promise<Result<N>>;
}

const isUnasked = (operation: Request["operation"]): operation is UnaskedOperation =>
  operations[operation].consent === "none";

/** Verbs that are answered at once, without a record and without a window; null for every other one. */
export function answerUnasked({ policies, sites, quota, means, now, pause }: Journey) {
  const seldom = lookSeldom(means.host, now);

  const handlers: { readonly [N in UnaskedOperation]: UnaskedHandler<N> } = {
    status: {
      keeps: false,
      answer: async () => answerStatus(seldom, (await policies.current()).policy),
    },
    /** docs/operations/save-receipt.md. */
    saveReceipt: {
      keeps: true,
      async answer({ packageId, receipt }, origin) {
        await means.host.call("saveReceipt", { origin, packageId, receipt });
        means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
        return undefined;
      },
    },
    /** docs/operations/update-notice.md. */
    updateNotice: {
      keeps: true,
      async answer({ notice }, origin) {
        await means.host.call("updateNotice", { origin, notice }).catch((error: unknown) => {
          // Which notices were seen here outlives whatever a site can keep: it is not told by them whom it has before it.
          if (!OperationError.is(error, "NOTICE_OUTDATED")) throw error;
        });
        means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
        return undefined;
      },
    },
  };

  async function answer(operation: UnaskedOperation, params: unknown, sender: Sender): Promise<Answer> {
    const { origin, tabId } = callerOf(sender, (await policies.current()).policy);
    const platform = await admit(sites, policies, origin);
    // valibot takes an array for an object without entries.
    if (Array.isArray(params)) throw new OperationError("INVALID_REQUEST", { path: "" });
    const read = parseAtDoor<v.GenericSchema>(operations[operation].params, params);
    const handler = handlers[operation] as { keeps: boolean; answer(params: unknown, origin: string): unknown };
    if (handler.keeps) await quota.admit({ tabId, documentId: sender.documentId, platform }, []);
    const least = handler.keeps ? pause(KEPT_MS) : null;
    try {
      return succeed(await handler.answer(read, origin));
    } finally {
      await least;
    }
  }

  /** What a document knows of already; null where it asks for more, for which the person is asked. */
  function answerJobs({ params, inFrame }: Request, sender: Sender): Promise<Answer> | null {
    if (v.is(v.object({ older: v.literal(true) }), params)) return null;
    return (async () => {
      const { origin } = callerOf(sender, (await policies.current()).policy);
      await admit(sites, policies, origin);
      parseAtDoor(operations.jobs.params, params);
      const { documentId } = sender;
      return succeed(await jobsOfDocument({ origin, documentId }, inFrame === true ? "frame" : "own", means));
    })();
  }

  return (request: Request, sender: Sender): Promise<Answer> | null => {
    if (request.operation === "jobs") return answerJobs(request, sender);
    return isUnasked(request.operation) ? answer(request.operation, request.params, sender) : null;
  };
}
