import { OperationError } from "@certbridge/protocol/errors";
import { operations } from "@certbridge/protocol/page";
import type { Answer } from "@certbridge/protocol/page/wire";
import {
  surfaceMessage,
  type SurfaceParams,
  type SurfaceResult,
  type SurfaceVerb,
  surfaceVerbs,
} from "@certbridge/protocol/surface";
import * as v from "valibot";
import type { Sender } from "../platform/messages.ts";
import { focusTab } from "../platform/windows.ts";
import { type Dispatch, failWith, type Journey, succeed } from "./dispatch.ts";
import { handlers } from "./operations/index.ts";
import { hashRequest, type RequestRecord } from "./records.ts";

type SurfaceHandlers = {
  readonly [N in SurfaceVerb]: (params: SurfaceParams<N>, sender: Sender) => Promise<SurfaceResult<N>>;
};

/** Errors that the person can mend in the window: the request stays open. */
const MENDABLE: readonly string[] = [
  "PIN_INCORRECT",
  "PIN_LOCKED",
  "KEY_NOT_FOUND",
  "CERTIFICATE_UNUSABLE",
  "HOST_MISSING",
  "HOST_FORBIDDEN",
];

/** Answers the extension's own windows, and nobody else. */
export function createSurfaces(journey: Journey, dispatch: Dispatch) {
  const { records, sites, quota, means, windows, now } = journey;
  const { host } = means;

  async function openRequest(id: string): Promise<RequestRecord> {
    const record = await records.get(id);
    if (record === null || record.state === "answered") throw new OperationError("CONSENT_EXPIRED");
    if (record.expiresAt <= now()) {
      await dispatch.settle(id, failWith(new OperationError("CONSENT_EXPIRED")));
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
    return (await records.all()).filter((record) => record.state === "asking" && record.expiresAt > now());
  }

  const surfaceHandlers: SurfaceHandlers = {
    async approval({ id }, { windowId }) {
      const record = await openRequest(id);
      if (record.asked === null) throw new OperationError("CONSENT_EXPIRED");
      // The worker may have died between opening the window and writing it down: the window says itself which one it is.
      if (record.windowId === null && windowId !== null) await records.advance(id, "asking", { windowId });
      return {
        id,
        platform: record.platform,
        asked: record.asked,
        usesKey: usesKey(record),
        ...(await readHost()),
        pinPaused: await quota.isPinPaused(record.platform.origin),
        expiresAt: record.expiresAt,
      };
    },

    /** The consent: bound to what was asked, used once, and only then the private-key calls that it lists. */
    async accept({ id, key }) {
      const record = await openRequest(id);
      const { origin } = record.platform;
      const [hash, site, pinPaused] = await Promise.all([
        hashRequest(record),
        sites.participating(origin),
        quota.isPinPaused(origin),
      ]);
      if (record.hash !== hash) throw new OperationError("CONSENT_EXPIRED");
      if (site === null) throw new OperationError("SITE_NOT_ALLOWED");
      if (usesKey(record) && key === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
      if (usesKey(record) && pinPaused) throw new OperationError("PIN_PAUSED");
      const working = await records.advance(id, "asking", { state: "working" });
      if (working === null) throw new OperationError("CONSENT_EXPIRED");
      means.notify(record.tabId, { v: 1, kind: "notice", id, progress: { stage: "working" } });
      try {
        const result = await handlers[record.operation as "login"].perform(working, key, means);
        await dispatch.settle(id, succeed(result));
      } catch (error) {
        if (OperationError.is(error, "PIN_INCORRECT")) await quota.noteWrongPin(origin);
        if (error instanceof OperationError && MENDABLE.includes(error.code)) {
          await records.advance(id, "working", { state: "asking" });
          throw error;
        }
        await dispatch.settle(id, failWith(error));
      }
    },

    async decline({ id }) {
      await dispatch.settle(id, failWith(new OperationError("USER_DECLINED")));
    },

    async popup({ url }) {
      const { host: state, keys } = await readHost();
      const waiting = (await openRequests()).map(waitingOf);
      const { origin, protocol } = URL.canParse(url) ? new URL(url) : { origin: "null", protocol: "" };
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
