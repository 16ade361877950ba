/**
 * Revocation lists (证书吊销列表) of the CAs in the registry, RFC 5280 clause 6.3: fetched from where a certificate names them, verified by their
 * issuer's key, kept in the home until they are out of date, and never replaced by an earlier one. A CA that does not answer stops nobody: that it
 * was not reached is an answer of its own.
 */
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { hexOf, parseRevocationList, readListUrls, verifyRevocationList } from "@certbridge/pki";
import type { Certificate, RevocationList } from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { findAuthority } from "@certbridge/trust";
import type { Registry } from "@certbridge/trust";
import type { Clock } from "./clock.ts";
import { readIfThere, writeWhole } from "./disk.ts";
import type { FetchBytes } from "./fetch-bytes.ts";

/** Of a list. Bytes. */
const LIST_LEN = 8 * 1024 * 1024;

/** Addresses of one certificate that are asked, all at once. */
const ADDRESSES = 3;

/** Null: nobody was asked, and no list is kept that still holds. */
export type Revoked = boolean | "unreachable" | null;

/** Whether this issuer's certificate is revoked. */
export type AskRevoked = (certificate: Certificate, issuer: Certificate) => Promise<Revoked>;

export interface RevocationLists {
  /** By the kept lists alone, each read once; it asks no network. */
  known(): AskRevoked;
  /** For one act of a person's: each list is fetched first, once, where the registry has the issuer and the certificate says where its list is. */
  asking(): AskRevoked;
}

/** @param options.folder where lists are kept; made by whoever prepares the home */
export function openRevocationLists(options: {
  readonly gm: Pick<Gm, "sm2Verify" | "sm3">;
  readonly folder: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly fetchBytes: FetchBytes;
}): RevocationLists {
  const { gm, folder, clock, registry, fetchBytes } = options;
  const fileOf = (issuer: Certificate): string => join(folder, `${hexOf(gm.sm3(issuer.der))}.crl`);

  /** A clock that is a little behind makes no list of just now a bad one. */
  function nowFor({ thisUpdate }: RevocationList): Date {
    const now = clock();
    const beginsAt = thisUpdate.getTime();
    return new Date(beginsAt > now && beginsAt - now <= limits.clockSkewMs ? beginsAt : now);
  }

  const isInForce = (list: RevocationList): boolean => clock() <= list.nextUpdate.getTime();

  /** As it was kept, in force or no longer; null where there is none, or the file is not what was written. */
  async function readKept(issuer: Certificate): Promise<RevocationList | null> {
    try {
      const der = await readIfThere(fileOf(issuer));
      return der === null ? null : verifyRevocationList(gm, der, issuer, parseRevocationList(der).thisUpdate);
    } catch {
      return null;
    }
  }

  /** A list that is out of date can no longer say that something is well; what it called revoked stays so. */
  function judge(list: RevocationList | null, { serialNumber }: Certificate, otherwise: Revoked): Revoked {
    if (list === null) return otherwise;
    if (list.revoked.has(serialNumber)) return true;
    return isInForce(list) ? false : otherwise;
  }

  async function fetchFrom(url: string, issuer: Certificate) {
    const der = await fetchBytes({ url, maxLen: LIST_LEN });
    return { der, list: verifyRevocationList(gm, der, issuer, nowFor(parseRevocationList(der))) };
  }

  async function newest(urls: readonly string[], issuer: Certificate): Promise<RevocationList | null> {
    const fetching = Promise.any(urls.slice(0, ADDRESSES).map((url) => fetchFrom(url, issuer))).catch(() => null);
    const [kept, fetched] = await Promise.all([readKept(issuer), fetching]);
    if (fetched === null) return kept;
    const { der, list } = fetched;
    // Lists without a CRLNumber have equal ones: their dates must go forward, too. RFC 5280 clauses 5.1.2.4 and 5.2.3.
    const mayFollow = kept === null || (list.number >= kept.number && list.thisUpdate >= kept.thisUpdate);
    if (!mayFollow) return kept;
    // What it says holds without the disk as well.
    await writeWhole(fileOf(issuer), der).catch(() => undefined);
    return list;
  }

  const isListed = (issuer: Certificate): boolean =>
    registry.networkChecks !== false && findAuthority(registry, hexOf(gm.sm3(issuer.publicKey))) !== null;

  function answerOnce(urlsOf: (certificate: Certificate, issuer: Certificate) => readonly string[]): AskRevoked {
    const found = new Map<string, Promise<RevocationList | null>>();
    return async (certificate, issuer) => {
      const urls = urlsOf(certificate, issuer);
      const name = [fileOf(issuer), ...urls].join(" ");
      const finding = found.get(name) ?? (urls.length === 0 ? readKept(issuer) : newest(urls, issuer));
      found.set(name, finding);
      return judge(await finding, certificate, urls.length === 0 ? null : "unreachable");
    };
  }

  return {
    known: () => answerOnce(() => []),
    asking: () => answerOnce((certificate, issuer) => (isListed(issuer) ? readListUrls(certificate) : [])),
  };
}
