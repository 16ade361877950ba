import { OperationError } from "@certbridge/protocol/errors";
import type { HostParams } from "@certbridge/protocol/host";
import type { Params } from "@certbridge/protocol/page";
import type { RequestRecord } from "../records.ts";
import { failedOutsideOf } from "../answers.ts";
import type { Asked } from "@certbridge/protocol/surface";
import { type BackupConsent, type Consent, lastKeyOf, type Means, type OperationHandler, usedKey } from "./handler.ts";
import { bidsOf, whichOf } from "./own-bids.ts";
import { type Given, ownPackage } from "./own-package.ts";

type Order = Extract<Params<"decrypt">, { readonly order: string }>;

const readOrder = (origin: string, { keyBlock, order }: Order, { host }: Means) =>
  host.call("readOrder", { origin, keyBlock, order });

/** Which of the keys that were here open the key block of a request. */
const opening = new Map<string, { readonly here: string; readonly keyIds: readonly string[] }>();

const setOf = (keyIds: readonly string[]): string => keyIds.toSorted().join(" ");

const paramsOf = (record: RequestRecord) => record.params as Order;

/** By its params, which are there from the beginning. */
const isOwn = ({ params }: RequestRecord): boolean => "package" in (params as object);

const packageOf = (brought: Params<"decrypt"> | null): Given | null =>
  brought !== null && "package" in brought ? brought : null;

/** At the bid opening. */
const byOrder = {
  async prepare(
    { id, platform: { origin } }: RequestRecord,
    params: Order,
    means: Means,
    openWindow: () => void,
  ): Promise<Asked> {
    const read = await readOrder(origin, params, means);
    openWindow();
    const { lot, stampedAt, clockBehind, keyIds, hereIds, packageId = null } = read;
    const bids = await bidsOf(origin, means).catch(() => []);
    opening.set(id, { here: setOf(hereIds), keyIds });
    const made = bids.filter(({ lot: own }) => own.projectCode === lot.projectCode && own.lot === lot.lot);
    // Several bids of one key name it once.
    const needed = new Map(
      made.map(({ keyId, authority, serialTail, notAfter }) => [keyId, { authority, serialTail, notAfter }]),
    );
    const isLegacy = made.some(({ lot: own }) => own.profile === "legacy");
    const profile = isLegacy ? ({ profile: "legacy" } as const) : {};
    return {
      operation: "decrypt",
      lot: { ...lot, projectName: made[0]?.lot.projectName ?? null, ...profile },
      stampedAt,
      clockBehind,
      ...whichOf(made, packageId),
      needed: [...needed.values()],
    };
  },

  async fitting(record: RequestRecord, keyIds: readonly string[], means: Means) {
    // The program writes down what it refuses: it is asked anew only where another key came.
    const known = opening.get(record.id);
    if (known?.here === setOf(keyIds)) return known.keyIds;
    const { keyIds: found, hereIds } = await readOrder(record.platform.origin, paramsOf(record), means);
    opening.set(record.id, { here: setOf(hereIds), keyIds: found });
    return found;
  },

  async perform(record: RequestRecord, consent: Consent | null, { host, lastKeys }: Means) {
    const { asked } = record;
    if (consent === null || asked?.operation !== "decrypt")
      throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { keyId, clockAccepted = false } = consent;
    if (asked.clockBehind && !clockAccepted) throw new OperationError("INVALID_REQUEST", { path: "clockAccepted" });
    const { releasedKey } = await host.call("releaseKey", {
      consentId: record.id,
      ...usedKey(consent),
      origin: record.platform.origin,
      ...paramsOf(record),
      // A clock that fell behind while the window was open is not what the person decided on.
      clockAccepted: asked.clockBehind,
    });
    // Which key the window offers first the next time: the hall does not wait for that.
    lastKeys.set(lastKeyOf(record), keyId).catch(() => undefined);
    return { releasedKey };
  },

  /** Nobody signs: the order's own page, its signature, its time and what is known of the lot are looked at once more, at the very moment. */
  async performWithBackup(
    { asked, platform: { origin }, params }: RequestRecord,
    backup: BackupConsent,
    { host, workshop }: Means,
  ) {
    if (asked?.operation !== "decrypt") throw new OperationError("INVALID_REQUEST", { path: "backup" });
    const { file, passphrase, clockAccepted = false } = backup;
    if (asked.clockBehind && !clockAccepted) throw new OperationError("INVALID_REQUEST", { path: "clockAccepted" });
    const { order, keyBlock } = params as Order;
    const clock = { clockAccepted: asked.clockBehind };
    const stamp = await host.call("releaseBackup", { origin, order, keyBlock, ...clock });
    // The record of an opening is worth less than the opening.
    const note = (came: HostParams<"noteBackupRelease">["came"]) =>
      host.call("noteBackupRelease", { keyBlock, stampedAt: stamp.stampedAt, came }).catch(() => undefined);
    try {
      const released = await workshop.call("own", "releaseBackup", { file, passphrase, order, ...stamp, ...clock });
      await note(released);
      return released;
    } catch (error) {
      await note({ code: failedOutsideOf(error) });
      throw error;
    }
  },
};

/** docs/operations/decrypt.md */
export const decrypt: OperationHandler<"decrypt"> = {
  endsEarly: isOwn,
  withoutContent: (params) => ("package" in params ? ownPackage.withoutContent(params) : params),
  prepare: (record, params, means, openWindow) =>
    "package" in params
      ? ownPackage.prepare(record, params, means)
      : byOrder.prepare(record, params, means, openWindow),
  fitting: (record, keyIds, means) =>
    isOwn(record) ? ownPackage.fitting(record, means) : byOrder.fitting(record, keyIds, means),
  perform: (record, consent, means, brought) =>
    isOwn(record)
      ? ownPackage.perform(record, consent, means, packageOf(brought))
      : byOrder.perform(record, consent, means),
  performWithBackup: (record, backup, means, brought) =>
    isOwn(record)
      ? ownPackage.performWithBackup(record, backup, means, packageOf(brought))
      : byOrder.performWithBackup(record, backup, means),
  forSite: (record, error) => (isOwn(record) ? ownPackage.forSite(error) : error),
  async release(record, means) {
    opening.delete(record.id);
    if (isOwn(record)) await ownPackage.release(record, means);
  },
  tell: (result, now) => ownPackage.tell(result) ?? { operation: "decrypt", releasedAt: new Date(now).toISOString() },
};
