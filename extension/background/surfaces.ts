import { OperationError } from "@certbridge/protocol/errors";
import { operations, type Params } from "@certbridge/protocol/page";
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
import { extensionVersion } from "../platform/environment.ts";
import { focusTab } from "../platform/windows.ts";
import { failWith, forSite, succeed } from "./answers.ts";
import type { Dispatch, Journey } from "./journey.ts";
import { createGate, handlerOf } from "./gate.ts";
import { listBids, nextBid, reachPlatform, readEvidence, rehearseOwn } from "./own-bids.ts";
import { openPicked, readPicked } from "./own-packages.ts";
import { explainPolicy } from "./explained-policy.ts";
import { readDiagnosis } from "./diagnosis.ts";
import { parseAtDoor } from "./door.ts";
import { writeReport } from "./report.ts";
import { blockedOrigins, refusalOf } from "./policy.ts";
import { hashRequest, type RequestRecord } from "./records.ts";
import { admit } from "./sites.ts";

/** What the page does with its answer, it does in that time: at the hall, posting the key. */
const LAST_WORDS_MS = 100;

type SurfaceHandlers = {
  readonly [N in SurfaceVerb]: (params: SurfaceParams<N>, sender: Sender) => Promise<SurfaceResult<N>>;
};

/** Answers the extension's own windows, and nobody else. */
export function createSurfaces(journey: Journey, dispatch: Dispatch) {
  const { records, sites, policies, quota, means, windows, now, pause } = journey;
  const { host } = means;
  const { readHost, mustAdmitKey, mustStillMay, endIfRefused } = createGate(journey, dispatch);

  async function openRequest(id: string): Promise<RequestRecord> {
    const record = await records.recall(id);
    if (record === null || record.state === "answered") throw new OperationError("CONSENT_EXPIRED");
    if (record.state === "asking" && (record.expiresAt ?? 0) <= now()) {
      await dispatch.settle(id, failWith(new OperationError("CONSENT_EXPIRED")), ["asking"]);
      throw new OperationError("CONSENT_EXPIRED");
    }
    return record;
  }

  const usesKey = (record: RequestRecord) => operations[record.operation].consent === "key";

  const waitingOf = ({ id, platform, operation, tabId }: RequestRecord) => ({ id, platform, operation, tabId });

  async function openRequests(): Promise<readonly RequestRecord[]> {
    return (await records.all()).filter((record) => record.state === "asking" && (record.expiresAt ?? 0) > now());
  }

  const surfaceHandlers: SurfaceHandlers = {
    async approval({ id }, { windowId }) {
      await dispatch.asked(id);
      const record = await openRequest(id);
      if (record.asked === null || record.expiresAt === null) throw new OperationError("CONSENT_EXPIRED");
      await endIfRefused(id, mustStillMay(record));
      // The worker may have died between opening the window and writing it down: the window says itself which one it is.
      if (record.windowId === null && windowId !== null) await records.advance(id, "asking", { windowId });
      return {
        id,
        hash: await hashRequest(record),
        platform: record.platform,
        asked: record.asked,
        usesKey: usesKey(record),
        ...(await readHost(record)),
        pinPaused: await quota.isPinPaused(record.platform.origin),
        expiresAt: record.expiresAt,
      };
    },

    /** The consent: bound to what was shown, used once, and only then the private-key calls that it lists. */
    async accept({ id, hash, key, backup }) {
      const record = await openRequest(id);
      const { origin } = record.platform;
      const handler = handlerOf(record);
      if (hash !== (await hashRequest(record))) throw new OperationError("CONSENT_EXPIRED");
      if (backup !== undefined && (key !== null || handler.performWithBackup === undefined)) {
        throw new OperationError("INVALID_REQUEST", { path: "backup" });
      }
      // The page is asked meanwhile: nothing is done for it before it has said that it is there.
      const there = means.isThere(record).catch(() => false);
      const takesKey = usesKey(record) && backup === undefined;
      if (takesKey && key === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
      // It may ask the program, which takes its time: what is looked at after it is as it is now.
      if (backup === undefined) await endIfRefused(id, mustAdmitKey(record, key?.keyId));
      else await quota.admitPassphrase(origin);
      const [pinPaused] = await Promise.all([
        quota.isPinPaused(origin),
        endIfRefused(id, admit(sites, policies, origin)),
      ]);
      if (takesKey && pinPaused) throw new OperationError("PIN_PAUSED");
      const working = await records.advance(id, "asking", { state: "working", run: means.jobs.run });
      if (working === null) throw new OperationError("CONSENT_EXPIRED");
      if (!(await there)) {
        await dispatch.settle(id, failWith(new OperationError("CANCELLED")), ["working"], "keep");
        throw new OperationError("CANCELLED");
      }
      try {
        if (handler.job !== undefined) await means.jobs.begin({ ...working, ...handler.job.of(working) });
        const result = await (backup === undefined
          ? handler.perform(working, key, means, dispatch.broughtFor(id))
          : handler.performWithBackup?.(working, backup, means, dispatch.broughtFor(id)));
        if (backup !== undefined) await quota.forgetPassphrases(origin);
        const outcome = handler.tell?.(result, now());
        // Not before: a site that heard of each try could count wrong PINs.
        means.notify(record.tabId, { v: 1, kind: "notice", id, progress: { stage: "working" } });
        const window = outcome === undefined ? "linger" : "keep";
        if (!(await dispatch.settle(id, succeed(result), ["working"], window))) {
          await handler.job?.undo(working, means).catch(() => undefined);
          throw new OperationError("CANCELLED");
        }
        // The page has its answer before the browser is busy with the window's last words.
        if (outcome !== undefined) await pause(LAST_WORDS_MS);
        return outcome;
      } catch (error) {
        if (OperationError.is(error, "PIN_INCORRECT")) await quota.noteWrongPin(origin);
        const isWrongPassphrase =
          OperationError.is(error, "BACKUP_KEY_REFUSED") && error.details?.fault === "not-opened";
        const told = isWrongPassphrase ? await quota.noteWrongPassphrase(origin) : error;
        if (error instanceof OperationError && mendableCodes.has(error.code)) {
          await means.jobs.drop(id);
          await dispatch.askAgain(id);
        } else {
          // The window stays for its last words: what went wrong is the person's to know.
          const ofSite = handler.forSite?.(record, error) ?? error;
          await dispatch.settle(id, failWith(forSite(ofSite)), ["working"], "keep");
        }
        throw told;
      }
    },

    /** The request itself is over by then, for the page has its package: the workshop alone knows whether the window is there still. */
    backupKey: ({ id }) => means.workshop.call("own", "backupKey", { id }),

    openedFiles: ({ id }) => means.workshop.call("own", "openedFiles", { id }),

    awaitKeys: (params) => host.call("awaitKeys", params),

    async prepareBid({ id, keyId }) {
      const record = await openRequest(id);
      if (record.asked?.operation !== "encrypt") throw new OperationError("INVALID_REQUEST", { path: "id" });
      await endIfRefused(id, mustAdmitKey(record, keyId));
      const { notice } = record.params as Pick<Params<"encrypt">, "notice">;
      const { recipients, results } = await host.call("prepareBid", { keyId, origin: record.platform.origin, notice });
      const kept = await records.advance(id, "asking", { prepared: { keyId, recipients, results } });
      if (kept === null) throw new OperationError("CONSENT_EXPIRED");
      // The window needs no certificates.
      const shown = recipients.map(({ role, authority, serialTail }) => ({ role, authority, serialTail }));
      return { hash: await hashRequest(kept), prepared: { keyId, recipients: shown, results } };
    },

    async decline({ id }) {
      const declined = failWith(new OperationError("USER_DECLINED"));
      const record = await records.get(id);
      const wasAsking = await dispatch.settle(id, declined, ["asking"]);
      // What can be ended while it works says so in its window.
      if (wasAsking || record === null) return;
      const handler = handlerOf(record);
      if (handler.job === undefined && handler.endsEarly?.(record) !== true) return;
      await dispatch.settle(id, declined, ["working"], "keep");
    },

    async popup({ url }) {
      const { host: state, keys } = await readHost();
      const waiting = (await openRequests()).map(waitingOf);
      const { origin, protocol } = readAddress(url) ?? { origin: "null", protocol: "" };
      const participating = await sites.participating(origin);
      const asleep = await sites.waitingForPermission(origin);
      const isWeb = protocol === "https:" || protocol === "http:";
      const refusal = isWeb ? refusalOf((await policies.current()).policy, origin, extensionVersion()) : null;
      const site =
        refusal !== null
          ? ({ state: "blocked", origin, policy: refusal } as const)
          : participating !== null
            ? ({ state: "participating", platform: participating } as const)
            : asleep !== null
              ? ({ state: "needs-permission", platform: asleep } as const)
              : protocol === "https:"
                ? ({ state: "not-participating", origin } as const)
                : protocol === "http:"
                  ? ({ state: "insecure", origin } as const)
                  : ({ state: "none" } as const);
      const next = await nextBid(journey, state.state === "ready");
      return { site, host: state, keys, next, waiting, pinPaused: await quota.isPinPaused(origin) };
    },

    resumePin: ({ origin }) => quota.resumePin(origin),

    async showWaiting({ id }) {
      const record = await openRequest(id);
      await focusTab(record.tabId);
      await windows.focus(record);
    },

    async welcome() {
      const [first] = await openRequests();
      return { host: (await host.look()).state, waiting: first === undefined ? null : waitingOf(first) };
    },

    diagnose: () => readDiagnosis(journey),

    report: async ({ browser }) => ({ text: await writeReport(journey, browser) }),

    program: async () => (await host.look()).state,

    async trustHost({ publicKey }) {
      await host.trust(publicKey);
      means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
    },

    async bids(params) {
      const shown = await readHost();
      return { ...shown, bids: await listBids(journey, shown.host.state === "ready", params) };
    },
    rehearseBid: (params) => rehearseOwn(journey, params),
    bidEvidence: (params) => readEvidence(journey, params),
    exportBid: (params) => host.call("exportBid", params),
    async importBid(params) {
      const imported = await host.call("importBid", params);
      means.tellSurfaces({ v: 1, kind: "surface-change", ended: null });
      return imported;
    },
    async noteBackup(params) {
      await host.call("noteBackup", params);
    },
    reach: ({ origin }) => reachPlatform(origin),

    async ownPackage({ id }) {
      const { own, openers } = await readPicked(journey, id);
      const { host: state, keys } = await readHost();
      return { own, host: state, keys: keys.map((key) => ({ ...key, opens: openers.includes(key.keyId) })) };
    },
    openOwnPackage: async (params) => ({ files: await openPicked(journey, params) }),
    leaveOwnPackage: ({ id }) => means.workshop.call("own", "release", { id }),

    async options() {
      const { policy } = await policies.current();
      return { sites: await sites.list(), blockedOrigins: blockedOrigins(policy) };
    },
    policy: () => explainPolicy(policies),
    addSite: ({ origin }) => sites.add(origin),
    removeSite: ({ origin }) => sites.remove(origin),
  };

  async function answer(message: unknown, sender: Sender): Promise<Answer> {
    try {
      if (!sender.own) throw new OperationError("SITE_NOT_ALLOWED");
      const { verb, params } = parseAtDoor(surfaceMessage, message);
      const handler = surfaceHandlers[verb] as (params: unknown, sender: Sender) => Promise<unknown>;
      return succeed(await handler(parseAtDoor<v.GenericSchema>(surfaceVerbs[verb].params, params), sender));
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
