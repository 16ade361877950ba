/** Why something that could be parsed does not hold. Raised by the verifiers of this package; callers add what it means to them. */
export type ProofCode =
  /** No path to a trusted root. */
  | "CHAIN_UNTRUSTED"
  /** The path breaks a constraint of its own: basicConstraints, pathLen, keyUsage of a CA, unknown critical extension. */
  | "CHAIN_CONSTRAINT"
  | "CERTIFICATE_EXPIRED"
  | "CERTIFICATE_NOT_YET_VALID"
  /** The key is not for this use. */
  | "CERTIFICATE_USAGE"
  /** The bytes were altered, or signed by another key, or for another purpose. */
  | "SIGNATURE_INVALID"
  /** The signature stands, but over other content. */
  | "CONTENT_MISMATCH"
  /** A time stamp over another hash than SM3: genuine perhaps, but what it is about cannot be told here. */
  | "IMPRINT_UNSUPPORTED"
  /** A time stamp that was not made for this request. */
  | "NONCE_MISMATCH"
  /** A revocation list that is out of date or older than one seen. */
  | "REVOCATION_STALE";

/** What was parsed and does not hold. What cannot even be parsed is an OperationError MALFORMED. */
export class ProofError extends Error {
  readonly code: ProofCode;

  constructor(code: ProofCode, message?: string) {
    super(message ?? code);
    this.name = "ProofError";
    this.code = code;
  }
}
