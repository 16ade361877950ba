import { OperationError } from "@certbridge/protocol/errors";
import { operations } from "@certbridge/protocol/page";
import type { Answer } from "@certbridge/protocol/page/wire";
import {
  mendableCodes,
  surfaceMessage,
  type SurfaceParams,
  type SurfaceResult,
  type SurfaceVerb,
  surfaceVerbs,
} from "@certbridge/protocol/surface";
import * as v from "valibot";
import { readAddress } from "../platform/addresses.ts";
import type { Sender } from "../platform/messages.ts";
import { focusTab } from "../platform/windows.ts";
import { failWith, forSite, succeed } from "./answers.ts";
import type { Dispatch, Journey } from "./dispatch.ts";
import { handlers } from "./operations/index.ts";
import { hashRequest, type RequestRecord } from "./records.ts";

type SurfaceHandlers = {
  readonly [N in SurfaceVerb]: (params: SurfaceParams<N>, sender: Sender) => Promise<SurfaceResult<N>>;
};

/** Answers the extension's own windows, and nobody else. */
export function createSurfaces(journey: Journey, dispatch: Dispatch) {
  const { records, sites, quota, means, windows, now } = journey;
  const { host } = means;

  async function openRequest(id: string): Promise<RequestRecord> {
    const record = await records.get(id);
    if (record === null || record.state === "answered") throw new OperationError("CONSENT_EXPIRED");
    if (record.state === "asking" && (record.expiresAt ?? 0) <= now()) {
      await dispatch.settle(id, failWith(new OperationError("CONSENT_EXPIRED")), ["asking"]);
      throw new OperationError("CONSENT_EXPIRED");
    }
    return record;
  }

  const usesKey = (record: RequestRecord) => operations[record.operation].consent === "key";

  async function readHost() {
    const state = await host.state();
    const keys = state.state === "ready" ? (await host.call("keys", {})).keys : [];
    return { host: state, keys };
  }

  const waitingOf = ({ id, platform, operation, tabId }: RequestRecord) => ({ id, platform, operation, tabId });

  async function openRequests(): Promise<readonly RequestRecord[]> {
    return (await records.all()).filter((record) => record.state === "asking" && (record.expiresAt ?? 0) > now());
  }

  const surfaceHandlers: SurfaceHandlers = {
    async approval({ id }, { windowId }) {
      const record = await openRequest(id);
      if (record.asked === null || record.expiresAt === null) throw new OperationError("CONSENT_EXPIRED");
      // The worker may have died between opening the window and writing it down: the window says itself which one it is.
      if (record.windowId === null && windowId !== null) await records.advance(id, "asking", { windowId });
      return {
        id,
        hash: await hashRequest(record),
        platform: record.platform,
        asked: record.asked,
        usesKey: usesKey(record),
        ...(await readHost()),
        pinPaused: await quota.isPinPaused(record.platform.origin),
        expiresAt: record.expiresAt,
      };
    },

    /** The consent: bound to what was shown, used once, and only then the private-key calls that it lists. */
    async accept({ id, hash, key }) {
      const record = await openRequest(id);
      const { origin } = record.platform;
      const [asShown, site, pinPaused, isThere] = await Promise.all([
        hashRequest(record),
        sites.participating(origin),
        quota.isPinPaused(origin),
        means.isThere(record),
      ]);
      if (hash !== asShown) throw new OperationError("CONSENT_EXPIRED");
      if (site === null) {
        await dispatch.settle(id, failWith(new OperationError("SITE_NOT_ALLOWED")), ["asking"], "keep");
        throw new OperationError("SITE_NOT_ALLOWED");
      }
      if (usesKey(record) && key === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
      if (usesKey(record) && pinPaused) throw new OperationError("PIN_PAUSED");
      if (!isThere) {
        await dispatch.settle(id, failWith(new OperationError("CANCELLED")), ["asking"], "keep");
        throw new OperationError("CANCELLED");
      }
      const working = await records.advance(id, "asking", { state: "working" });
      if (working === null) throw new OperationError("CONSENT_EXPIRED");
      try {
        const result = await handlers[record.operation as "login"].perform(working, key, means);
        // Not before: a site that heard of each try could count wrong PINs.
        means.notify(record.tabId, { v: 1, kind: "notice", id, progress: { stage: "working" } });
        if (!(await dispatch.settle(id, succeed(result), ["working"]))) throw new OperationError("CANCELLED");
      } catch (error) {
        if (OperationError.is(error, "PIN_INCORRECT")) await quota.noteWrongPin(origin);
        if (error instanceof OperationError && mendableCodes.has(error.code)) {
          await dispatch.askAgain(id);
        } else {
          // The window stays for its last words: what went wrong is the person's to know.
          await dispatch.settle(id, failWith(forSite(error)), ["working"], "keep");
        }
        throw error;
      }
    },

    async decline({ id }) {
      await dispatch.settle(id, failWith(new OperationError("USER_DECLINED")), ["asking"]);
    },

    async popup({ url }) {
      const { host: state, keys } = await readHost();
      const waiting = (await openRequests()).map(waitingOf);
      const { origin, protocol } = readAddress(url) ?? { origin: "null", protocol: "" };
      const participating = await sites.participating(origin);
      const asleep = await sites.waitingForPermission(origin);
      const site =
        participating !== null
          ? ({ state: "participating", platform: participating } as const)
          : asleep !== null
            ? ({ state: "needs-permission", platform: asleep } as const)
            : protocol === "https:"
              ? ({ state: "not-participating", origin } as const)
              : protocol === "http:"
                ? ({ state: "insecure", origin } as const)
                : ({ state: "none" } as const);
      return { site, host: state, keys, waiting, pinPaused: await quota.isPinPaused(origin) };
    },

    resumePin: ({ origin }) => quota.resumePin(origin),

    async showWaiting({ id }) {
      const record = await openRequest(id);
      await focusTab(record.tabId);
      await windows.focus(record);
    },

    async welcome() {
      const [first] = await openRequests();
      return { host: await host.state(), waiting: first === undefined ? null : waitingOf(first) };
    },

    options: async () => ({ sites: await sites.list() }),
    addSite: ({ origin }) => sites.add(origin),
    removeSite: ({ origin }) => sites.remove(origin),
  };

  async function answer(message: unknown, sender: Sender): Promise<Answer> {
    try {
      if (!sender.own) throw new OperationError("SITE_NOT_ALLOWED");
      const { verb, params } = v.parse(surfaceMessage, message);
      const handler = surfaceHandlers[verb] as (params: unknown, sender: Sender) => Promise<unknown>;
      return succeed(await handler(v.parse(surfaceVerbs[verb].params, params), sender));
    } catch (error) {
      return failWith(error);
    }
  }

  return {
    /** Undefined where the message is none of ours. */
    take(message: unknown, sender: Sender): Promise<Answer> | undefined {
      return v.is(v.object({ kind: v.literal("surface") }), message) ? answer(message, sender) : undefined;
    },
  };
}
