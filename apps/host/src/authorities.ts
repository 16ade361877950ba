/**
 * What the registry (名录) tells the host: which CA issued a certificate, where that CA writes the 统一社会信用代码, and which platform
 * an origin is. The registry is the one that `install --registry` brought, else the built-in one; a certificate's issuer counts
 * only where its signature was verified.
 */
import type { Gm } from "@certbridge/gm";
import { hexOf, readUscc, sameBytes } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import type { CredentialSummary } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { builtinRegistry, findAuthority, findPlatform, parseRegistry } from "@certbridge/trust";
import type { Registry } from "@certbridge/trust";
import { readIfThere } from "./disk.ts";

/** @throws SyntaxError, v.ValiError or RangeError where the file is no registry */
export async function readRegistry(path: string): Promise<Registry> {
  const content = await readIfThere(path);
  return content === null ? builtinRegistry : parseRegistry(JSON.parse(content.toString("utf8")));
}

/** The certificates above this one, nearest first, as far as the pool holds them; each signed the one before it. */
export function pathAbove(
  gm: Pick<Gm, "sm2Verify">,
  certificate: Certificate,
  pool: readonly Certificate[],
): readonly Certificate[] {
  const path: Certificate[] = [];
  for (let below = certificate; path.length < limits.chainCertificates && !isSelfIssued(below);) {
    const above = pool.find(
      (candidate) =>
        sameBytes(candidate.subject.der, below.issuer.der) &&
        gm.sm2Verify(candidate.publicKey, below.tbs, below.signature),
    );
    if (above === undefined || path.includes(above)) break;
    path.push(above);
    below = above;
  }
  return path;
}

export function isSelfIssued(certificate: Certificate): boolean {
  return sameBytes(certificate.subject.der, certificate.issuer.der);
}

/** The CA's name as people know it and SM3 of its key, and the holder's code; null where the CA, or a rule for the code, is not known. */
export function readAuthority(
  gm: Pick<Gm, "sm3">,
  registry: Registry,
  certificate: Certificate,
  issuer: Certificate | undefined,
): {
  readonly name: string;
  readonly phone: string | null;
  readonly issuerKeySm3: string | null;
  readonly uscc: string | null;
} {
  const issuedBy = certificate.issuer.commonName;
  if (issuer === undefined) return { name: issuedBy, phone: null, issuerKeySm3: null, uscc: null };
  const issuerKeySm3 = hexOf(gm.sm3(issuer.publicKey));
  const authority = findAuthority(registry, issuerKeySm3);
  if (authority === null) return { name: issuedBy, phone: null, issuerKeySm3, uscc: null };
  const uscc = readUscc(gm, certificate, issuer.publicKey, authority.usccRules);
  return { name: authority.name, phone: authority.phone ?? null, issuerKeySm3, uscc };
}

/** A platform as a credential of its own making names it. */
type Claimed = Omit<CredentialSummary["issuer"], "listed">;

/**
 * Whether a credential's issuer may be the platform of its origin: the one that the registry has there, or, where it has none,
 * one under an id that the registry gives to nobody else.
 */
export function mayBePlatform({ platforms }: Registry, { platformId, origin }: Claimed): boolean {
  const owners = platforms.filter(({ id, origins }) => id === platformId || origins.includes(origin));
  return owners.every(({ id, origins }) => id === platformId && origins.includes(origin));
}

/** The issuer as people are shown it: under the registry's name where it is there, else under its own, and said to be so. */
export function describeIssuer(registry: Registry, claimed: Claimed): CredentialSummary["issuer"] {
  const { platformId, origin, name } = claimed;
  const platform = findPlatform(registry, origin);
  if (platform?.id !== platformId) return { platformId, name, origin, listed: false };
  return { platformId, name: platform.name, origin, listed: true };
}
