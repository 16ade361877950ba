/**
 * The check before a bid is handed in (投标前检查), and again until its opening: each rule one function over facts, pure. What is proved to be
 * wrong is bad, and stops; what could not be found out is unknown, and is only
 * recorded; so is what nobody answered, which warns as well. docs/operations/encrypt.md
 */
import { type Certificate, isForEncryption, isForSigning, sameBytes } from "@certbridge/pki";
import type { OpenBid, PreflightResult, PreflightRule } from "@certbridge/protocol/host";
import { preflightRules } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";

/**
 * Openings are postponed (延期): a certificate should outlive the opening by so long, and is renewed in time where it does not. One that
 * ends between the opening and then can still open the bid as announced, so that it warns and does not stop.
 */
export const OPENING_MARGIN_MS = 15 * 24 * 3600_000;

/** Fewer wrong PINs than this left, and the day of the opening is no time to mistype. */
const PIN_TRIES = 3;

/** Everything that the rules look at. */
export interface PreflightFacts {
  /** Milliseconds since 1970, as all instants here. */
  readonly now: number;
  /** As the newest notice has it. */
  readonly openingAt: number;
  readonly signingCertificate: Certificate;
  /** The certificate that the key block names, or would. Null where the key has none. */
  readonly encryptionCertificate: Certificate | null;
  /** Those above, as far as they are there; the root may be left out. */
  readonly chain: readonly Certificate[];
  /** Whether the device's own public key is the certificate's; null where it was not asked. */
  readonly deviceKey: boolean | null;
  /** Whether this key block was opened by this key, the last time that it was tried; null where it never was. */
  readonly trial: boolean | null;
  /**
   * Whether the certificate is a key's present one, or was renewed while its key is still here, or another recipient's key is here. Where no key here opens
   * the block: whether the same holder got another certificate of the same CA since the bid was made, or not even that is here.
   */
  readonly held: "current" | "renewed" | "spare" | "replaced" | "absent";
  /** Null where the key is not here. */
  readonly pin: { readonly triesLeft: number; readonly retryAt: string | null } | null;
  /** By how much the local clock differs from a signed time, in milliseconds; null where nobody was asked and none is at hand. */
  readonly clockErrorMs: number | "unreachable" | null;
  /** By a list that holds, of one of the certificates; null where nobody was asked. */
  readonly revoked: boolean | "unreachable" | null;
  /** Whether the bid is made already: it was encrypted for this certificate, and its key opens it whatever became of that since. */
  readonly isMade: boolean;
  /** Of the key block. */
  readonly recipients: number;
}

type Outcome = PreflightResult["outcome"];

/** In force now, at the opening, and by the margin behind it. */
function lifeOf({ notBefore, notAfter }: Certificate, { now, openingAt }: PreflightFacts): Outcome {
  const until = notAfter.getTime();
  if (now < notBefore.getTime() || until < now || until < openingAt) return "bad";
  return until < openingAt + OPENING_MARGIN_MS ? "warning" : "good";
}

const WEIGHT: Readonly<Record<Outcome, number>> = { good: 0, unknown: 1, unreachable: 2, warning: 3, bad: 4 };

function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((known, found) => (WEIGHT[found] > WEIGHT[known] ? found : known), "good");
}

/** The certificate and those above it. Without any of those, nothing is known of them. */
function livesOf(certificate: Certificate, facts: PreflightFacts): Outcome {
  const above = facts.chain.map((issuer) => lifeOf(issuer, facts));
  return worst([lifeOf(certificate, facts), ...(above.length === 0 ? (["unknown"] as const) : above)]);
}

/** What was found out, and otherwise `unknown`. */
function found(fact: boolean | null): Outcome {
  if (fact === null) return "unknown";
  return fact ? "good" : "bad";
}

const outcomes: Readonly<Record<PreflightRule, (facts: PreflightFacts) => Outcome>> = {
  "signing-certificate"(facts) {
    return isForSigning(facts.signingCertificate) ? livesOf(facts.signingCertificate, facts) : "bad";
  },
  "encryption-certificate"(facts) {
    const { encryptionCertificate } = facts;
    if (encryptionCertificate === null || !isForEncryption(encryptionCertificate)) return "bad";
    return livesOf(encryptionCertificate, facts);
  },
  /** One holder; of which CA is the chain's affair. */
  "same-subject"({ signingCertificate, encryptionCertificate }) {
    if (encryptionCertificate === null) return "unknown";
    return found(sameBytes(signingCertificate.subject.der, encryptionCertificate.subject.der));
  },
  /** A key block that opened proves it as well. */
  "device-key": ({ deviceKey, trial }) => found(deviceKey ?? (trial === true ? true : null)),
  "trial-opening": ({ trial }) => found(trial),
  /** A key in a drawer opens the bid as soon as it is here. */
  "key-present": ({ held }) => (held === "absent" ? "warning" : "good"),
  "renewed-certificate"({ held }) {
    const known = {
      current: "good",
      renewed: "warning",
      spare: "unknown",
      replaced: "bad",
      absent: "unknown",
    } as const;
    return known[held];
  },
  "pin-tries"({ pin }) {
    if (pin === null) return "unknown";
    if (pin.triesLeft < 1 && pin.retryAt === null) return "bad";
    return pin.triesLeft < PIN_TRIES ? "warning" : "good";
  },
  clock({ clockErrorMs }) {
    if (clockErrorMs === null) return "unknown";
    if (clockErrorMs === "unreachable") return "unreachable";
    return Math.abs(clockErrorMs) <= limits.clockSkewMs ? "good" : "warning";
  },
  /** A CA commonly takes the old certificate back where it is renewed, and no opening asks: what is made still opens, and nothing new is made. */
  revocation({ revoked, isMade }) {
    if (revoked === "unreachable") return "unreachable";
    if (revoked === true && isMade) return "warning";
    return found(revoked === null ? null : !revoked);
  },
  /** Only one key opens it: where that is lost, so is the bid. */
  "second-recipient": ({ recipients }) => (recipients > 1 ? "good" : "warning"),
};

/** Every rule's outcome, in the order of the list. */
export function checkBid(facts: PreflightFacts): PreflightResult[] {
  return preflightRules.map((rule) => ({ rule, outcome: outcomes[rule](facts) }));
}

/** How a bid stands. What is unknown changes nothing; that nobody answered is worth a warning, and stops nothing. */
export function readinessOf(results: readonly PreflightResult[]): OpenBid["readiness"] {
  if (results.some(({ outcome }) => outcome === "bad")) return "red";
  return results.some(({ outcome }) => outcome === "warning" || outcome === "unreachable") ? "amber" : "green";
}
