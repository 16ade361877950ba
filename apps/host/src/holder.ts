/** A stored key as people and servers see it: who holds it, by which CA, whether it may sign now, and the path above it. */
import { isForSigning, parseCertificate } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import type { HostKey } from "@certbridge/protocol/host";
import type { Registry } from "@certbridge/trust";
import { isSelfIssued, pathAbove, readAuthority } from "./authorities.ts";
import { summarize } from "./credentials.ts";
import type { Host } from "./host.ts";
import type { FoundKey, KeyCertificates } from "./key-store.ts";

export interface Holder {
  readonly certificate: Certificate;
  /** Between it and the root, nearest first; the root is left out, since who trusts it has it. */
  readonly chain: readonly Certificate[];
  /** The same, and the root where it is there. */
  readonly above: readonly Certificate[];
  readonly name: string;
  readonly uscc: string | null;
  readonly authority: string;
  /** The CA's customer service; null where the registry does not have it. */
  readonly authorityPhone: string | null;
  /** SM3 of the issuing CA's public key, hexadecimal; null where no certificate above was found. */
  readonly issuerKeySm3: string | null;
  readonly state: HostKey["state"];
}

function stateOf(certificate: Certificate, now: number): HostKey["state"] {
  if (!isForSigning(certificate) || certificate.basicConstraints?.ca === true) return "no-signing-use";
  if (now < certificate.notBefore.getTime()) return "not-yet-valid";
  return now > certificate.notAfter.getTime() ? "expired" : "usable";
}

type Said = Omit<Holder, "state">;

/** What certificates say, under one registry: they are read and verified once in the program's life, not once a request. */
const known = new WeakMap<Registry, Map<string, Said>>();

function said({ gm, registry }: Pick<Host, "gm" | "registry">, key: KeyCertificates): Said {
  const remembered = known.get(registry) ?? new Map<string, Said>();
  known.set(registry, remembered);
  const certificates = [key.signingCertificate, ...key.chain];
  const name = certificates.map((der) => Buffer.from(der).toString("base64")).join();
  const before = remembered.get(name);
  if (before !== undefined) return before;

  const certificate = parseCertificate(key.signingCertificate);
  const above = pathAbove(gm, certificate, key.chain.map(parseCertificate));
  const authority = readAuthority(gm, registry, certificate, above[0]);
  const read: Said = {
    certificate,
    chain: above.filter((issuer) => !isSelfIssued(issuer)),
    above,
    name: certificate.subject.commonName,
    uscc: authority.uscc,
    authority: authority.name,
    authorityPhone: authority.phone,
    issuerKeySm3: authority.issuerKeySm3,
  };
  remembered.set(name, read);
  return read;
}

export function readHolder(host: Pick<Host, "clock" | "gm" | "registry">, key: KeyCertificates): Holder {
  const read = said(host, key);
  return { ...read, state: stateOf(read.certificate, host.clock()) };
}

/** One entry of the list that a person chooses from. */
export async function describeKey(
  host: Pick<Host, "clock" | "credentials" | "gm" | "registry">,
  key: FoundKey,
): Promise<HostKey> {
  const { certificate, name, uscc, authority, authorityPhone, issuerKeySm3, state } = readHolder(host, key);
  const credentials = uscc === null ? [] : await host.credentials.of(uscc);
  return {
    keyId: key.keyId,
    carrier: key.carrier,
    holder: { name, uscc },
    authority,
    authorityPhone,
    issuerKeySm3,
    serialTail: certificate.serialNumber.slice(-4),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    state,
    pin: key.pin,
    ...(key.usedBy === undefined ? {} : { usedBy: key.usedBy }),
    credentials: credentials.map((credential) => summarize(host.registry, credential)),
  };
}
