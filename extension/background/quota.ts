import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { openTable } from "../platform/storage.ts";
import type { RequestRecord } from "./records.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3600_000;

/** Counts per origin, in the browser's memory: requests of the last minute, wrong PINs of the last hour. */
export interface Quota {
  /** @throws OperationError TOO_MANY_REQUESTS */
  admit(
    request: Pick<RequestRecord, "tabId" | "documentId" | "platform">,
    /** What waits for its answer. */
    open: readonly RequestRecord[],
  ): Promise<void>;
  noteWrongPin(origin: string): Promise<void>;
  isPinPaused(origin: string): Promise<boolean>;
  resumePin(origin: string): Promise<void>;
}

export function openQuota(now: () => number): Quota {
  const requests = openTable("session", "asked-at");
  const wrongPins = openTable("session", "wrong-pin-at");
  const recent = async (table: typeof requests, origin: string, spanMs: number) =>
    (((await table.get(origin)) as readonly number[] | undefined) ?? []).filter((at) => at > now() - spanMs);

  return {
    async admit({ tabId, documentId, platform: { origin } }, open) {
      const ofDocument = open.filter((record) => record.tabId === tabId && record.documentId === documentId);
      const ofOrigin = open.filter((record) => record.platform.origin === origin);
      const lastMinute = await recent(requests, origin, MINUTE_MS);
      for (const [count, limit] of [
        [ofDocument.length, limits.pendingPerDocument],
        [ofOrigin.length, limits.pendingPerOrigin],
        [lastMinute.length, limits.requestsPerMinuteAndOrigin],
      ] as const) {
        if (count >= limit) throw new OperationError("TOO_MANY_REQUESTS", { limit });
      }
      await requests.set(origin, [...lastMinute, now()]);
    },
    async noteWrongPin(origin) {
      await wrongPins.set(origin, [...(await recent(wrongPins, origin, HOUR_MS)), now()]);
    },
    isPinPaused: async (origin) =>
      (await recent(wrongPins, origin, HOUR_MS)).length >= limits.wrongPinsPerOriginAndHour,
    resumePin: (origin) => wrongPins.remove(origin),
  };
}
