/** `decrypt` 解密: on the day of the opening, the key of one bid for one room. */
import { beijingTime, t } from "../../../platform/i18n.ts";
import { timeOfDay } from "../../parts/format.ts";
import { Lot } from "../../parts/lot.tsx";
import { Notice } from "../../parts/notice.tsx";
import { Opening } from "../../parts/opening.tsx";
import { wantedWords, wrongKeyWords } from "../../parts/needed-key.ts";
import type { OperationView } from "./operation.ts";

export const decrypt: OperationView<"decrypt"> = {
  heading: "decrypt_heading",
  confirm: "decrypt_confirm",
  failed: "decrypt_failed",
  tells: ["decrypt_tells_key", "decrypt_tells_certificate"],
  withBackup: { tells: ["decrypt_tells_key", "decrypt_tells_backup"] },
  wanted: ({ needed }) => wantedWords(needed),
  noneFits: ({ needed }, keys) => wrongKeyWords(needed, keys),

  Body: ({ asked: { lot, stampedAt }, now }) => (
    <>
      <p>{t("decrypt_body")}</p>
      <Opening openingTime={lot.openingTime} now={now} />
      <Lot lot={lot} />
      <p class="soft">
        {t("decrypt_stamped")} {beijingTime(stampedAt)}
      </p>
    </>
  ),

  /** Where the two clocks differ neither is believed for the person: they see both, and say so. */
  Choice: ({ asked: { clockBehind, stampedAt }, approval, missing, now }) =>
    clockBehind ? (
      <fieldset class="section" aria-describedby="clock-problem">
        <legend>{t("decrypt_clock_title")}</legend>
        <p>{t("decrypt_clock_body")}</p>
        <dl class="facts">
          <dt>{t("decrypt_clock_stamp")}</dt>
          <dd>{beijingTime(stampedAt)}</dd>
          <dt>{t("decrypt_clock_own")}</dt>
          <dd>{beijingTime(new Date(now).toISOString())}</dd>
        </dl>
        <label class="card">
          <input
            type="checkbox"
            id="clock-accepted"
            required
            aria-invalid={missing !== null}
            checked={approval.clockAccepted.value}
            onChange={({ currentTarget }) => approval.acceptClock(currentTarget.checked)}
          />
          <span>{t("decrypt_clock_accept")}</span>
        </label>
        <p id="clock-problem" class="field-problem" role="alert">
          {missing === null ? null : t(missing.problem)}
        </p>
      </fieldset>
    ) : null,
  undecided: ({ clockAccepted }, { clockBehind }) =>
    clockBehind && !clockAccepted.value ? { problem: "decrypt_clock_required", field: "#clock-accepted" } : null,

  Done: ({ outcome }) => (
    <Notice tone="good" role="alert" title={t("decrypt_done", timeOfDay(outcome.releasedAt))}>
      <p>{t("decrypt_done_note")}</p>
    </Notice>
  ),
};
