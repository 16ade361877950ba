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
  /** The platform's own fault · try again later. */
  | "PLATFORM_FAILED";

export type AnswerCode = PlatformCode | RefusalCode;

/** A refusal that the page is told by its code. */
export class PlatformError extends Error {
  readonly code: PlatformCode;

  constructor(code: PlatformCode) {
    super(code);
    this.name = "PlatformError";
    this.code = code;
  }
}
