/**
 * Why a server refuses. Two kinds, told apart by class: {@link VerificationError} where what came is forged, altered or broken,
 * {@link PolicyError} where it may be genuine but is not whom, what or when this server asked for. Codes are added, never renamed.
 *
 * A server tells the page the code and nothing else; `message` is for its own log and holds nobody's data.
 */
import type { Certificate } from "@certbridge/pki";

/** Codes of {@link VerificationError}. */
export type VerificationCode =
  /** The token or answer has not the documented shape, or its certificate cannot be read · ask again. */
  | "TOKEN_MALFORMED"
  /** The signature does not hold: altered, or made for another origin, another nonce, another purpose · ask again. */
  | "SIGNATURE_INVALID"
  /** A certificate of the path is wrongly signed, or breaks a constraint of its issuer · the CA's service. */
  | "CHAIN_INVALID"
  /** What came is no GM/T 0010 SignedData of this profile · sign again. */
  | "SIGNATURE_MALFORMED"
  /** The signature holds, but over other content than the one that came along · sign again, the same file. */
  | "CONTENT_MISMATCH"
  /** The credential cannot be read, or says what no credential may say · its issuer. */
  | "CREDENTIAL_MALFORMED"
  /** The credential was altered, or its signature is another key's than its certificate's · its issuer. */
  | "CREDENTIAL_SIGNATURE_INVALID"
  /** No bid package, or not in its one spelling: frame, header, trailer or key block · make it again. */
  | "PACKAGE_MALFORMED"
  /** The package's signature does not hold, or is by another certificate than its header names · make it again. */
  | "PACKAGE_SIGNATURE_INVALID"
  /** The payload is not the one that was signed: at submission, the upload is damaged; at the opening, what the server kept is · upload again; restore it. */
  | "PACKAGE_PAYLOAD_MISMATCH"
  /** The key is right, and what it decrypts breaks the format: its maker wrote it so ({@link BlamedError}) · the record. */
  | "PACKAGE_CONTENT_INVALID"
  /** A package in the legacy profile that a recipient's key does not open: of another recipient, or no content of this format; one answer · the record. */
  | "PACKAGE_NOT_OPENED"
  /** No released key: not of that type and profile, or it says what none may say · release it again. */
  | "RELEASED_KEY_MALFORMED"
  /** The released key was altered on its way, or its signature is another key's · release it again. */
  | "RELEASED_KEY_SIGNATURE_INVALID"
  /**
   * A key that does not open the package, or that this room cannot read. Signed by whoever made the package it is a {@link BlamedError};
   * out of a backup key file it blames nobody · release the right one.
   */
  | "RELEASED_KEY_WRONG";

/** Codes of {@link PolicyError}. */
export type PolicyCode =
  /** The server was asked about an origin that is not its own: its configuration · the platform's operator. */
  | "ORIGIN_UNKNOWN"
  /** No nonce is outstanding in this session: never issued here, another session's, or used already · ask again. */
  | "NONCE_MISSING"
  /** The nonce is older than five minutes · ask again. */
  | "NONCE_EXPIRED"
  /** Signed with the default distinguishing id, which this server was not told to take · another key. */
  | "DEFAULT_ID_REFUSED"
  /** No path to a root in this server's list · another certificate. */
  | "CHAIN_UNTRUSTED"
  /** A certificate of the path has ended · renew it. */
  | "CERTIFICATE_EXPIRED"
  /** A certificate of the path has not begun · wait, or check the clock. */
  | "CERTIFICATE_NOT_YET_VALID"
  /** Its CA has revoked it · the CA's service. */
  | "CERTIFICATE_REVOKED"
  /** It may not make signatures: an encryption certificate, or a CA's own · the signing certificate of the pair. */
  | "CERTIFICATE_USAGE"
  /** No revocation list in force could be had, and this server insists on one · try again later. */
  | "REVOCATION_UNAVAILABLE"
  /** No rule tells where this CA writes the 统一社会信用代码, or its check digit is wrong · the platform's operator. */
  | "SUBJECT_UNKNOWN"
  /** Not issued by a platform in this server's list, or not by the one that it names · the form. */
  | "CREDENTIAL_UNTRUSTED"
  /** Issued later than now, by more than the allowed skew of clocks · check the clock. */
  | "CREDENTIAL_NOT_YET_VALID"
  /** Its time is over · the form, or a new one from its issuer. */
  | "CREDENTIAL_EXPIRED"
  /** Its issuer took it back · the form. */
  | "CREDENTIAL_REVOKED"
  /** The issuer's status list could not be had, is out of date, or is older than one seen before · try again later. */
  | "CREDENTIAL_STATUS_UNAVAILABLE"
  /** It speaks of another bidder than the certificate that was shown with it · the certificate it was issued to. */
  | "CREDENTIAL_OF_ANOTHER_BIDDER"
  /** The package was made for another platform, project or lot · the package for this one. */
  | "PACKAGE_OF_ANOTHER_LOT"
  /** The package was made for an opening that this lot never announced, or that is later than the newest notice's · make it again. */
  | "PACKAGE_NOTICE_UNKNOWN"
  /** It is complete only after the opening time · the tender's rules. */
  | "PACKAGE_LATE"
  /** At the opening: a genuine package, but not the one that was received · the server's own records. */
  | "PACKAGE_NOT_RECEIVED"
  /** An order was wanted before the opening time · wait. */
  | "OPENING_NOT_BEGUN"
  /** The time stamp that came does not hold, is of no authority in this server's list, or of another time · the time-stamping authority. */
  | "TIME_STAMP_REFUSED"
  /** The key was released by another certificate than the one that signed the package · the one that signed it. */
  | "RELEASED_KEY_OF_ANOTHER_SIGNER"
  /** The key is another package's · release the one of this package. */
  | "RELEASED_KEY_OF_ANOTHER_PACKAGE"
  /** The key was released on another order than this room's · release it on this one. */
  | "RELEASED_KEY_OF_ANOTHER_ORDER"
  /** A key out of a backup key file, which nobody signed, and the server does not say that the bidder's own session brought it · sign in as the bidder. */
  | "RELEASED_KEY_UNSIGNED"
  /** The key came after the order's end · the tender's rules. */
  | "RELEASED_KEY_LATE";

/** Every code that a server may tell a page. */
export type RefusalCode = VerificationCode | PolicyCode;

/** Forged, altered or broken. */
export class VerificationError extends Error {
  readonly code: VerificationCode;

  constructor(code: VerificationCode, message?: string, options?: ErrorOptions) {
    super(message ?? code, options);
    this.name = "VerificationError";
    this.code = code;
  }
}

/** Broken, and signed so: the signature that held shows whose work it is. What was signed is the evidence, and is the caller's to keep. */
export class BlamedError extends VerificationError {
  /** Whose key signed it. */
  readonly by: Certificate;

  constructor(code: "PACKAGE_CONTENT_INVALID" | "RELEASED_KEY_WRONG", by: Certificate, options?: ErrorOptions) {
    super(code, undefined, options);
    this.name = "BlamedError";
    this.by = by;
  }
}

/** Genuine, as far as was looked, but not who or what was wanted. */
export class PolicyError extends Error {
  readonly code: PolicyCode;

  constructor(code: PolicyCode, message?: string, options?: ErrorOptions) {
    super(message ?? code, options);
    this.name = "PolicyError";
    this.code = code;
  }
}

/** Either kind; anything else that is thrown is a fault of the server, not a refusal. */
export function isRefusal(error: unknown): error is VerificationError | PolicyError {
  return error instanceof VerificationError || error instanceof PolicyError;
}
