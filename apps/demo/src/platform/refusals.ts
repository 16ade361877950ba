/** Why a platform's own pages are refused, beside what `@certbridge/verify` finds. */
import type { RefusalCode } from "@certbridge/verify";

export type PlatformCode =
  /** The certificate is genuine, but this platform has no account for its bidder · register. */
  | "NOT_REGISTERED"
  /** Nobody is signed in, or the session has ended · sign in. */
  | "NOT_SIGNED_IN"
  /** The form came without a verified registration before it · register again. */
  | "REGISTRATION_MISSING"
  /** The document was signed by another bidder than the one who is signed in · choose the own certificate. */
  | "SIGNED_BY_ANOTHER"
  /** The request did not come from a page of this platform · open the platform's own page. */
  | "FOREIGN_PAGE"
  /** The request has not the expected shape · reload. */
  | "INVALID_FORM"
  /** Too large for this demonstration · a smaller file. */
  | "FILE_TOO_LARGE"
  /** No such lot here · the list of lots. */
  | "LOT_UNKNOWN"
  /** No such upload of this bidder, or it is being judged already · begin again. */
  | "UPLOAD_UNKNOWN"
  /** The part is not the one that its SM3 names, or has another length · send it again. */
  | "PART_DAMAGED"
  /** Parts are missing · send them. */
  | "UPLOAD_INCOMPLETE"
  /** Another bidder's package has this id already · make the package again. */
  | "PACKAGE_ID_TAKEN"
  /** The package is taken in and counts, and the time-stamping authority gave no stamp yet · the same once more: nothing is sent twice. */
  | "RECEIPT_DELAYED"
  /** This bidder handed in nothing for this lot · nothing can be opened. */
  | "NOT_SUBMITTED"
  /** The order to release keys is not out yet · wait for the host. */
  | "HALL_NOT_OPEN"
  /** The time for releasing keys is over, or the opening was closed · the host. */
  | "HALL_CLOSED"
  /** Its opening has begun: its time can no longer be changed · nothing. */
  | "OPENING_BEGUN"
  /** Bids are in already, and would not open at an earlier opening · a later time. */
  | "OPENING_ONLY_LATER"
  /** Only the host of the opening may do this · the host's own link. */
  | "NOT_OPERATOR"
  /** The platform's own fault · try again later. */
  | "PLATFORM_FAILED";

export type AnswerCode = PlatformCode | RefusalCode;

/** A refusal that the page is told by its code. */
export class PlatformError extends Error {
  readonly code: PlatformCode;

  constructor(code: PlatformCode, options?: ErrorOptions) {
    super(code, options);
    this.name = "PlatformError";
    this.code = code;
  }
}
