/**
 * Before the last try of a CA锁 (PIN码最后一次机会): a wrong PIN would lock it for good, and a locked one opens no bid. So it is said, and the person says that
 * they are sure, before the PIN goes anywhere.
 */
import type { HostKey } from "@certbridge/protocol/host";
import { t } from "../../platform/i18n.ts";

const FIELD = "last-try";

/** Whether a wrong PIN would lock this key for good. A software certificate only makes one wait. */
export const isLastTry = (key: HostKey | null): boolean => key?.carrier === "usb-key" && key.pin.triesLeft === 1;

interface LastTryProps {
  chosen: HostKey | null;
  /** It was not ticked, and has to be. */
  isMissing: boolean;
}

export function LastTry({ chosen, isMissing }: LastTryProps) {
  if (!isLastTry(chosen)) return null;
  return (
    <fieldset class="section last-try">
      <legend>{t("pin_last_try_title")}</legend>
      <label class="card">
        <input
          type="checkbox"
          id={FIELD}
          required
          aria-invalid={isMissing}
          aria-describedby="last-try-problem"
          defaultChecked={false}
        />
        <span>{t("pin_last_try")}</span>
      </label>
      <p id="last-try-problem" class="field-problem" role="alert">
        {isMissing ? t("pin_last_try_required") : null}
      </p>
    </fieldset>
  );
}

/** What the person said of the last try in this form: nothing where they were not asked. */
export function lastTryIn(form: ParentNode | null): boolean {
  return form?.querySelector<HTMLInputElement>(`#${FIELD}`)?.checked === true;
}

export function focusLastTry(form: ParentNode | null): void {
  form?.querySelector<HTMLElement>(`#${FIELD}`)?.focus();
}
