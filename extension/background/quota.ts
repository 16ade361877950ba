import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { openTable } from "../platform/storage.ts";
import type { RequestRecord } from "./records.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3600_000;

/** Counts per origin, in the browser's memory: requests of the last minute, wrong PINs of the last hour, passphrases that opened nothing. */
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
  /** @throws OperationError BACKUP_KEY_REFUSED before the next passphrase may be tried */
  admitPassphrase(origin: string): Promise<void>;
  /** What the person is told of a wrong one: from when on the next may be tried. */
  noteWrongPassphrase(origin: string): Promise<OperationError>;
  forgetPassphrases(origin: string): Promise<void>;
}

interface WrongPassphrases {
  readonly count: number;
  readonly lastAt: number;
}

/** The first few are free; then each wait is twice the one before. */
function retryAtOf({ count, lastAt }: WrongPassphrases): number {
  const over = count - limits.wrongPassphrases;
  return over < 0 ? lastAt : lastAt + Math.min(limits.passphraseWaitMaxMs, limits.passphraseWaitMs * 2 ** over);
}

export function openQuota(now: () => number): Quota {
  const requests = openTable("session", "asked-at");
  const wrongPins = openTable("session", "wrong-pin-at");
  const wrongPassphrases = openTable("session", "wrong-passphrases");
  const passphrasesOf = async (origin: string) =>
    ((await wrongPassphrases.get(origin)) as WrongPassphrases | undefined) ?? { count: 0, lastAt: 0 };
  const notOpened = (retryAt: number) =>
    new OperationError("BACKUP_KEY_REFUSED", {
      fault: "not-opened",
      retryAt: retryAt > now() ? new Date(retryAt).toISOString() : null,
    });
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
    async admitPassphrase(origin) {
      const retryAt = retryAtOf(await passphrasesOf(origin));
      if (retryAt > now()) throw notOpened(retryAt);
    },
    async noteWrongPassphrase(origin) {
      const wrong = { count: (await passphrasesOf(origin)).count + 1, lastAt: now() };
      await wrongPassphrases.set(origin, wrong);
      return notOpened(retryAtOf(wrong));
    },
    forgetPassphrases: (origin) => wrongPassphrases.remove(origin),
  };
}
