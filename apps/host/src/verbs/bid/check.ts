/** The facts that the check before a bid is handed in goes by, and who outside of this computer is asked for some of them, and when. */
import { checkBid } from "@certbridge/bid";
import type { PreflightFacts } from "@certbridge/bid";
import { parseCertificate } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import type { PreflightResult } from "@certbridge/protocol/host";
import type { SignedNotice } from "@certbridge/trust";
import { pathAbove } from "../../authorities.ts";
import type { BidRecord } from "../../bids.ts";
import type { Holder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys } from "../../key-store.ts";
import type { KeyCertificates } from "../../key-store.ts";
import { receiptsOf } from "../../receipts.ts";
import type { AskRevoked, Revoked } from "../../revocation-lists.ts";
import type { ClockError } from "../../signed-clock.ts";

/** Who answers for what this computer does not know by itself. */
export interface Outside {
  readonly isRevoked: AskRevoked;
  clockErrorMs(): Promise<ClockError>;
}

/** What is known here already: no network is asked. For whatever a page can set off by itself. */
export function knownOutside({ lists }: Host): Outside {
  return { isRevoked: lists.known(), clockErrorMs: () => Promise.resolve(null) };
}

/** Asks CAs and a time-stamping authority, each once: for one act that a person has just confirmed in our own window, and for none else. */
export function askOutside({ lists, signedClock }: Host): Outside {
  let asked: Promise<ClockError> | null = null;
  return { isRevoked: lists.asking(), clockErrorMs: () => (asked ??= signedClock.ask()) };
}

/** One that is revoked decides; then one that could not be asked for. */
function worstOf(found: readonly Revoked[]): Revoked {
  if (found.includes(true)) return true;
  if (found.includes("unreachable")) return "unreachable";
  return found.includes(null) ? null : false;
}

/**
 * Of these certificates and those above them, as far as they are there. Of those above only what was found out counts: most registries name
 * issuing CAs alone, and a root is in no list.
 */
async function revokedOf(
  { gm }: Host,
  { isRevoked }: Outside,
  certificates: readonly Certificate[],
  pool: readonly Certificate[],
): Promise<Revoked> {
  const found = certificates.map(async (certificate) => {
    const above = pathAbove(gm, certificate, pool);
    const asked = above.map((issuer, at) => isRevoked(above[at - 1] ?? certificate, issuer));
    const [own = null, ...higher] = await Promise.all(asked);
    return worstOf([own, ...higher.filter((each) => each !== null)]);
  });
  return worstOf(await Promise.all(found));
}

/** By how much the clock is behind what was stamped for these bids, at least; whether it is ahead, an old stamp cannot tell. */
function behindStamps(bids: readonly BidRecord[], now: number): number | null {
  const stamped = bids.flatMap((bid) => [...receiptsOf(bid), ...(bid.openings ?? [])]);
  const behindMs = Math.max(0, ...stamped.map(({ at }) => Date.parse(at))) - now;
  return behindMs > 0 ? -behindMs : null;
}

/** What is found out of revocation and clock. @param bids whose stamps the clock must not be behind */
export async function outsideFacts(
  host: Host,
  outside: Outside,
  {
    certificates,
    pool,
    bids,
  }: {
    readonly certificates: readonly (Certificate | null)[];
    readonly pool: readonly Certificate[];
    readonly bids: readonly BidRecord[];
  },
): Promise<Pick<PreflightFacts, "revoked" | "clockErrorMs">> {
  const there = certificates.filter((certificate) => certificate !== null);
  const [revoked, asked] = await Promise.all([revokedOf(host, outside, there, pool), outside.clockErrorMs()]);
  if (typeof asked === "number") return { revoked, clockErrorMs: asked };
  return { revoked, clockErrorMs: behindStamps(bids, host.clock()) ?? asked };
}

export interface NewBid {
  readonly holder: Holder;
  readonly own: KeyCertificates;
  readonly notice: SignedNotice;
  readonly recipients: number;
}

/** The check of a bid that is about to be made by this key: by what was found out once, before and after its key block was tried. */
export async function checkNewBid(
  host: Host,
  { holder, own, notice, recipients }: NewBid,
  outside: Outside,
): Promise<(trial: boolean | null) => readonly PreflightResult[]> {
  const stored = (await listKeys(host.stores)).find(({ keyId }) => keyId === own.keyId);
  const encryptionCertificate = own.encryptionCertificate === null ? null : parseCertificate(own.encryptionCertificate);
  const found = await outsideFacts(host, outside, {
    certificates: [holder.certificate, encryptionCertificate],
    pool: holder.above,
    bids: (await host.bids.all()).map(({ bid }) => bid),
  });
  return (trial) =>
    checkBid({
      ...found,
      isMade: false,
      deviceKey: null,
      now: host.clock(),
      openingAt: Date.parse(notice.said.openingTime),
      signingCertificate: holder.certificate,
      encryptionCertificate,
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
