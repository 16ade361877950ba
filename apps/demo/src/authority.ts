/**
 * A demonstration CA (电子认证服务机构): root, issuing CA, dual certificates (双证书) with the encryption key enveloped for the
 * signing key, revocation lists. Its keys live in memory and are made anew at each start; nothing here is fit for real use.
 */
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  encodeEnvelopedKey,
  encodeListUrls,
  encodeName,
  hexOf,
  issueCertificate,
  issueRevocationList,
  type Issuer,
  oid,
  parseCertificate,
  sameBytes,
  type UsccRule,
  verifyRequest,
} from "@certbridge/pki";
import type { RegisteredAuthority } from "@certbridge/trust";
import type { Clock } from "@certbridge/verify";

/** A bidder as the CA's counter has checked it. */
export interface Applicant {
  readonly name: string;
  /** 统一社会信用代码, 18 characters. */
  readonly uscc: string;
}

/** What the counter hands out: DER each. */
export interface IssuedPair {
  readonly signing: Uint8Array;
  readonly encryption: Uint8Array;
  /** SM2EnvelopedKey (GM/T 0009 clause 7.4) with the encryption private key. */
  readonly envelopedKey: Uint8Array;
  /** Nearest first, the root last. */
  readonly chain: readonly Uint8Array[];
}

/** Where this CA writes the 统一社会信用代码: the field differs by CA, which is why servers need a table. */
export type UsccPlace = "extension" | "subject";

export interface AuthorityOptions {
  readonly gm: Gm;
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly usccPlace: UsccPlace;
  /** Certificate policy that its bidders' certificates carry. */
  readonly policy: string;
  readonly clock?: Clock;
  /** Where its lists are published: certificates name `<it>/<SM3 of the issuer's certificate>.crl`. None names a list without it. */
  readonly listsAt?: string;
}

/** Dates other than the usual ones, for certificates that are to be refused. */
export interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Authority {
  readonly id: string;
  readonly name: string;
  /** Root and issuing CA, DER. */
  readonly root: Uint8Array;
  readonly sub: Uint8Array;
  readonly usccRules: readonly UsccRule[];
  /** Its row in the registry. */
  readonly row: RegisteredAuthority;
  /** Both certificates from the bidder's PKCS#10. @throws OperationError, ProofError where the request does not hold */
  issue(request: Uint8Array, applicant: Applicant, validity?: Validity): IssuedPair;
  /** A certificate for a time-stamping authority's key (RFC 3161 clause 2.3), DER. */
  issueForTimeStamping(publicKey: Uint8Array, name: string): Uint8Array;
  /** From now on the serial number is in the list, and the list has a higher number. */
  revoke(certificate: Uint8Array): void;
  /** Rings at each revocation, as a CA that tells its platforms. */
  onRevoked(listener: () => void): void;
  /** The newest list of this CA's root or issuing CA, in force; null for another issuer. */
  crl(issuer: Certificate): Uint8Array | null;
}

const DAY_MS = 24 * 3600_000;
const BIDDER_LIFE_MS = 366 * DAY_MS;
const CA_LIFE_MS = 3650 * DAY_MS;
const CRL_LIFE_MS = DAY_MS;

/** Certificates and lists begin a little in the past, for clocks that are behind. */
const BACKDATE_MS = 5 * 60_000;

/** Before the code in organizationIdentifier, ETSI EN 319 412-1 clause 5.1.4: national trade register of China. */
const NTR_PREFIX = "NTRCN-";

/** SEQUENCE of one: id-kp-timeStamping, 1.3.6.1.5.5.7.3.8. */
const TIME_STAMPING = Uint8Array.of(0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8);

const UTF8_STRING = 0x0c;

function utf8String(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return Uint8Array.of(UTF8_STRING, bytes.length, ...bytes);
}

