/** 开标急救: one button, and what it found: at the top in one sentence, and with each bid step by step. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { isAwaited, type OpenBid } from "@certbridge/protocol/host";
import type { ShownKey } from "@certbridge/protocol/surface";
import { beijingTime, type MessageKey, t } from "../../platform/i18n.ts";
import { duration } from "../parts/format.ts";
import { wantedWords } from "../parts/needed-key.ts";
import { Notice } from "../parts/notice.tsx";
import { sentenceOf } from "../parts/preflight.tsx";
import { safeName } from "../parts/text.ts";
import {
  type Checked,
  clockErrorOf,
  findingsOfBid,
  keyOf,
  needsCare,
  type Rescue,
  type RescueFinding,
  type RescueStep,
} from "../state/rescue.ts";

const NAMES: Readonly<Record<RescueStep, MessageKey>> = {
  key: "rescue_key",
  certificate: "rescue_certificate",
  revocation: "rescue_revocation",
  trial: "rescue_trial",
  pin: "rescue_pin",
  spare: "rescue_spare",
  clock: "rescue_clock",
  platform: "rescue_platform",
};

/** A form beside the colour. */
const MARKS: Readonly<Record<RescueFinding["outcome"], string>> = {
  good: "✓",
  unknown: "–",
  unreachable: "!",
  warning: "!",
  late: "!",
  bad: "✗",
};

const NONE = { recipients: 1, backupAt: null, exportedAt: null };

function spareWords({ rungs = NONE }: OpenBid): string {
  const word = (isThere: boolean) => t(isThere ? "rescue_yes" : "rescue_no");
  return t(
    "rescue_spare_words",
    word(rungs.recipients > 1),
    word(rungs.backupAt !== null),
    word(rungs.exportedAt !== null),
  );
}

interface Told {
  readonly bid: OpenBid;
  readonly checked: Checked;
  readonly keys: readonly ShownKey[];
}

/** What a step says, and with it what to do. */
const WORDS: Readonly<Record<RescueStep, (finding: RescueFinding, told: Told) => string>> = {
  key: ({ outcome, rule }, { bid }) => {
    const tail = safeName(bid.serialTail, 8);
    if (outcome === "good") return t("rescue_key_good", tail);
    if (rule?.rule === "key-present") return wantedWords([bid]) ?? t("preflight_key_present_warning");
    return (rule === null ? null : sentenceOf(rule)) ?? t("preflight_renewed_certificate_unknown");
  },
  certificate: ({ outcome, rule }) => {
    if (outcome === "good") return t("rescue_certificate_good");
    return (rule === null ? null : sentenceOf(rule)) ?? t("preflight_encryption_certificate_unknown");
  },
  revocation: ({ outcome, rule }) => {
    if (outcome === "good") return t("rescue_revocation_good");
    return (rule === null ? null : sentenceOf(rule)) ?? t("preflight_revocation_unknown");
  },
  trial: ({ outcome, rule }, { bid }) => {
    if (outcome === "good" && bid.rehearsedAt !== null) return t("bids_green_why", beijingTime(bid.rehearsedAt));
    return (rule === null ? null : sentenceOf(rule)) ?? t("rescue_trial_once");
  },
  pin: ({ outcome, rule }, { bid, keys }) => {
    const key = keyOf(bid, keys);
    if (outcome === "good" && key !== null) return t("rescue_pin_good", key.pin.triesLeft);
    return (rule === null ? null : sentenceOf(rule)) ?? t("preflight_pin_tries_unknown");
  },
  spare: (_finding, { bid }) => spareWords(bid),
  clock: ({ outcome, rule }, { bid, checked }) => {
    if (outcome === "good") return t(rule === null ? "rescue_clock_good" : "rescue_clock_stamped");
    if (rule !== null) return sentenceOf(rule) ?? t("preflight_clock_unknown");
    const errorMs = clockErrorOf(checked.sites.get(bid.lot.origins[0] ?? ""));
    return outcome === "unknown" || errorMs === null
      ? t("preflight_clock_unknown")
      : t("rescue_clock_off", duration(Math.abs(errorMs)));
  },
  platform: ({ outcome }) => {
    if (outcome === "late") return t("rescue_late");
    if (outcome === "good") return t("rescue_platform_good");
    return t(outcome === "unknown" ? "rescue_platform_unknown" : "rescue_platform_bad");
  },
};

/** Of one bid, in its card. */
export function Steps(told: Told) {
  const title = `rescue-${told.bid.packageId}`;
  return (
    <section class="steps" aria-labelledby={title}>
      <h3 class="section-title" id={title}>
        {t("rescue_results")}
      </h3>
      <dl class="rescue-steps">
        {findingsOfBid(told.bid, told.checked.sites).map((finding) => (
          <div key={finding.step} class={`rescue-step step-${finding.outcome}`}>
            <dt>
              <span class="step-mark" aria-hidden="true">
                {MARKS[finding.outcome]}
              </span>
              {t(NAMES[finding.step])}
            </dt>
            <dd>{WORDS[finding.step](finding, told)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function summaryOf({ view, sites }: Checked): { words: string; tone: "good" | "warning" | "danger" } {
  if (view === null) return { words: t("rescue_program_late"), tone: "danger" };
  if (view.host.state !== "ready") return { words: t("rescue_failed"), tone: "danger" };
  const bids = view.bids.filter(isAwaited);
  if (bids.length === 0) return { words: t("rescue_none"), tone: "good" };
  const care = bids.filter((bid) => needsCare(findingsOfBid(bid, sites))).length;
  if (care === 0) return { words: t("rescue_good", bids.length), tone: "good" };
  return { words: t("rescue_todo", bids.length, care), tone: "warning" };
}

/** The button, and what came of it. */
export function RescuePanel({ rescue }: { rescue: Rescue }) {
  const checked = rescue.checked.value;
  const running = rescue.running.value;
  const summary = checked === null ? null : summaryOf(checked);
  const words = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    if (checked !== null) words.current?.focus();
  }, [checked]);
  return (
    <section class="rescue" aria-labelledby="rescue-note">
      <div class="actions">
        <button type="button" id="rescue" class="primary" aria-disabled={running} onClick={() => void rescue.run()}>
          {t("rescue_open")}
        </button>
      </div>
      <p class="soft" id="rescue-note" role="status">
        {running ? t("rescue_running") : t("rescue_note")}
      </p>
      {summary !== null && (
        <Notice tone={summary.tone}>
          <p ref={words} class="rescue-summary" tabIndex={-1}>
            {summary.words}
          </p>
        </Notice>
      )}
    </section>
  );
}
