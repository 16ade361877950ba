/** `jobs` 找回加密投标文件: what of earlier visits the site would learn of, and get. No key is used. */
import { type MessageKey, t } from "../../../platform/i18n.ts";
import { moment } from "../../parts/format.ts";
import { safeName } from "../../parts/text.ts";
import type { AskedOf, OperationView } from "./operation.ts";

type Shown = AskedOf<"jobs">["jobs"][number];

const STATE: Readonly<Record<Shown["state"], MessageKey>> = {
  working: "jobs_state_working",
  done: "jobs_state_done",
  failed: "jobs_state_failed",
  lost: "jobs_state_lost",
};

export const jobs: OperationView<"jobs"> = {
  heading: "jobs_heading",
  confirm: "jobs_confirm",
  tells: ["jobs_tells_state", "jobs_tells_package"],
  hindrance: ({ jobs: shown }) => (shown.length === 0 ? { title: "jobs_none_title", words: "jobs_none" } : null),

  Body: ({ asked: { jobs: shown } }) => (
    <>
      <p>{t("jobs_body")}</p>
      <ol class="items" aria-label={t("jobs_list")} tabIndex={0}>
        {shown.map(({ jobId, projectName, lot, state, startedAt }) => (
          <li class="item" key={jobId}>
            <bdi class="item-name">{safeName(`${projectName} ${lot}`, 80)}</bdi>
            <p class="soft">
              {t(STATE[state])} · {moment(startedAt)}
            </p>
          </li>
        ))}
      </ol>
    </>
  ),
};
