/**
 * Two kinds of refusal. A VerificationError means forged, broken, stale or replayed: nobody is proved to be there. A PolicyError
 * means that the proof stands, but it is not who or what this server wants.
 */
export type VerificationCode =
  /** Not of the documented shape, or its certificate cannot be read. */
  | "TOKEN_MALFORMED"
  /** Altered, or made for another origin, another nonce or another purpose: these cannot be told apart. */
  | "SIGNATURE_INVALID"
  /** No challenge is outstanding in this session: another session's, or used already. */
  | "NONCE_MISSING"
  | "NONCE_EXPIRED"
  /** This server does not serve that origin. */
  | "ORIGIN_UNKNOWN"
  /** The certificate leads to no CA that is trusted. */
  | "CHAIN_UNTRUSTED"
  | "CERTIFICATE_EXPIRED"
  | "CERTIFICATE_NOT_YET_VALID"
  | "CERTIFICATE_REVOKED"
  /** Not a signing certificate. */
  | "CERTIFICATE_USAGE"
  /** The signature stands, but over other content. */
  | "CONTENT_MISMATCH"
  | "CREDENTIAL_MALFORMED"
  /** Not signed by a platform that is trusted to issue credentials. */
  | "CREDENTIAL_UNTRUSTED"
  | "CREDENTIAL_EXPIRED"
  | "CREDENTIAL_REVOKED";

export type PolicyCode =
  /** A key that signs with the default distinguishing id only; not accepted unless told. */
  | "DEFAULT_ID_REFUSED"
  /** No rule says where this CA puts the 统一社会信用代码, or its check digit is wrong. */
  | "SUBJECT_UNKNOWN"
  /** Revocation could not be checked, and this server requires it. */
  | "REVOCATION_NOT_CHECKED"
  /** The credential is genuine, but of another bidder than the certificate. */
  | "CREDENTIAL_OF_ANOTHER_BIDDER"
  /** The issuer's status list cannot be had, or is out of date. */
  | "CREDENTIAL_STATUS_UNAVAILABLE";

export class VerificationError extends Error {
  readonly code: VerificationCode;

  constructor(code: VerificationCode, options?: ErrorOptions) {
    super(code, options);
    this.name = "VerificationError";
    this.code = code;
  }
}

export class PolicyError extends Error {
  readonly code: PolicyCode;

  constructor(code: PolicyCode, options?: ErrorOptions) {
    super(code, options);
    this.name = "PolicyError";
    this.code = code;
  }
}
