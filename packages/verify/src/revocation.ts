/**
 * Revocation by lists (证书吊销列表), RFC 5280 clause 6.3: each CA's list is verified, kept while it is fresh, and never replaced
 * by an earlier one. Where no list in force can be had, the answer says so: "not-checked" is never spelled "good".
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, hexOf, type RevocationList, verifyRevocationList } from "@certbridge/pki";
import { createNewestList } from "./newest-list.ts";
import type { Clock } from "./nonces.ts";

/** Where lists come from, and what their absence means. Fetching them, over which wire ever, is the server's. RFC 5280 clause 5. */
export interface RevocationSource {
  /** The newest list of this CA, DER; null where it has none, a rejection where it cannot be had. */
  readonly crl: (issuer: Certificate) => Promise<Uint8Array | null>;
  /** Age at which a list is fetched anew, however long it still lives. Default one hour. */
  readonly maxAgeMs?: number;
  /** Refuse (REVOCATION_UNAVAILABLE) rather than answer "not-checked". Default false. */
  readonly require?: boolean;
}

/** One certificate's state. */
export type RevocationState = "good" | "revoked" | "not-checked";

const MAX_AGE_MS = 3600_000;

/** Gives the state of a certificate by its issuer's list. */
export function createRevocationCheck(
  gm: Gm,
  source: RevocationSource | undefined,
  clock: Clock,
): (certificate: Certificate, issuer: Certificate) => Promise<RevocationState> {
  const isInForce = (list: RevocationList) => clock() <= list.nextUpdate.getTime();
  const newestOf = createNewestList<RevocationList>({
    clock,
    maxAgeMs: source?.maxAgeMs ?? MAX_AGE_MS,
    isInForce,
    // Lists without a CRLNumber have equal ones: their dates must go forward too. RFC 5280 clauses 5.1.2.4 and 5.2.3.
    mayFollow: (list, before) => list.number >= before.number && list.thisUpdate >= before.thisUpdate,
  });

  async function fetchList(issuer: Certificate): Promise<RevocationList | null> {
    const der = (await source?.crl(issuer)) ?? null;
    return der === null ? null : verifyRevocationList(gm, der, issuer, new Date(clock()));
  }

  return async (certificate, issuer) => {
    const list = await newestOf(hexOf(gm.sm3(issuer.der)), () => fetchList(issuer));
    if (list === null) return "not-checked";
    // A list that is out of date can no longer say "good"; what it called revoked stays so.
    if (list.revoked.has(certificate.serialNumber)) return "revoked";
    return isInForce(list) ? "good" : "not-checked";
  };
}
