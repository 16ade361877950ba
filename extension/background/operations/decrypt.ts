import { OperationError } from "@certbridge/protocol/errors";
import type { Params } from "@certbridge/protocol/page";
import type { RequestRecord } from "../records.ts";
import { lastKeyOf, type Means, type OperationHandler } from "./handler.ts";
import { bidsOf } from "./own-bids.ts";

const readOrder = (origin: string, { keyBlock, order }: Params<"decrypt">, { host }: Means) =>
  host.call("readOrder", { origin, keyBlock, order });

/** Which of the keys that were here open the key block of a request. */
const opening = new Map<string, { readonly here: string; readonly keyIds: readonly string[] }>();

const setOf = (keyIds: readonly string[]): string => keyIds.toSorted().join(" ");

const paramsOf = (record: RequestRecord) => record.params as Params<"decrypt">;

/** docs/operations/decrypt.md. */
export const decrypt: OperationHandler<"decrypt"> = {
  withoutContent: (params) => params,

  async prepare({ id, platform: { origin } }, params, means) {
    const [{ lot, stampedAt, clockBehind, keyIds, hereIds }, bids] = await Promise.all([
      readOrder(origin, params, means),
      bidsOf(origin, means).catch(() => []),
    ]);
    opening.set(id, { here: setOf(hereIds), keyIds });
    const made = bids.filter(({ lot: own }) => own.projectCode === lot.projectCode && own.lot === lot.lot);
    // Several bids of one key name it once.
    const needed = new Map(
      made.map(({ keyId, authority, serialTail, notAfter }) => [keyId, { authority, serialTail, notAfter }]),
    );
    return {
      operation: "decrypt",
      lot: { ...lot, projectName: made[0]?.lot.projectName ?? null },
      stampedAt,
      clockBehind,
      needed: [...needed.values()],
    };
  },

  async fitting(record, keyIds, means) {
    // The program writes down what it refuses: it is asked anew only where another key came.
    const known = opening.get(record.id);
    if (known?.here === setOf(keyIds)) return known.keyIds;
    const { keyIds: found, hereIds } = await readOrder(record.platform.origin, paramsOf(record), means);
    opening.set(record.id, { here: setOf(hereIds), keyIds: found });
    return found;
  },

  async perform(record, consent, { host, lastKeys }) {
    const { asked } = record;
    if (consent === null || asked?.operation !== "decrypt")
      throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { keyId, sealedPin, clockAccepted = false } = consent;
    if (asked.clockBehind && !clockAccepted) throw new OperationError("INVALID_REQUEST", { path: "clockAccepted" });
    const { releasedKey } = await host.call("releaseKey", {
      consentId: record.id,
      keyId,
      sealedPin,
      origin: record.platform.origin,
      ...paramsOf(record),
      // A clock that fell behind while the window was open is not what the person decided on.
      clockAccepted: asked.clockBehind,
    });
    await lastKeys.set(lastKeyOf(record), keyId);
    return { releasedKey };
  },

  /** Nobody signs: the order's own page, its signature, its time and what is known of the bid are looked at once more, at the very moment. */
  async performWithBackup({ asked, platform: { origin }, params }, backup, means) {
    if (asked?.operation !== "decrypt") throw new OperationError("INVALID_REQUEST", { path: "backup" });
    const { file, passphrase, clockAccepted = false } = backup;
    if (asked.clockBehind && !clockAccepted) throw new OperationError("INVALID_REQUEST", { path: "clockAccepted" });
    const { order, keyBlock } = params as Params<"decrypt">;
    const { stampedAt, stampedFrom } = await readOrder(origin, { order, keyBlock }, means);
    const request = { file, passphrase, order, stampedAt, stampedFrom, clockAccepted: asked.clockBehind };
    return means.workshop.call("own", "releaseBackup", request);
  },

  release({ id }) {
    opening.delete(id);
    return Promise.resolve();
  },

  tell: (_result, now) => ({ operation: "decrypt", releasedAt: new Date(now).toISOString() }),
};
