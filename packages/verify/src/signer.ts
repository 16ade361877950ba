import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  parseCertificate,
  ProofError,
  readUscc,
  type RevocationList,
  sameBytes,
  type TrustedChain,
  type UsccRule,
  verifyChain,
  verifyRevocationList,
} from "@certbridge/pki";
import { PolicyError, type VerificationCode, VerificationError } from "./errors.ts";

/** Whose certificates this server accepts. */
export interface TrustedAuthorities {
  /** Roots. */
  readonly anchors: readonly Certificate[];
  /** CAs between root and holder that a token may leave out. */
  readonly intermediates: readonly Certificate[];
  /** Where each CA puts the 统一社会信用代码. */
  readonly usccRules: readonly UsccRule[];
}

/** Gives the newest revocation list of a CA, DER; null where it cannot be had. */
export type RevocationSource = (issuer: Certificate) => Promise<Uint8Array | null>;

/** What was proved of who signed. */
export interface VerifiedSigner {
  readonly subject: { readonly name: string; readonly uscc: string };
  readonly certificate: Certificate;
  readonly chain: readonly Certificate[];
  readonly revocation: "good" | "not-checked";
}

/** Why a proof of packages/pki does not stand, in this server's codes. */
const MEANING: Readonly<Record<ProofError["code"], VerificationCode>> = {
  CHAIN_UNTRUSTED: "CHAIN_UNTRUSTED",
  CHAIN_CONSTRAINT: "CHAIN_UNTRUSTED",
  CERTIFICATE_EXPIRED: "CERTIFICATE_EXPIRED",
  CERTIFICATE_NOT_YET_VALID: "CERTIFICATE_NOT_YET_VALID",
  CERTIFICATE_USAGE: "CERTIFICATE_USAGE",
  SIGNATURE_INVALID: "SIGNATURE_INVALID",
  CONTENT_MISMATCH: "CONTENT_MISMATCH",
  REVOCATION_STALE: "CHAIN_UNTRUSTED",
};

export function refusal(error: unknown, otherwise: VerificationCode): VerificationError {
  if (error instanceof VerificationError) return error;
  return new VerificationError(error instanceof ProofError ? MEANING[error.code] : otherwise, { cause: error });
}

/** Judges certificates: chain, dates, use, revocation, holder. */
export interface SignerJudge {
  /** @throws VerificationError · PolicyError */
  judge(certificate: Certificate, sent: readonly Certificate[]): Promise<VerifiedSigner>;
}

export function createSignerJudge(options: {
  readonly gm: Gm;
  readonly authorities: TrustedAuthorities;
  readonly revocation: RevocationSource | null;
  readonly requireRevocation: boolean;
  readonly clock: () => number;
}): SignerJudge {
  const { gm, authorities, clock } = options;
  /** The newest list of each CA, by its public key: an older one than one seen is none, and the same one is verified once. */
  const newest = new Map<string, { readonly der: Uint8Array; readonly list: RevocationList }>();

  async function isRevoked(certificate: Certificate, issuer: Certificate, at: Date): Promise<boolean | null> {
    const der = (await options.revocation?.(issuer)) ?? null;
    if (der === null) return null;
    const key = issuer.publicKey.join();
    const seen = newest.get(key);
    if (seen !== undefined && sameBytes(seen.der, der) && at <= seen.list.nextUpdate) {
      return seen.list.revoked.has(certificate.serialNumber);
    }
    let list: RevocationList;
    try {
      list = verifyRevocationList(gm, der, issuer, at);
    } catch {
      return null;
    }
    if (seen !== undefined && list.number < seen.list.number) return null;
    newest.set(key, { der, list });
    return list.revoked.has(certificate.serialNumber);
  }

  return {
    async judge(certificate, sent) {
      const at = new Date(clock());
      let chain: TrustedChain;
      try {
        const intermediates = [...authorities.intermediates, ...sent];
        chain = verifyChain(gm, { leaf: certificate, intermediates, anchors: authorities.anchors, at, usage: "sign" });
      } catch (error) {
        // A certificate whose CA did not sign it leads to nobody that is trusted.
        const altered = error instanceof ProofError && error.code === "SIGNATURE_INVALID";
        throw altered ? new VerificationError("CHAIN_UNTRUSTED", { cause: error }) : refusal(error, "TOKEN_MALFORMED");
      }
      let checked = true;
      for (const [index, link] of chain.path.entries()) {
        const issuer = chain.path[index + 1];
        if (issuer === undefined) break;
        const revoked = await isRevoked(link, issuer, at);
        if (revoked === true) throw new VerificationError("CERTIFICATE_REVOKED");
        if (revoked === null) checked = false;
      }
      if (!checked && options.requireRevocation) throw new PolicyError("REVOCATION_NOT_CHECKED");
      const [, issuer] = chain.path;
      const uscc = issuer === undefined ? null : readUscc(gm, certificate, issuer.publicKey, authorities.usccRules);
      if (uscc === null) throw new PolicyError("SUBJECT_UNKNOWN");
      const { organization, commonName } = certificate.subject;
      return {
        subject: { name: organization ?? commonName, uscc },
        certificate,
        chain: chain.path,
        revocation: checked ? "good" : "not-checked",
      };
    },
  };
}

/** Certificates as a token carries them. @throws VerificationError TOKEN_MALFORMED */
export function readCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    throw new VerificationError("TOKEN_MALFORMED", { cause: error });
  }
}
