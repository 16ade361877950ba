/** Packages that a person opens for their own use where no site asked: in our own page, which drew the id and handed the file over. */
import { OperationError } from "@certbridge/protocol/errors";
import type { OwnPackage, SurfaceParams } from "@certbridge/protocol/surface";
import type { Journey } from "./journey.ts";
import { describeOwnPackage, openByBackup, openByKey, openersOf } from "./operations/own-package.ts";
import { refusalOfKey } from "./policy.ts";

/** In place of an origin, where wrong passphrases are counted. */
const NO_SITE = "own";

/** What was picked, and which keys open it. @throws OperationError MALFORMED, CONTENT_UNREADABLE, INTERRUPTED where nothing was handed over */
export async function readPicked(
  { means }: Pick<Journey, "means">,
  id: string,
): Promise<{ own: OwnPackage; openers: readonly string[] }> {
  const read = await means.workshop.call("own", "readPackage", { id, picked: true });
  const own = await describeOwnPackage(read, null, means);
  return { own, openers: await openersOf(own, means) };
}

/** @throws OperationError BLOCKED_BY_POLICY, BID_NOT_OPENED, BACKUP_KEY_REFUSED, STORAGE_FULL, and the program's */
export async function openPicked(
  { means, policies, quota }: Pick<Journey, "means" | "policies" | "quota">,
  { id, signatureSm3, by }: SurfaceParams<"openOwnPackage">,
): Promise<number> {
  const brought = { picked: true } as const;
  if ("keyId" in by) {
    const key = (await means.host.call("keys", {})).keys.find(({ keyId }) => keyId === by.keyId);
    const refusal = key === undefined ? null : refusalOfKey((await policies.current()).policy, key);
    if (refusal !== null) throw new OperationError("BLOCKED_BY_POLICY", { policy: refusal });
    return openByKey({ id, signatureSm3, brought }, by, means);
  }
  await quota.admitPassphrase(NO_SITE);
  try {
    const files = await openByBackup({ id, signatureSm3, brought }, by, means);
    await quota.forgetPassphrases(NO_SITE);
    return files;
  } catch (error) {
    const isWrong = OperationError.is(error, "BACKUP_KEY_REFUSED") && error.details?.fault === "not-opened";
    throw isWrong ? await quota.noteWrongPassphrase(NO_SITE) : error;
  }
}
