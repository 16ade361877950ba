/** From a certificate whose key has signed to the bidder behind it: path, dates, use, revocation, 统一社会信用代码. */
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  type ProofCode,
  ProofError,
  readUscc,
  sameBytes,
  type TrustedChain,
  verifyChain,
} from "@certbridge/pki";
import { type PolicyCode, PolicyError, VerificationError } from "./errors.ts";
import type { Clock } from "./nonces.ts";
import { createRevocationCheck, type RevocationSource, type RevocationState } from "./revocation.ts";
import type { ReadTrust } from "./trust.ts";

/** What was proved: this bidder, by this certificate, now. */
export interface VerifiedSigner {
  readonly subject: {
    /** The organisation's name as its CA wrote it. */
    readonly name: string;
    /** 统一社会信用代码, 18 characters, check digit verified. */
    readonly uscc: string;
  };
  readonly certificate: Certificate;
  /** From the certificate to the trusted root, both included. */
  readonly chain: readonly Certificate[];
  /** "not-checked" where no revocation list in force could be had for some certificate of the path. */
  readonly revocation: "good" | "not-checked";
}

export interface SignerOptions {
  readonly gm: Gm;
  readonly trust: ReadTrust;
  readonly revocation: RevocationSource | undefined;
  readonly clock: Clock;
}

/** What the path's own check found, in this room's words; null where something is forged rather than unwanted. */
const REFUSALS: Readonly<Record<ProofCode, PolicyCode | null>> = {
  SIGNATURE_INVALID: null,
  CHAIN_CONSTRAINT: null,
  CONTENT_MISMATCH: null,
  IMPRINT_UNSUPPORTED: null,
  NONCE_MISMATCH: null,
  CHAIN_UNTRUSTED: "CHAIN_UNTRUSTED",
  CERTIFICATE_EXPIRED: "CERTIFICATE_EXPIRED",
  CERTIFICATE_NOT_YET_VALID: "CERTIFICATE_NOT_YET_VALID",
  CERTIFICATE_USAGE: "CERTIFICATE_USAGE",
  REVOCATION_STALE: "REVOCATION_UNAVAILABLE",
};

function refuse(error: ProofError): VerificationError | PolicyError {
  const code = REFUSALS[error.code];
  const options = { cause: error };
  return code === null
    ? new VerificationError("CHAIN_INVALID", error.message, options)
    : new PolicyError(code, error.message, options);
}

/** Gives the check that turns a leaf, with the certificates that came along, into its signer. */
export function createSignerCheck({ gm, trust, revocation, clock }: SignerOptions) {
  const stateOf = createRevocationCheck(gm, revocation, clock);

  function findPath(leaf: Certificate, brought: readonly Certificate[]): TrustedChain {
    try {
      return verifyChain(gm, {
        leaf,
        // What came along first: a CA that renewed its own certificate is found by the one that it sent.
        intermediates: [...brought, ...trust.intermediates],
        anchors: trust.anchors,
        at: new Date(clock()),
        usage: "sign",
      });
    } catch (error) {
      throw error instanceof ProofError ? refuse(error) : error;
    }
  }

  /** Every certificate that came along must have been looked at, or be known here: nothing unproved travels beside what was. */
  function refuseStrangers(brought: readonly Certificate[], path: readonly Certificate[]): void {
    const known = [...path, ...trust.anchors, ...trust.intermediates];
    if (brought.some((one) => !known.some((other) => sameBytes(one.der, other.der)))) {
      throw new VerificationError("TOKEN_MALFORMED", "the chain holds a certificate that is no part of the path");
    }
  }

  async function checkRevocation(path: readonly Certificate[]): Promise<VerifiedSigner["revocation"]> {
    const states: RevocationState[] = [];
    for (const [index, certificate] of path.slice(0, -1).entries()) {
      states.push(await stateOf(certificate, path[index + 1] ?? certificate));
    }
    if (states.includes("revoked")) throw new PolicyError("CERTIFICATE_REVOKED");
    if (!states.includes("not-checked")) return "good";
    if (revocation?.require === true) throw new PolicyError("REVOCATION_UNAVAILABLE");
    return "not-checked";
  }

  /**
   * @param exact whether each certificate that came along must belong to the path
   * @throws VerificationError CHAIN_INVALID, TOKEN_MALFORMED · PolicyError of certificate, chain, revocation or subject
   */
  return async (leaf: Certificate, brought: readonly Certificate[], exact: boolean): Promise<VerifiedSigner> => {
    const { path } = findPath(leaf, brought);
    if (exact) refuseStrangers(brought, path);
    const state = await checkRevocation(path);
    const issuer = path[1];
    const uscc = issuer === undefined ? null : readUscc(gm, leaf, issuer.publicKey, trust.usccRules);
    if (uscc === null) throw new PolicyError("SUBJECT_UNKNOWN");
    const name = leaf.subject.organization ?? leaf.subject.commonName;
    return { subject: { name, uscc }, certificate: leaf, chain: path, revocation: state };
  };
}

export type SignerCheck = ReturnType<typeof createSignerCheck>;
