/** The PIN field. Its value stays in the field until it goes into one message; no state of ours holds it. */
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type { HostKey } from "@certbridge/protocol/host";
import { PIN_MAX_LETTERS } from "@certbridge/protocol/host/sealed-pin";
import { t } from "../../platform/i18n.ts";
import { duration, timeOfDay } from "../parts/format.ts";
import { pinWaitMs } from "../state/keys.ts";

/** What the person should know before typing: how long to wait, or how many wrong tries are left. */
function hintOf(key: HostKey | null, now: number): string {
  if (key === null) return t("pin_choose_key_first");
  const waitMs = pinWaitMs(key, now);
  if (waitMs > 0) return t("pin_wait", timeOfDay(key.pin.retryAt ?? ""), duration(waitMs));
  return t("pin_tries_left", key.pin.triesLeft);
}

interface PinProps {
  field: RefObject<HTMLInputElement | null>;
  chosen: HostKey | null;
  now: number;
  problem: string | null;
  disabled: boolean;
}

export function Pin({ field, chosen, now, problem, disabled }: PinProps) {
  const [capsLock, setCapsLock] = useState(false);
  const lookAtCapsLock = (event: KeyboardEvent) => setCapsLock(event.getModifierState("CapsLock"));
  return (
    <div class="section">
      <label class="section-title" for="pin">
        {t("pin_label")}
      </label>
      <input
        ref={field}
        id="pin"
        class="pin"
        type="password"
        autocomplete="off"
        spellcheck={false}
        maxLength={PIN_MAX_LETTERS}
        disabled={disabled || chosen === null}
        aria-required="true"
        aria-invalid={problem !== null}
        aria-describedby="pin-problem pin-hint pin-caps pin-private"
        onKeyDown={lookAtCapsLock}
        onKeyUp={lookAtCapsLock}
        onBlur={() => setCapsLock(false)}
      />
      <p id="pin-problem" class="field-problem" role="alert">
        {problem}
      </p>
      <p id="pin-caps" class="caps" role="status">
        {capsLock ? t("pin_caps_lock") : ""}
      </p>
      <p id="pin-hint" class="soft">
        {problem === null || (chosen !== null && pinWaitMs(chosen, now) > 0) ? hintOf(chosen, now) : ""}
      </p>
      <p id="pin-private" class="soft">
        {t("pin_private")}
      </p>
    </div>
  );
}
