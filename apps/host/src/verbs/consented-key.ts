/** The one way from a consent to a private key: consent not used before, certificate fit, PIN right, consent taken, key used. */
import type { FoundClosedKey, OpenKey, Opening } from "../key-store.ts";
import { findKey, withOpened } from "../key-store.ts";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { findPlatform } from "@certbridge/trust";
import type { Holder } from "../holder.ts";
import { readHolder } from "../holder.ts";
import type { Host } from "../host.ts";
import { withTypedPin } from "./typed-pin.ts";

export interface Consented {
  readonly consentId: string;
  readonly keyId: string;
  readonly sealedPin: string;
  readonly mayUseLastTry?: boolean;
  /** Of the page that it is for; none for the extension's own. */
  readonly origin?: string;
}

/** What stands between a certificate and its use; each under the name that the error carries. */
const REASONS = { expired: "expired", "not-yet-valid": "not-yet-valid", "no-signing-use": "wrong-usage" } as const;

/** What is to be done with the key: the calls are listed here, before it is open, and there is never one more. */
export interface KeyPlan<T> extends Pick<Opening, "calls" | "opensFor"> {
  readonly use: (key: OpenKey) => Promise<T>;
}

/** A key that fails half-way has given nothing: of a verb that fails nothing leaves this program. */
const OF_DEVICE: readonly ErrorCode[] = ["DEVICE_REMOVED", "DEVICE_BUSY", "DEVICE_FAILED", "DRIVER_FAILED"];

export const isOfDevice = (error: unknown): boolean =>
  error instanceof OperationError && OF_DEVICE.includes(error.code);

/** The platform as the registry calls it, else the site's host. */
function siteOf({ registry }: Host, origin: string | undefined): string | null {
  if (origin === undefined) return null;
  return findPlatform(registry, origin)?.name ?? new URL(origin).host;
}

interface PlanOptions {
  /** A bid is opened by a certificate that expired meanwhile, too: its key is the same, and its bidder has no other. */
  readonly mayBeExpired?: boolean;
}

/**
 * Opens the key for the private-key calls that the plan lists. What can be refused without the key is refused by `plan`, before the PIN is
 * tried; the consent is taken between the right PIN and the first call, and given back where the device fails. The plan's `use` closes the key.
 *
 * @throws OperationError INVALID_REQUEST (consent used before, PIN sealed for another), KEY_NOT_FOUND, CERTIFICATE_UNUSABLE, PIN_INCORRECT, PIN_LOCKED,
 *   PIN_LAST_TRY, DEVICE_REMOVED, DEVICE_BUSY, DEVICE_FAILED, DRIVER_FAILED, STORE_DAMAGED, STORE_BUSY
 */
export async function usePlannedKey<T>(
  host: Host,
  { consentId, keyId, sealedPin, mayUseLastTry = false, origin }: Consented,
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
    found.open({ pin, calls, opensFor, mayUseLastTry, site: siteOf(host, origin) }),
  );
  try {
    await host.consents.take(consentId);
  } catch (error) {
    opened.close();
    throw error;
  }
  try {
    return await use(opened);
  } catch (error) {
    // Nothing came of it: the person may go on in the same window once the key is back.
    if (isOfDevice(error)) await host.consents.giveBack(consentId);
    throw error;
  }
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
