/** The facts that the check before a bid is handed in goes by, as far as this computer knows them. It asks nothing of any network. */
import { checkBid } from "@certbridge/bid";
import type { PreflightFacts } from "@certbridge/bid";
import { parseCertificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import type { PreflightResult } from "@certbridge/protocol/host";
import type { SignedNotice } from "@certbridge/trust";
import type { Holder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys } from "../../key-store.ts";
import type { KeyCertificates } from "../../key-store.ts";

/** What no part of this program can find out yet: the device's own key without its PIN, a signed time, a revocation list. */
export const NOT_ASKED = {
  deviceKey: null,
  clockErrorMs: null,
  revoked: null,
} as const satisfies Partial<PreflightFacts>;

export interface NewBid {
  readonly holder: Holder;
  readonly own: KeyCertificates;
  readonly notice: SignedNotice;
  readonly recipients: number;
  /** Whether the key block was opened; null before. */
  readonly trial: boolean | null;
}

/** The check of a bid that is about to be made by this key. */
export async function checkNewBid(host: Host, bid: NewBid): Promise<readonly PreflightResult[]> {
  const { holder, own, notice, recipients, trial } = bid;
  const stored = (await listKeys(host.stores)).find(({ keyId }) => keyId === own.keyId);
  return checkBid({
    ...NOT_ASKED,
    now: host.clock(),
    openingAt: Date.parse(notice.said.openingTime),
    signingCertificate: holder.certificate,
    encryptionCertificate: own.encryptionCertificate === null ? null : parseCertificate(own.encryptionCertificate),
    chain: holder.above,
    trial,
    held: "current",
    pin: stored?.pin ?? null,
    recipients,
  });
}

/** @throws OperationError BID_REFUSED by the first rule that is proved to be broken */
export function refuseBad(results: readonly PreflightResult[]): void {
  const bad = results.find(({ outcome }) => outcome === "bad");
  if (bad !== undefined) throw new OperationError("BID_REFUSED", { rule: bad.rule });
}
