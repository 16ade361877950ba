/** The one way from a consent to a private key: consent not used before, certificate fit, PIN right, consent taken, key used. */
import type { FoundClosedKey, OpenKey, Opening } from "../key-store.ts";
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

/** What is to be done with the key: the calls are listed here, before it is open, and there is never one more. */
export interface KeyPlan<T> extends Pick<Opening, "calls" | "opensFor"> {
  readonly use: (key: OpenKey) => Promise<T>;
}

interface PlanOptions {
  /** A bid is opened by a certificate that expired meanwhile, too: its key is the same, and its bidder has no other. */
  readonly mayBeExpired?: boolean;
}

/**
 * Opens the key for the private-key calls that the plan lists. What can be refused without the key is refused by `plan`, before the PIN is
 * tried; the consent is taken between the right PIN and the first call. The plan's `use` closes the key.
 *
 * @throws OperationError INVALID_REQUEST (consent used before, PIN sealed for another), KEY_NOT_FOUND, CERTIFICATE_UNUSABLE, PIN_INCORRECT, PIN_LOCKED,
 *   STORE_DAMAGED, STORE_BUSY
 */
export async function usePlannedKey<T>(
  host: Host,
  { consentId, keyId, sealedPin }: Consented,
  plan: (holder: Holder, found: FoundClosedKey) => Promise<KeyPlan<T>>,
  { mayBeExpired = false }: PlanOptions = {},
): Promise<T> {
  await host.consents.refuseTaken(consentId);
  const found = await findKey(host.stores, keyId);
  const holder = readHolder(host, found);
  if (holder.state !== "usable" && !(mayBeExpired && holder.state === "expired")) {
    throw new OperationError("CERTIFICATE_UNUSABLE", { reason: REASONS[holder.state] });
  }
  const { calls, opensFor = null, use } = await plan(holder, found);
  const opened = await withTypedPin(host.identity, { consentId, sealedPin }, (pin) =>
    found.open({ pin, calls, opensFor }),
  );
  try {
    await host.consents.take(consentId);
  } catch (error) {
    opened.close();
    throw error;
  }
  return use(opened);
}

/** As {@link usePlannedKey}; the key is closed when the plan is done, whatever happens. */
export function withPlannedKey<T>(
  host: Host,
  consented: Consented,
  plan: (holder: Holder, found: FoundClosedKey) => Promise<KeyPlan<T>>,
  options: PlanOptions = {},
): Promise<T> {
  const closing = async (holder: Holder, found: FoundClosedKey) => {
    const { use, ...opening } = await plan(holder, found);
    return { ...opening, use: (key: OpenKey) => withOpened(key, use) };
  };
  return usePlannedKey(host, consented, closing, options);
}

/** For signatures alone: so many calls, and what `plan` gave is done with the open key. */
export function withConsentedKey<T>(
  host: Host,
  consented: Consented,
  calls: number,
  plan: (holder: Holder) => Promise<(key: OpenKey) => Promise<T>>,
): Promise<T> {
  return withPlannedKey(host, consented, async (holder) => ({ calls, use: await plan(holder) }));
}
