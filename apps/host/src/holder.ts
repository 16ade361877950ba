/** A stored key as people and servers see it: who holds it, by which CA, whether it may sign now, and the path above it. */
import { isForSigning, parseCertificate } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import type { HostKey } from "@certbridge/protocol/host";
import { isSelfIssued, pathAbove, readAuthority } from "./authorities.ts";
import { summarize } from "./credentials.ts";
import type { Host } from "./host.ts";
import type { FoundKey, StoredKey } from "./key-store.ts";

export interface Holder {
  readonly certificate: Certificate;
  /** Between it and the root, nearest first; the root is left out, since who trusts it has it. */
  readonly chain: readonly Certificate[];
  readonly name: string;
  readonly uscc: string | null;
  readonly authority: string;
  readonly state: HostKey["state"];
}

function stateOf(certificate: Certificate, now: number): HostKey["state"] {
  if (!isForSigning(certificate) || certificate.basicConstraints?.ca === true) return "no-signing-use";
  if (now < certificate.notBefore.getTime()) return "not-yet-valid";
  return now > certificate.notAfter.getTime() ? "expired" : "usable";
}

export function readHolder(host: Pick<Host, "clock" | "gm" | "registry">, key: StoredKey): Holder {
  const certificate = parseCertificate(key.signingCertificate);
  const above = pathAbove(host.gm, certificate, key.chain.map(parseCertificate));
  const { name: authority, uscc } = readAuthority(host.gm, host.registry, certificate, above[0]);
  return {
    certificate,
    chain: above.filter((issuer) => !isSelfIssued(issuer)),
    name: certificate.subject.commonName,
    uscc,
    authority,
    state: stateOf(certificate, host.clock()),
  };
}

/** One entry of the list that a person chooses from. */
export async function describeKey(
  host: Pick<Host, "clock" | "credentials" | "gm" | "registry">,
  key: FoundKey,
): Promise<HostKey> {
  const { certificate, name, uscc, authority, state } = readHolder(host, key);
  const credentials = uscc === null ? [] : await host.credentials.of(uscc);
  return {
    keyId: key.keyId,
    carrier: key.carrier,
    holder: { name, uscc },
    authority,
    serialTail: certificate.serialNumber.slice(-4),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    state,
    pin: key.pin,
    credentials: credentials.map(summarize),
  };
}
