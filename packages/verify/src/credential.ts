/**
 * Judging a registration credential (登记凭证): whose signature, which bidder, how long, and whether its issuer still stands by
 * it. docs/formats/registration-credential.md numbers the steps.
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, isForSigning, ProofError, sameBytes } from "@certbridge/pki";
import type { RegistrationCredential } from "@certbridge/protocol/credential";
import { limits } from "@certbridge/protocol/limits";
import { readCredential, type SignedCredential } from "@certbridge/trust";
import { PolicyError, VerificationError } from "./errors.ts";
import { createNewestList } from "./newest-list.ts";
import type { Clock } from "./nonces.ts";
import { readStatusList, type StatusList } from "./status-list.ts";
import type { ReadCredentialIssuer } from "./trust.ts";

/** What another platform verified of this bidder, and stands by now. */
export type VerifiedCredential = RegistrationCredential;

function read(gm: Gm, der: Uint8Array): SignedCredential {
  try {
    return readCredential(gm, der);
  } catch (error) {
    const code = error instanceof ProofError ? "CREDENTIAL_SIGNATURE_INVALID" : "CREDENTIAL_MALFORMED";
    throw new VerificationError(code, error instanceof ProofError ? error.message : undefined, { cause: error });
  }
}

const isIssuerOf =
  (issuer: ReadCredentialIssuer) =>
  (signer: Certificate): boolean =>
    issuer.certificates.some((certificate) => sameBytes(certificate.der, signer.der));

/** The status lists of all issuers. */
function createStatusLists(gm: Gm, clock: Clock, maxAgeMs: number) {
  const isInForce = (list: StatusList) =>
    list.issuedAt <= clock() + limits.clockSkewMs && clock() <= list.nextUpdate && list.issuedAt < list.nextUpdate;
  const newestOf = createNewestList<StatusList>({
    clock,
    maxAgeMs,
    isInForce,
    mayFollow: (list, before) => list.sequence >= before.sequence && list.issuedAt >= before.issuedAt,
  });

  /** The list that the issuer serves, where it is its own and the one that the credential names. */
  async function fetchList(issuer: ReadCredentialIssuer, address: string): Promise<StatusList | null> {
    const list = readStatusList(gm, await issuer.statusList(), isIssuerOf(issuer));
    return list?.platformId === issuer.platformId && list.list === address ? list : null;
  }

  /** @throws PolicyError CREDENTIAL_STATUS_UNAVAILABLE */
  return async (issuer: ReadCredentialIssuer, address: string): Promise<StatusList> => {
    const key = JSON.stringify([issuer.platformId, address]);
    const list = await newestOf(key, () => fetchList(issuer, address));
    if (list === null || !isInForce(list)) throw new PolicyError("CREDENTIAL_STATUS_UNAVAILABLE");
    return list;
  };
}

export interface CredentialOptions {
  readonly gm: Gm;
  readonly issuers: readonly ReadCredentialIssuer[];
  readonly clock: Clock;
  /** Age at which a status list is fetched anew. */
  readonly statusMaxAgeMs: number;
}

/** Gives the check of a credential that a bidder showed. */
export function createCredentialCheck({ gm, issuers, clock, statusMaxAgeMs }: CredentialOptions) {
  const statusOf = createStatusLists(gm, clock, statusMaxAgeMs);

  /** The issuer in the list that it names, whose own key signed it while its certificate was in force. */
  function findIssuer({ said, signer, signedAt }: SignedCredential): ReadCredentialIssuer {
    const issuer = issuers.find(({ platformId }) => platformId === said.issuer.platformId);
    if (issuer === undefined || issuer.origin !== said.issuer.origin || !isIssuerOf(issuer)(signer)) {
      throw new PolicyError("CREDENTIAL_UNTRUSTED");
    }
    const at = signedAt ?? new Date(said.issuedAt);
    if (!isForSigning(signer) || at < signer.notBefore || at > signer.notAfter) {
      throw new PolicyError("CREDENTIAL_UNTRUSTED", "the issuer's certificate was not in force");
    }
    return issuer;
  }

  /**
   * @param uscc of the certificate that was shown with it
   * @throws VerificationError · PolicyError, the codes that begin with CREDENTIAL_
   */
  return async (der: Uint8Array, uscc: string): Promise<VerifiedCredential> => {
    const signed = read(gm, der);
    const { said } = signed;
    const issuer = findIssuer(signed);
    if (Date.parse(said.issuedAt) > clock() + limits.clockSkewMs) throw new PolicyError("CREDENTIAL_NOT_YET_VALID");
    if (clock() >= Date.parse(said.expiresAt)) throw new PolicyError("CREDENTIAL_EXPIRED");
    if (said.subject.uscc !== uscc) throw new PolicyError("CREDENTIAL_OF_ANOTHER_BIDDER");
    const revoked = (await statusOf(issuer, said.status.list)).isRevoked(said.status.index);
    if (revoked === null) throw new PolicyError("CREDENTIAL_STATUS_UNAVAILABLE", "the list has no such bit");
    if (revoked) throw new PolicyError("CREDENTIAL_REVOKED");
    return said;
  };
}
