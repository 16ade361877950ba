/** The one way from a consent to a private key: consent not used before, certificate fit, PIN right, consent taken, key used. */
import type { OpenKey } from "../key-store.ts";
import { findKey, withKey } from "../key-store.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { Holder } from "../holder.ts";
import { readHolder } from "../holder.ts";
import type { Host } from "../host.ts";

export interface Consented {
  readonly consentId: string;
  readonly keyId: string;
  readonly pin: string;
}

/** What stands between a certificate and its use; each under the name that the error carries. */
const REASONS = { expired: "expired", "not-yet-valid": "not-yet-valid", "no-signing-use": "wrong-usage" } as const;

/** @throws OperationError KEY_NOT_FOUND, CERTIFICATE_UNUSABLE */
export async function findUsableHolder(host: Host, keyId: string): Promise<Holder> {
  const holder = readHolder(host, await findKey(host.stores, keyId));
  if (holder.state !== "usable") throw new OperationError("CERTIFICATE_UNUSABLE", { reason: REASONS[holder.state] });
  return holder;
}

/**
 * Opens the key for `calls` private-key calls of this consent. The consent is taken between the right PIN and the first call.
 *
 * @throws OperationError INVALID_REQUEST (consent used before), KEY_NOT_FOUND, CERTIFICATE_UNUSABLE, PIN_INCORRECT, PIN_LOCKED,
 *   STORE_DAMAGED
 */
export async function withConsentedKey<T>(
  host: Host,
  { consentId, keyId, pin }: Consented,
  calls: number,
  use: (key: OpenKey, holder: Holder) => Promise<T>,
): Promise<T> {
  await host.consents.refuseTaken(consentId);
  const holder = await findUsableHolder(host, keyId);
  return withKey(host.stores, { keyId, pin, calls }, async (key) => {
    await host.consents.take(consentId);
    return use(key, holder);
  });
}
