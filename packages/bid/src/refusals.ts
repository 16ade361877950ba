/** The room's two answers to what does not hold; a signature that does not is a ProofError, as everywhere. */
import { OperationError } from "@certbridge/protocol/errors";

/** What could be seen without a key: frame, header, trailer and what they say of each other. */
export function malformed(cause?: unknown): OperationError<"MALFORMED"> {
  return new OperationError("MALFORMED", { what: "bid package" }, cause === undefined ? {} : { cause });
}

/** Whatever failed behind the key: one answer without a cause, so that nobody learns which bit of a forgery was right. */
export function notOpened(): OperationError<"BID_NOT_OPENED"> {
  return new OperationError("BID_NOT_OPENED");
}
