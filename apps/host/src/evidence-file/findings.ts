/** What can be found of the evidence of a bid, and whose word it is (核验结论). docs/formats/evidence.md */
/** What is looked at. Each has a sentence for people in words.ts. */
export const checks = [
  "ledger",
  "package-signature",
  "bidder",
  "report",
  "program",
  "notice",
  "receipt",
  "receipt-line",
  "encrypt-head",
  "submit-head",
  "opening",
  "opening-line",
  "open-head",
] as const;

/**
 * `holds` is proved; `fails` is proved not to be so; `absent`: there is nothing of it, or nobody in the registry vouches for it; `unlisted`: there is a signature, of a certificate that is no listed CA's; `open`: it does not
 * fit, and does not show whose doing that is.
 */
export type Outcome = "holds" | "fails" | "absent" | "unlisted" | "open";

export interface Finding {
  readonly check: (typeof checks)[number];
  readonly outcome: Outcome;
}

/** A head that the platform signed and an authority stamped. */
export interface Countersignature {
  readonly when: "encrypt" | "submit" | "open";
  /** SM3, base64url. */
  readonly head: string;
  /** When the authority saw the platform's signature. */
  readonly stampedAt: Date;
  /** The line whose SM3 it is; null where the ledger has none. */
  readonly line: number | null;
}

/** Whose word a line's outcome is: this computer's alone, shown by the bidder's signature, or by the platform's. */
export type Ground = "self" | "key" | "platform";

export interface JudgedLine {
  readonly ground: Ground;
  /** Whether the line's time stamp is that of a message that is here. */
  readonly isStampProved: boolean;
  /** The earliest stamp of a head that covers it: so it stood there then, as it is. */
  readonly notAfter: Date | null;
}

export interface Bidder {
  readonly name: string;
  readonly uscc: string | null;
  readonly authority: string;
  readonly serialTail: string;
  /** Whether that CA is in the registry. */
  readonly listed: boolean;
}

/** Null stands for a message that is not there. */
export function outcomeOf(there: unknown, holds: boolean): Outcome {
  if (there === null) return "absent";
  return holds ? "holds" : "fails";
}
