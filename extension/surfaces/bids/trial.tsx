/** The trial opening of one bid, where it stands in the list: its key, the PIN, and what came of it. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { PIN_MAX_LETTERS } from "@certbridge/protocol/host/sealed-pin";
import type { OpenBid } from "@certbridge/protocol/host";
import type { ShownKey } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { duration, timeOfDay } from "../parts/format.ts";
import { focusLastTry, isLastTry, LastTry, lastTryIn } from "../approval/last-try.tsx";
import { problemWords } from "../approval/problem.ts";
import { wantedWords } from "../parts/needed-key.ts";
import type { Bids } from "../state/bids.ts";
import { pinWaitMs } from "../state/keys.ts";

interface TrialProps {
  bid: OpenBid;
  bids: Bids;
  /** Its key, where it is there. */
  held: ShownKey | null;
  now: number;
}

function hintOf(held: ShownKey | null, bid: OpenBid, now: number): string | null {
  if (held === null) return wantedWords([bid]);
  const waitMs = pinWaitMs(held, now);
  if (waitMs > 0) return t("pin_wait", timeOfDay(held.pin.retryAt ?? ""), duration(waitMs));
  return t("pin_tries_left", held.pin.triesLeft);
}

export function Trial({ bid, bids, held, now }: TrialProps) {
  const pin = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState<"pin" | "last-try" | null>(null);
  const failure = bids.failure.value;
  const isTrying = bids.isTrying.value;
  const isLast = isLastTry(held, failure);
  const problem = failure !== null ? problemWords(failure, held) : missing === "pin" ? t("pin_required") : null;
  const field = `pin-${bid.packageId}`;

  useLayoutEffect(() => pin.current?.focus(), []);
  // The old PIN is never left standing.
  useEffect(() => {
    if (failure === null || pin.current === null) return;
    pin.current.value = "";
    pin.current.focus();
  }, [failure]);

  const submit = (event: Event) => {
    event.preventDefault();
    const typed = pin.current?.value ?? "";
    const form = pin.current?.form ?? null;
    const gap = typed === "" ? "pin" : isLast && !lastTryIn(form) ? "last-try" : null;
    setMissing(gap);
    if (gap === "last-try") focusLastTry(form);
    if (gap !== null || held === null || isTrying) return;
    if (pin.current !== null) pin.current.value = "";
    void bids.rehearse(bid, typed, lastTryIn(form));
  };

  return (
    <form class="trial" noValidate onSubmit={submit} aria-busy={isTrying}>
      <LastTry isLast={isLast} isMissing={missing === "last-try"} />
      <label class="section-title" for={field}>
        {t("pin_label")}
      </label>
      <input
        ref={pin}
        id={field}
        class="pin"
        type="password"
        autocomplete="off"
        maxLength={PIN_MAX_LETTERS}
        disabled={held === null}
        aria-required="true"
        aria-invalid={problem !== null}
        aria-describedby={`${field}-problem ${field}-hint`}
      />
      <p id={`${field}-problem`} class="field-problem" role="alert">
        {problem}
      </p>
      <p id={`${field}-hint`} class="soft" role="status">
        {isTrying ? t("bids_trying") : hintOf(held, bid, now)}
      </p>
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={held === null || isTrying}>
          {t("bids_try")}
        </button>
        <button type="button" onClick={() => bids.choose(null)}>
          {t("bids_stop")}
        </button>
      </div>
    </form>
  );
}
