import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  encodeEnvelopedKey,
  encodeName,
  hexOf,
  issueCertificate,
  issueRevocationList,
  type Issuer,
  oid,
  parseCertificate,
  type UsccRule,
  verifyRequest,
} from "@certbridge/pki";
import type { RegisteredAuthority } from "@certbridge/trust";
import { randomBytes } from "node:crypto";

/** What a bidder takes home from the counter, DER each. */
export interface IssuedPair {
  readonly signing: Uint8Array;
  readonly encryption: Uint8Array;
  readonly envelopedKey: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

export interface Holder {
  readonly name: string;
  readonly uscc: string;
}

/** A demonstration CA: a root, a sub-CA below it, dual certificates, and a revocation list. Fresh keys at every start. */
export interface Authority {
  readonly id: string;
  readonly root: Certificate;
  readonly sub: Certificate;
  /** Its row in the registry. */
  readonly row: RegisteredAuthority;
  /** Checks the request and issues the signing and the encryption certificate. */
  issuePair(request: Uint8Array, holder: Holder, validity?: { readonly from: Date; readonly until: Date }): IssuedPair;
  /** A certificate with a key that is made here, for servers and platforms. */
  issueKey(name: string): { readonly certificate: Certificate; readonly privateKey: Uint8Array };
  revoke(serialNumber: string): void;
  /** The sub-CA's list and the root's, by issuer. */
  revocationList(issuer: Certificate): Uint8Array | null;
}

/** Where this CA puts the 统一社会信用代码: each of the two does it another way, so that the table is really used. */
export type UsccPlace = "extension" | "organization-identifier";

const DAY = 24 * 3600_000;
const PREFIX = "USCC:";
const POLICIES: Readonly<Record<UsccPlace, string>> = {
  extension: "1.2.156.10197.8.1.1",
  "organization-identifier": "1.2.156.10197.8.2.1",
};

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export function createAuthority(
  gm: Gm,
  options: { readonly id: string; readonly name: string; readonly place: UsccPlace },
): Authority {
  const { name, place } = options;
  const policy = POLICIES[place];
  const now = Date.now();
  const serialNumber = () => Uint8Array.of(0x40 | ((randomBytes(1)[0] ?? 0) >> 2), ...randomBytes(15));
  const nameOf = (commonName: string) =>
    encodeName([
      [oid.country, "CN"],
      [oid.organization, name],
      [oid.commonName, commonName],
    ]);

  function makeCa(commonName: string, by: Issuer | null, pathLen: number | null) {
    const pair = gm.sm2KeyPair();
    const subject = nameOf(commonName);
    const self: Issuer = { name: subject, ...pair };
    const der = issueCertificate(
      gm,
      {
        subject,
        publicKey: pair.publicKey,
        serialNumber: serialNumber(),
        notBefore: new Date(now - DAY),
        notAfter: new Date(now + 3650 * DAY),
        keyUsage: ["keyCertSign", "cRLSign"],
        ca: { pathLen },
      },
      by ?? self,
    );
    return { certificate: parseCertificate(der), issuer: self };
  }

  const root = makeCa(`${name}根CA`, null, null);
  const sub = makeCa(`${name}运营CA`, root.issuer, 0);
  const revoked: { serialNumber: Uint8Array; at: Date }[] = [];
  let listNumber = 1;
  /** As published, by the issuer's serial number; made anew when something is revoked. */
  const lists = new Map<string, Uint8Array>();

  const rule: UsccRule = {
    issuerKeySm3: hexOf(gm.sm3(sub.issuer.publicKey)),
    policy,
    from:
      place === "extension"
        ? { extension: oid.uscc }
        : { subjectAttribute: oid.organizationIdentifier, prefix: PREFIX },
  };

  function subjectOf({ name: holder, uscc }: Holder): Uint8Array {
    return encodeName([
      [oid.country, "CN"],
      [oid.organization, holder],
      ...(place === "extension" ? [] : ([[oid.organizationIdentifier, PREFIX + uscc]] as const)),
      [oid.commonName, holder],
    ]);
  }

  return {
    id: options.id,
    root: root.certificate,
    sub: sub.certificate,
    row: { id: options.id, name, issuerKeysSm3: [rule.issuerKeySm3], usccRules: [rule] },
    issuePair(request, holder, validity = { from: new Date(now - DAY), until: new Date(now + 365 * DAY) }) {
      const applicant = verifyRequest(gm, request);
      const encryptionPair = gm.sm2KeyPair();
      const code = new TextEncoder().encode(holder.uscc);
      const common = {
        subject: subjectOf(holder),
        notBefore: validity.from,
        notAfter: validity.until,
        policies: [policy],
        extensions: place === "extension" ? [{ type: oid.uscc, value: Uint8Array.of(0x0c, code.length, ...code) }] : [],
      };
      const signing = issueCertificate(
        gm,
        {
          ...common,
          publicKey: applicant.publicKey,
          serialNumber: serialNumber(),
          keyUsage: ["digitalSignature", "nonRepudiation"],
        },
        sub.issuer,
      );
      const encryption = issueCertificate(
        gm,
        {
          ...common,
          publicKey: encryptionPair.publicKey,
          serialNumber: serialNumber(),
          keyUsage: ["keyEncipherment", "dataEncipherment"],
        },
        sub.issuer,
      );
      const envelopedKey = encodeEnvelopedKey(gm, applicant.publicKey, encryptionPair, new Uint8Array(randomBytes(16)));
      return { signing, encryption, envelopedKey, chain: [sub.certificate.der] };
    },
    issueKey(commonName) {
      const pair = gm.sm2KeyPair();
      const der = issueCertificate(
        gm,
        {
          subject: nameOf(commonName),
          publicKey: pair.publicKey,
          serialNumber: serialNumber(),
          notBefore: new Date(now - DAY),
          notAfter: new Date(now + 365 * DAY),
          keyUsage: ["digitalSignature"],
        },
        sub.issuer,
      );
      return { certificate: parseCertificate(der), privateKey: pair.privateKey };
    },
    revoke(serial) {
      revoked.push({ serialNumber: bytesOf(serial), at: new Date() });
      listNumber++;
      lists.clear();
    },
    revocationList(issuer) {
      const known = lists.get(issuer.serialNumber);
      if (known !== undefined) return known;
      const by = issuer.serialNumber === sub.certificate.serialNumber ? sub : root;
      const entries = by === sub ? revoked : [];
      const at = Date.now();
      const list = issueRevocationList(
        gm,
        { number: listNumber, thisUpdate: new Date(at - 60_000), nextUpdate: new Date(at + DAY), revoked: entries },
        by.issuer,
      );
      lists.set(issuer.serialNumber, list);
      return list;
    },
  };
}