/** Sixteen random bytes, positive and of one length. */
function drawSerial(): Uint8Array<ArrayBuffer> {
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

interface Tier {
  readonly der: Uint8Array<ArrayBuffer>;
  readonly certificate: Certificate;
  readonly issuer: Issuer;
}

export function createAuthority(options: AuthorityOptions): Authority {
  const { gm, id, name, phone, usccPlace, policy, clock = Date.now, listsAt } = options;

  /** CRLDistributionPoints, RFC 5280 clause 4.2.1.13. */
  function listExtension(issuer: Uint8Array) {
    if (listsAt === undefined) return [];
    const value = encodeListUrls([`${listsAt}/${hexOf(gm.sm3(issuer))}.crl`]);
    return [{ type: oid.crlDistributionPoints, value }];
  }

  function createTier(commonName: string, above: Tier | null): Tier {
    const keys = gm.sm2KeyPair();
    const subject = encodeName([
      [oid.country, "CN"],
      [oid.organization, name],
      [oid.commonName, commonName],
    ]);
    const issuer: Issuer = { name: subject, ...keys };
    const der = issueCertificate(
      gm,
      {
        subject,
        publicKey: keys.publicKey,
        serialNumber: drawSerial(),
        notBefore: new Date(clock() - DAY_MS),
        notAfter: new Date(clock() + CA_LIFE_MS),
        keyUsage: ["keyCertSign", "cRLSign"],
        ca: { pathLen: above === null ? 1 : 0 },
        extensions: above === null ? [] : listExtension(above.der),
      },
      above?.issuer ?? issuer,
    );
    return { der, certificate: parseCertificate(der), issuer };
  }

  const root = createTier(`${name} 根`, null);
  const sub = createTier(`${name} 企业证书`, root);
  const issuerKeySm3 = hexOf(gm.sm3(sub.issuer.publicKey));
  const usccRules: readonly UsccRule[] = [
    {
      issuerKeySm3,
      policy,
      from:
        usccPlace === "extension"
          ? { extension: oid.uscc }
          : { subjectAttribute: oid.organizationIdentifier, prefix: NTR_PREFIX },
    },
  ];
  const revoked: { serialNumber: Uint8Array; at: Date }[] = [];
  let lists = 0;
  const listeners: (() => void)[] = [];

  function issueOne(
    applicant: Applicant,
    publicKey: Uint8Array,
    keyUsage: Parameters<typeof issueCertificate>[1]["keyUsage"],
    validity: Validity,
  ): Uint8Array<ArrayBuffer> {
    return issueCertificate(
      gm,
      {
        subject: encodeName([
          [oid.country, "CN"],
          [oid.organization, applicant.name],
          ...(usccPlace === "subject" ? [[oid.organizationIdentifier, NTR_PREFIX + applicant.uscc] as const] : []),
          [oid.commonName, applicant.name],
        ]),
        publicKey,
        serialNumber: drawSerial(),
        notBefore: validity.notBefore ?? new Date(clock() - BACKDATE_MS),
        notAfter: validity.notAfter ?? new Date(clock() + BIDDER_LIFE_MS),
        keyUsage,
        policies: [policy],
        extensions: [
          ...(usccPlace === "extension" ? [{ type: oid.uscc, value: utf8String(applicant.uscc) }] : []),
          ...listExtension(sub.der),
        ],
      },
      sub.issuer,
    );
  }

  return {
    id,
    name,
    root: root.der,
    sub: sub.der,
    usccRules,
    row: {
      id,
      name,
      phone,
      issuerKeysSm3: [issuerKeySm3, hexOf(gm.sm3(root.issuer.publicKey))],
      usccRules: [...usccRules],
    },
    issue(request, applicant, validity = {}) {
      const { publicKey } = verifyRequest(gm, request);
      const encryptionKeys = gm.sm2KeyPair();
      const fileKey = crypto.getRandomValues(new Uint8Array(16));
      const envelopedKey = encodeEnvelopedKey(gm, publicKey, encryptionKeys, fileKey);
      encryptionKeys.privateKey.fill(0);
      return {
        signing: issueOne(applicant, publicKey, ["digitalSignature", "nonRepudiation"], validity),
        encryption: issueOne(
          applicant,
          encryptionKeys.publicKey,
          ["keyEncipherment", "dataEncipherment", "keyAgreement"],
          validity,
        ),
        envelopedKey,
        chain: [sub.der, root.der],
      };
    },
    issueForTimeStamping: (publicKey, commonName) =>
      issueCertificate(
        gm,
        {
          subject: encodeName([
            [oid.country, "CN"],
            [oid.organization, name],
            [oid.commonName, commonName],
          ]),
          publicKey,
          serialNumber: drawSerial(),
          notBefore: new Date(clock() - BACKDATE_MS),
          notAfter: new Date(clock() + BIDDER_LIFE_MS),
          keyUsage: ["digitalSignature"],
          extensions: [{ type: oid.extendedKeyUsage, critical: true, value: TIME_STAMPING }],
        },
        sub.issuer,
      ),
    revoke(der) {
      const { serialNumber } = parseCertificate(der);
      revoked.push({ serialNumber: Uint8Array.from(Buffer.from(serialNumber, "hex")), at: new Date(clock()) });
      for (const ring of listeners) ring();
    },
    onRevoked: (listener) => void listeners.push(listener),
    crl(issuer) {
      const tier = [root, sub].find(({ certificate }) => sameBytes(certificate.der, issuer.der));
      if (tier === undefined) return null;
      return issueRevocationList(
        gm,
        {
          number: ++lists,
          thisUpdate: new Date(clock() - BACKDATE_MS),
          nextUpdate: new Date(clock() + CRL_LIFE_MS),
          revoked: tier === sub ? revoked : [],
        },
        tier.issuer,
      );
    },
  };
}
