/** Whom a server believes. Data that comes in as a parameter: nothing here is built in. */
import { type Certificate, parseCertificate, type UsccRule } from "@certbridge/pki";

/** The CAs (电子认证服务机构) whose certificates are taken. All certificates DER. */
export interface TrustedAuthorities {
  readonly anchors: readonly Uint8Array[];
  /** Known issuing CAs, for bidders whose token brings no chain. */
  readonly intermediates?: readonly Uint8Array[];
  /** Where each CA writes the 统一社会信用代码: without a rule that fits, a certificate is refused. */
  readonly usccRules: readonly UsccRule[];
}

/** A platform whose registration credentials are taken. */
export interface CredentialIssuer {
  readonly platformId: string;
  readonly origin: string;
  /** The certificates it signs with, DER: exactly these. Two while it changes over. */
  readonly certificates: readonly Uint8Array[];
  /** Fetches the whole signed status list; rejects where it cannot be had. */
  readonly statusList: () => Promise<Uint8Array>;
}

/** Everybody whom a server believes. Without credential issuers every bidder fills in the form. */
export interface Trust {
  readonly authorities: TrustedAuthorities;
  readonly credentialIssuers: readonly CredentialIssuer[];
}

/** The same, read once. */
export interface ReadTrust {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly usccRules: readonly UsccRule[];
  readonly credentialIssuers: readonly ReadCredentialIssuer[];
}

export interface ReadCredentialIssuer extends Omit<CredentialIssuer, "certificates"> {
  readonly certificates: readonly Certificate[];
}

/** @throws OperationError MALFORMED where a certificate of the configuration cannot be read */
export function readTrust({ authorities, credentialIssuers }: Trust): ReadTrust {
  return {
    anchors: authorities.anchors.map(parseCertificate),
    intermediates: (authorities.intermediates ?? []).map(parseCertificate),
    usccRules: authorities.usccRules,
    credentialIssuers: credentialIssuers.map((issuer) => ({
      ...issuer,
      certificates: issuer.certificates.map(parseCertificate),
    })),
  };
}
