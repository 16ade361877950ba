/**
 * `decrypt` for the bidder's own use (自行解密): the workshop has the package, the person has the files, and the site has their number.
 * docs/operations/decrypt.md
 */
import { OperationError } from "@certbridge/protocol/errors";
import type { Params, Result } from "@certbridge/protocol/page";
import type { Asked, Outcome, OwnPackage } from "@certbridge/protocol/surface";
import type { WorkshopParams, WorkshopResult } from "@certbridge/protocol/workshop";
import type { RequestRecord } from "../records.ts";
import { type BackupConsent, type Consent, lastKeyOf, type Means } from "./handler.ts";

type Given = Extract<Params<"decrypt">, { readonly package: Blob }>;
type Opened = Extract<Result<"decrypt">, { readonly packageId: string }>;
type Reach = Pick<Means, "host" | "workshop">;
type Read = WorkshopResult<"readPackage">;

const PLACE = "own";

/** What people are shown of a package that was read. @param origin of the site that asks; null where nobody does */
export async function describeOwnPackage(read: Read, origin: string | null, { host }: Reach): Promise<OwnPackage> {
  const { packageId, header, keyBlock, signatureSm3, len, lot, serialTail, recipientTails } = read;
  const { platformName, origins } = await host.call("readOwnBid", { header, keyBlock });
  return {
    packageId,
    signatureSm3,
    len,
    lot: { ...lot, platformName },
    isForeign: origin === null ? null : !origins.includes(origin),
    neededTails: [serialTail],
    recipientTails,
  };
}

/** The package of a request as it was read before; and that it is the one that the person was shown. */
async function readAgain(id: string, signatureSm3: string, { workshop }: Reach): Promise<Read> {
  const read = await workshop.call(PLACE, "readPackage", { id });
  if (read.signatureSm3 !== signatureSm3) throw new OperationError("INTERRUPTED");
  return read;
}

/** Which keys that are here open it. */
export async function openersOf(id: string, signatureSm3: string, means: Reach): Promise<readonly string[]> {
  const { header, keyBlock } = await readAgain(id, signatureSm3, means);
  return (await means.host.call("readOwnBid", { header, keyBlock })).keyIds;
}

/** One private-key call. The file key goes from the program to the workshop's worker, and nobody here can read it. */
export async function openByKey(
  id: string,
  signatureSm3: string,
  { keyId, sealedPin }: Pick<Consent, "keyId" | "sealedPin">,
  means: Reach,
): Promise<number> {
  const { header, keyBlock } = await readAgain(id, signatureSm3, means);
  const { worker } = await means.workshop.call(PLACE, "expectKey", { id });
  const asked = { consentId: id, keyId, sealedPin, header, keyBlock, worker };
  const { sealedKey } = await means.host.call("openOwnBid", asked);
  return (await means.workshop.call(PLACE, "openPackage", { id, by: { sealedKey } })).files;
}

/** No private-key call. */
export async function openByBackup(
  id: string,
  by: Extract<WorkshopParams<"openPackage">["by"], { readonly file: string }>,
  { workshop }: Reach,
): Promise<number> {
  return (await workshop.call(PLACE, "openPackage", { id, by })).files;
}

function askedOf({ asked }: RequestRecord): OwnPackage {
  if (asked?.operation !== "decryptPackage") throw new OperationError("INVALID_REQUEST", { path: "key" });
  return asked;
}

/** What the content, its key or this computer's disk did not let through: a site hears of it what it hears of a person who says no. */
const OF_THE_CONTENT = ["BID_NOT_OPENED", "MALFORMED", "CONTENT_UNREADABLE", "STORAGE_FULL"];

export const ownPackage = {
  withoutContent: (params: Given) => ({ package: { len: params.package.size } }),

  async prepare({ id, platform: { origin } }: RequestRecord, params: Given, means: Means): Promise<Asked> {
    const read = await means.workshop.call(PLACE, "readPackage", { id, package: params.package });
    return { operation: "decryptPackage", ...(await describeOwnPackage(read, origin, means)) };
  },

  fitting: (record: RequestRecord, means: Means) => openersOf(record.id, askedOf(record).signatureSm3, means),

  async perform(record: RequestRecord, consent: Consent | null, means: Means): Promise<Opened> {
    const { packageId, signatureSm3 } = askedOf(record);
    if (consent === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const files = await openByKey(record.id, signatureSm3, consent, means);
    await means.lastKeys.set(lastKeyOf(record), consent.keyId);
    return { packageId, files };
  },

  async performWithBackup(record: RequestRecord, backup: BackupConsent, means: Means): Promise<Opened> {
    const { packageId, signatureSm3 } = askedOf(record);
    await readAgain(record.id, signatureSm3, means);
    const { file, passphrase } = backup;
    return { packageId, files: await openByBackup(record.id, { file, passphrase }, means) };
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
