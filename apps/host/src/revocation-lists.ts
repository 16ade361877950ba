/**
 * Revocation lists (证书吊销列表) of the CAs in the registry, RFC 5280 clause 6.3: fetched from where a certificate names them, verified by their
 * issuer's key, kept in the home, and never replaced by an earlier one. A CA that does not answer stops nobody: that it
 * was not reached is an answer of its own.
 */
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { hexOf, readListUrls, sameBytes, verifyListSignature } from "@certbridge/pki";
import type { Certificate, RevocationList } from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { findAuthority } from "@certbridge/trust";
import type { Registry } from "@certbridge/trust";
import type { Clock } from "./clock.ts";
import { readIfThere, writeWhole } from "./disk.ts";
import type { FetchBytes } from "./fetch-bytes.ts";

/** Of a list: about 140,000 short entries, which are read in less than a second. Bytes. */
const LIST_LEN = 4 * 1024 * 1024;

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

interface Fetched {
  readonly der: Uint8Array;
  readonly list: RevocationList;
}

/** Lists without a CRLNumber have equal ones: their dates must go forward, too. RFC 5280 clauses 5.1.2.4 and 5.2.3. */
function newerOf(known: Fetched | null, found: Fetched): Fetched {
  if (known === null) return found;
  const isNewer = found.list.number >= known.list.number && found.list.thisUpdate >= known.list.thisUpdate;
  return isNewer ? found : known;
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

  const isInForce = (list: RevocationList): boolean => clock() <= list.nextUpdate.getTime();

  /** A clock that is a little behind makes no list of just now a bad one. */
  const hasBegun = (list: RevocationList): boolean => list.thisUpdate.getTime() <= clock() + limits.clockSkewMs;

  /** By file, what was read of it last: large lists take their time. */
  const read = new Map<string, Fetched>();

  /** The same bytes are read once. Throws for what is not this issuer's list. */
  function readList(der: Uint8Array, issuer: Certificate): Fetched {
    const file = fileOf(issuer);
    const before = read.get(file);
    if (before !== undefined && sameBytes(before.der, der)) return before;
    const found = { der, list: verifyListSignature(gm, der, issuer) };
    read.set(file, found);
    return found;
  }

  /** As it was kept, in force or no longer; null where there is none, or the file is not what was written. */
  async function readKept(issuer: Certificate): Promise<Fetched | null> {
    try {
      const der = await readIfThere(fileOf(issuer));
      return der === null ? null : readList(der, issuer);
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

  async function fetchFrom(url: string, issuer: Certificate): Promise<Fetched> {
    const fetched = readList(await fetchBytes({ url, maxLen: LIST_LEN }), issuer);
    if (!hasBegun(fetched.list) || !isInForce(fetched.list)) throw new Error("not in force");
    return fetched;
  }

  /** All addresses are waited for: one of them may still have, or be given, an older list that is in force. */
  async function newest(urls: readonly string[], issuer: Certificate): Promise<RevocationList | null> {
    const kept = await readKept(issuer);
    const answers = await Promise.allSettled(urls.slice(0, ADDRESSES).map((url) => fetchFrom(url, issuer)));
    const fetched = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
    const found = fetched.reduce<Fetched | null>(newerOf, kept);
    if (found === null) return null;
    read.set(fileOf(issuer), found);
    if (found === kept) return kept.list;
    // What it says holds without the disk as well.
    await writeWhole(fileOf(issuer), found.der).catch(() => undefined);
    return found.list;
  }

  const isListed = (issuer: Certificate): boolean =>
    registry.networkChecks !== false && findAuthority(registry, hexOf(gm.sm3(issuer.publicKey))) !== null;

  function answerOnce(urlsOf: (certificate: Certificate, issuer: Certificate) => readonly string[]): AskRevoked {
    const found = new Map<string, Promise<RevocationList | null>>();
    return async (certificate, issuer) => {
      const urls = urlsOf(certificate, issuer);
      const name = [fileOf(issuer), ...urls].join(" ");
      const finding =
        found.get(name) ??
        (urls.length === 0 ? readKept(issuer).then((kept) => kept?.list ?? null) : newest(urls, issuer));
      found.set(name, finding);
      return judge(await finding, certificate, urls.length === 0 ? null : "unreachable");
    };
  }

  return {
    known: () => answerOnce(() => []),
    asking: () => answerOnce((certificate, issuer) => (isListed(issuer) ? readListUrls(certificate) : [])),
  };
}
