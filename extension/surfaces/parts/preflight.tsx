/** What was found wrong, or could not be found out, before a bid is encrypted or opened: worst first. What is good is not spoken of. */
import type { PreflightResult } from "@certbridge/protocol/host";
import { type MessageKey, t } from "../../platform/i18n.ts";

type Outcome = Exclude<PreflightResult["outcome"], "good">;

/** Of the two that ask somebody elsewhere, one for no answer as well. */
type Sentences = Readonly<Record<Exclude<Outcome, "unreachable">, MessageKey>> & { readonly unreachable?: MessageKey };

/** A sentence for each rule and outcome. The compiler names a rule that has none. */
const SENTENCES: Readonly<Record<PreflightResult["rule"], Sentences>> = {
  "signing-certificate": {
    bad: "preflight_signing_certificate_bad",
    warning: "preflight_signing_certificate_warning",
    unknown: "preflight_signing_certificate_unknown",
  },
  "encryption-certificate": {
    bad: "preflight_encryption_certificate_bad",
    warning: "preflight_encryption_certificate_warning",
    unknown: "preflight_encryption_certificate_unknown",
  },
  "same-subject": {
    bad: "preflight_same_subject_bad",
    warning: "preflight_same_subject_bad",
    unknown: "preflight_same_subject_unknown",
  },
  "device-key": {
    bad: "preflight_device_key_bad",
    warning: "preflight_device_key_bad",
    unknown: "preflight_device_key_unknown",
  },
  "key-present": {
    bad: "preflight_key_present_warning",
    warning: "preflight_key_present_warning",
    unknown: "preflight_key_present_warning",
  },
  "trial-opening": {
    bad: "preflight_trial_opening_bad",
    warning: "preflight_trial_opening_due",
    unknown: "preflight_trial_opening_due",
  },
  "renewed-certificate": {
    bad: "preflight_renewed_certificate_bad",
    warning: "preflight_renewed_certificate_warning",
    unknown: "preflight_renewed_certificate_unknown",
  },
  "pin-tries": {
    bad: "preflight_pin_tries_bad",
    warning: "preflight_pin_tries_warning",
    unknown: "preflight_pin_tries_unknown",
  },
  clock: {
    bad: "preflight_clock_bad",
    warning: "preflight_clock_bad",
    unknown: "preflight_clock_unknown",
    unreachable: "preflight_clock_unreachable",
  },
  revocation: {
    bad: "preflight_revocation_bad",
    warning: "preflight_revocation_warning",
    unknown: "preflight_revocation_unknown",
    unreachable: "preflight_revocation_unreachable",
  },
  "second-recipient": {
    bad: "preflight_second_recipient_warning",
    warning: "preflight_second_recipient_warning",
    unknown: "preflight_second_recipient_warning",
  },
};

const WORST_FIRST: readonly Outcome[] = ["bad", "warning", "unreachable", "unknown"];

/** The sentence of a finding; null where there is nothing to say. */
export function sentenceOf({ rule, outcome }: PreflightResult): string | null {
  if (outcome === "good") return null;
  const sentences = SENTENCES[rule];
  return t(outcome === "unreachable" ? (sentences.unreachable ?? sentences.unknown) : sentences[outcome]);
}

/** What is not good, worst first. */
export function findingsOf(results: readonly PreflightResult[]): readonly PreflightResult[] {
  return WORST_FIRST.flatMap((outcome) => results.filter((result) => result.outcome === outcome));
}

export function Findings({ results }: { results: readonly PreflightResult[] }) {
  const found = findingsOf(results);
  if (found.length === 0) return null;
  return (
    <ul class="findings" aria-label={t("preflight_list")}>
      {found.map((result) => (
        <li key={result.rule} class={`finding finding-${result.outcome}`}>
          {sentenceOf(result)}
        </li>
      ))}
    </ul>
  );
}
