/** What the check of a bid looks at, and what it finds (投标前检查). docs/operations/encrypt.md */
import * as v from "valibot";

/** The rules of the check before a bid is handed in (投标前检查), each one sentence for people. docs/operations/encrypt.md */
export const preflightRules = [
  "signing-certificate",
  "encryption-certificate",
  "same-subject",
  "device-key",
  "key-present",
  "trial-opening",
  "renewed-certificate",
  "pin-tries",
  "clock",
  "revocation",
  "second-recipient",
] as const;

export type PreflightRule = (typeof preflightRules)[number];

/**
 * `bad` is proved to be wrong, and blocks; `unknown` could not be found out, and is only recorded; `unreachable` was asked of somebody who did
 * not answer: it is recorded and warns.
 */
export const preflightResult = v.object({
  rule: v.picklist(preflightRules),
  outcome: v.picklist(["good", "warning", "unknown", "unreachable", "bad"]),
});

export type PreflightResult = v.InferOutput<typeof preflightResult>;

/** How a bid stands, from what is known without a PIN. */
export const readiness = v.picklist(["green", "amber", "red"]);

export type Readiness = v.InferOutput<typeof readiness>;
