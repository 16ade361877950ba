/**
 * Revocation by lists (证书吊销列表), RFC 5280 clause 6.3: each CA's list is verified, kept while it is fresh, and never replaced
 * by one of a lower number. Where no list in force can be had, the answer says so: "not-checked" is never spelled "good".
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, hexOf, type RevocationList, verifyRevocationList } from "@certbridge/pki";
import type { Clock } from "./nonces.ts";

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

interface Kept {
  readonly list: RevocationList;
  readonly fetchedAt: number;
}

/** Gives the state of a certificate by its issuer's list. */
export function createRevocationCheck(
  gm: Gm,
  source: RevocationSource | undefined,
  clock: Clock,
): (certificate: Certificate, issuer: Certificate) => Promise<RevocationState> {
  const kept = new Map<string, Kept>();
  const maxAgeMs = source?.maxAgeMs ?? MAX_AGE_MS;

  /** The list as fetched now; null where there is none, or none that holds. */
  async function fetchList(issuer: Certificate): Promise<RevocationList | null> {
    try {
      const der = (await source?.crl(issuer)) ?? null;
      return der === null ? null : verifyRevocationList(gm, der, issuer, new Date(clock()));
    } catch {
      // Unreachable, broken, forged or out of date: each leaves us without a list, and the caller says so.
      return null;
    }
  }

  async function listOf(issuer: Certificate, key: string): Promise<RevocationList | null> {
    const before = kept.get(key);
    if (before !== undefined && clock() - before.fetchedAt < maxAgeMs && clock() <= before.list.nextUpdate.getTime()) {
      return before.list;
    }
    const fetched = await fetchList(issuer);
    const newest = kept.get(key);
    if (fetched !== null && (newest === undefined || fetched.number >= newest.list.number)) {
      kept.set(key, { list: fetched, fetchedAt: clock() });
      return fetched;
    }
    return newest !== undefined && clock() <= newest.list.nextUpdate.getTime() ? newest.list : null;
  }

  return async (certificate, issuer) => {
    const key = hexOf(gm.sm3(issuer.der));
    const list = await listOf(issuer, key);
    // A list that is out of date can no longer say "good"; what it called revoked stays so.
    if ((list ?? kept.get(key)?.list)?.revoked.has(certificate.serialNumber) === true) return "revoked";
    return list === null ? "not-checked" : "good";
  };
}
