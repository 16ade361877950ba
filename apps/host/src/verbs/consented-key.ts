/** The one way from a consent to a private key: consent not used before, certificate fit, PIN right, consent taken, key used. */
import type { OpenKey } from "../key-store.ts";
import { findKey, withOpened } from "../key-store.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { Holder } from "../holder.ts";
import { readHolder } from "../holder.ts";
import type { Host } from "../host.ts";
import { withTypedPin } from "./typed-pin.ts";

export interface Consented {
  readonly consentId: string;
  readonly keyId: string;
  readonly sealedPin: string;
}

/** What stands between a certificate and its use; each under the name that the error carries. */
const REASONS = { expired: "expired", "not-yet-valid": "not-yet-valid", "no-signing-use": "wrong-usage" } as const;

/**
 * Opens the key for `calls` private-key calls of this consent. What can be refused without the key is refused by `plan`, before the
 * PIN is tried; the consent is taken between the right PIN and the first call; what `plan` gave is then done with the open key.
 *
 * @throws OperationError INVALID_REQUEST (consent used before, PIN sealed for another), KEY_NOT_FOUND, CERTIFICATE_UNUSABLE, PIN_INCORRECT, PIN_LOCKED,
 *   STORE_DAMAGED, STORE_BUSY
 */
export async function withConsentedKey<T>(
  host: Host,
  { consentId, keyId, sealedPin }: Consented,
  calls: number,
  plan: (holder: Holder) => Promise<(key: OpenKey) => Promise<T>>,
): Promise<T> {
  await host.consents.refuseTaken(consentId);
  const found = await findKey(host.stores, keyId);
  const holder = readHolder(host, found);
  if (holder.state !== "usable") throw new OperationError("CERTIFICATE_UNUSABLE", { reason: REASONS[holder.state] });
  const use = await plan(holder);
  const opened = await withTypedPin(host.identity, { consentId, sealedPin }, (pin) => found.open({ pin, calls }));
  return withOpened(opened, async (key) => {
    await host.consents.take(consentId);
    return use(key);
  });
}
