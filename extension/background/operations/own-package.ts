/**
 * `decrypt` for the bidder's own use (自行解密): the workshop has the package, the person has the files, and the site has their number.
 * docs/operations/decrypt.md
 */
import { OperationError } from "@certbridge/protocol/errors";
import type { Params, Result } from "@certbridge/protocol/page";
import type { Asked, Outcome, OwnPackage } from "@certbridge/protocol/surface";
import type { WorkshopParams, WorkshopResult } from "@certbridge/protocol/workshop";
import type { RequestRecord } from "../records.ts";
import { type BackupConsent, type Consent, lastKeyOf, type Means, usedKey } from "./handler.ts";

export type Given = Extract<Params<"decrypt">, { readonly package: Blob }>;
type Opened = Extract<Result<"decrypt">, { readonly packageId: string }>;
type Reach = Pick<Means, "host" | "workshop">;
type Read = WorkshopResult<"readPackage">;

const PLACE = "own";

/** What people are shown of a package that was read. @param origin of the site that asks; null where nobody does */
export async function describeOwnPackage(read: Read, origin: string | null, { host }: Reach): Promise<OwnPackage> {
  const { packageId, header, keyBlock, signatureSm3, len, lot, needed, recipientTails } = read;
  const { platformName, origins } = await host.call("readOwnBid", { header, keyBlock });
  return {
    packageId,
    header,
    keyBlock,
    signatureSm3,
    len,
    lot: { ...lot, platformName },
    isForeign: origin === null ? null : !origins.includes(origin),
    needed: [needed],
    recipientTails,
  };
}

/** Which keys that are here open it. */
export const openersOf = async ({ header, keyBlock }: Pick<OwnPackage, "header" | "keyBlock">, { host }: Reach) =>
  (await host.call("readOwnBid", { header, keyBlock })).keyIds;

/** How a package comes to the workshop again, where the one that had read it is gone (in Firefox it goes with the event page). */
export type Brought = Pick<WorkshopParams<"readPackage">, "package" | "picked">;

/** That the workshop has it, and that it is the one that the person was shown. */
async function mustHold(id: string, signatureSm3: string, brought: Brought, { workshop }: Reach): Promise<Read> {
  const read = await workshop.call(PLACE, "readPackage", { id, ...brought });
  if (read.signatureSm3 !== signatureSm3) throw new OperationError("INTERRUPTED");
  return read;
}

/** Which one is opened: under this id, and as it was shown. */
interface Shown {
  readonly id: string;
  readonly signatureSm3: string;
  readonly brought: Brought;
}

/** One private-key call. The file key goes from the program to the workshop's worker, and nobody here can read it. */
export async function openByKey(
  { id, signatureSm3, brought }: Shown,
  key: Parameters<typeof usedKey>[0],
  means: Reach,
): Promise<number> {
  const { header, keyBlock } = await mustHold(id, signatureSm3, brought, means);
  const { worker } = await means.workshop.call(PLACE, "expectKey", { id });
  const asked = { consentId: id, ...usedKey(key), header, keyBlock, worker };
  const { sealedKey } = await means.host.call("openOwnBid", asked);
  return (await means.workshop.call(PLACE, "openPackage", { id, by: { sealedKey } })).files;
}

/** No private-key call. */
export async function openByBackup(
  { id, signatureSm3, brought }: Shown,
  { file, passphrase }: Pick<BackupConsent, "file" | "passphrase">,
  means: Reach,
): Promise<number> {
  await mustHold(id, signatureSm3, brought, means);
  return (await means.workshop.call(PLACE, "openPackage", { id, by: { file, passphrase } })).files;
}

function askedOf({ asked }: RequestRecord): OwnPackage {
  if (asked?.operation !== "decryptPackage") throw new OperationError("INVALID_REQUEST", { path: "key" });
  return asked;
}

const shownOf = (record: RequestRecord, params: Given | null): Shown => ({
  id: record.id,
  signatureSm3: askedOf(record).signatureSm3,
  // What a frame handed over once it is not asked for again.
  brought: params === null || record.place === "frame" ? {} : { package: params.package },
});

/** What the content, its key or this computer's disk did not let through: a site hears of it what it hears of a person who says no. */
const OF_THE_CONTENT = ["BID_NOT_OPENED", "MALFORMED", "CONTENT_UNREADABLE", "STORAGE_FULL"];

export const ownPackage = {
  withoutContent: (params: Given) => ({ package: { len: params.package.size } }),

  async prepare({ id, place, platform: { origin } }: RequestRecord, params: Given, means: Means): Promise<Asked> {
    // Where messages carry no files the frame inside the page has it, and hands it over as a window does what was picked there.
    if (place === "frame") await means.workshop.call(place, "handOver", { id });
    const brought: Brought = place === "frame" ? { picked: true } : { package: params.package };
    const read = await means.workshop.call(PLACE, "readPackage", { id, ...brought });
    return { operation: "decryptPackage", ...(await describeOwnPackage(read, origin, means)) };
  },

  fitting: (record: RequestRecord, means: Means) => openersOf(askedOf(record), means),

  async perform(record: RequestRecord, consent: Consent | null, means: Means, params: Given | null): Promise<Opened> {
    if (consent === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const files = await openByKey(shownOf(record, params), consent, means);
    await means.lastKeys.set(lastKeyOf(record), consent.keyId);
    return { packageId: askedOf(record).packageId, files };
  },

  async performWithBackup(
    record: RequestRecord,
    backup: BackupConsent,
    means: Means,
    params: Given | null,
  ): Promise<Opened> {
    const files = await openByBackup(shownOf(record, params), backup, means);
    return { packageId: askedOf(record).packageId, files };
  },

  forSite: (error: unknown) =>
    error instanceof OperationError && OF_THE_CONTENT.includes(error.code)
      ? new OperationError("USER_DECLINED")
      : error,

  release: ({ id }: RequestRecord, { workshop }: Means) => workshop.call(PLACE, "release", { id }),

  /** Null for what is the other kind's. */
  tell(result: unknown): Outcome | null {
    const opened = result as Result<"decrypt">;
    return "files" in opened ? { operation: "decryptPackage", files: opened.files } : null;
  },
};
