/** The policy in force: each key's value, where it comes from, whether it is locked, and what is wrong with it. */
import { useEffect, useMemo } from "preact/hooks";
import { policyEffects, type PolicyKey, type PolicyProblemKind } from "@certbridge/protocol/policy";
import type { PolicyView } from "@certbridge/protocol/surface";
import { type MessageKey, t, tError } from "../../platform/i18n.ts";
import { CopyBlocked } from "../parts/copy-blocked.tsx";
import { Failure } from "../parts/failure.tsx";
import { Notice } from "../parts/notice.tsx";
import { safeName } from "../parts/text.ts";
import { createExplainedPolicy } from "../state/policy.ts";

type Setting = PolicyView["settings"][number];

const KEY: Readonly<Record<PolicyKey, MessageKey>> = {
  extraPlatforms: "policy_key_extraPlatforms",
  blockedOrigins: "policy_key_blockedOrigins",
  allowedCarriers: "policy_key_allowedCarriers",
  allowedAuthorities: "policy_key_allowedAuthorities",
  insecureOrigins: "policy_key_insecureOrigins",
  minimumExtensionVersion: "policy_key_minimumExtensionVersion",
  minimumHostVersion: "policy_key_minimumHostVersion",
};

const SOURCE: Readonly<Record<Setting["source"], MessageKey>> = {
  default: "policy_source_default",
  policy: "policy_by_administrator",
  "last-good": "policy_source_last_good",
  broken: "policy_source_broken",
};

const PROBLEM: Readonly<Record<PolicyProblemKind, MessageKey>> = {
  type: "policy_problem_type",
  value: "policy_problem_value",
  missing: "policy_problem_missing",
  version: "policy_problem_version",
  unknown: "policy_problem_unknown",
  unmarked: "policy_problem_unmarked",
  unguarded: "policy_problem_unguarded",
  duplicate: "policy_problem_duplicate",
  contradiction: "policy_problem_contradiction",
};

const COLUMNS = ["policy_column_key", "policy_column_value", "policy_column_source", "policy_column_lock"] as const;

/** What holds where the policy names no value: a list of what is allowed that is not there leaves all allowed, an empty one nothing. */
function bareValue({ key, source }: Setting): MessageKey {
  if (source === "broken") return policyEffects[key] === "forbids" ? "policy_value_refused" : "policy_value_useless";
  const isAllowList = key === "allowedCarriers" || key === "allowedAuthorities";
  if (isAllowList && source !== "default") return "policy_value_nothing";
  const isFree = isAllowList || key === "minimumExtensionVersion" || key === "minimumHostVersion";
  return isFree ? "policy_value_any" : "policy_value_none";
}

function SettingRow({ setting }: { setting: Setting }) {
  const { key, source, values } = setting;
  const isLocked = source !== "default";
  return (
    <tr role="row" data-key={key} data-source={source}>
      <th scope="row" role="rowheader">
        {t(KEY[key])}
        <code translate={false}>{key}</code>
      </th>
      <td role="cell" data-column={t("policy_column_value")}>
        {values.length === 0 ? (
          t(bareValue(setting))
        ) : (
          <ul class="policy-values" translate={false}>
            {values.map((value) => (
              <li key={value}>
                <bdi>{safeName(value, 160)}</bdi>
              </li>
            ))}
          </ul>
        )}
      </td>
      <td role="cell" data-column={t("policy_column_source")}>
        {t(SOURCE[source])}
      </td>
      <td role="cell" data-column={t("policy_column_lock")}>
        <span class={isLocked ? "tag tag-soon" : "tag"}>{t(isLocked ? "policy_locked" : "policy_open")}</span>
      </td>
    </tr>
  );
}

function Problems({ problems }: Pick<PolicyView, "problems">) {
  if (problems.length === 0) return null;
  return (
    <Notice tone="warning" title={t("policy_problems")}>
      <p>{t("policy_problems_note")}</p>
      <ul class="policy-problems">
        {problems.map(({ place, kind, found }) => (
          <li key={`${place} ${kind}`} data-place={place} data-kind={kind}>
            {place === "" ? t("policy_whole") : <code translate={false}>{safeName(place, 120)}</code>}{" "}
            {t(PROBLEM[kind], safeName(found))}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Explained({ view }: { view: PolicyView }) {
  const { state, installedByAdministrator, settings, refusesAll, problems } = view;
  return (
    <>
      {installedByAdministrator && <p>{t("policy_installed")}</p>}
      {state === "none" && <p class="soft">{t("policy_none")}</p>}
      {state === "read" && <p>{t("policy_read")}</p>}
      {state === "kept" && <p role="status">{t("policy_kept")}</p>}
      {refusesAll !== null && (
        <Notice tone="danger" role="alert" actions={<CopyBlocked policy={refusesAll} origin="" />}>
          <p>
            {tError("BLOCKED_BY_POLICY", { policy: refusesAll })} {t("policy_refuses_all")}
          </p>
        </Notice>
      )}
      <Problems problems={problems} />
      <div class="policy-scroll">
        {/* The roles are said, since a narrow window shows the cells one below the other. */}
        <table class="policy" role="table" aria-labelledby="policy-title" data-state={state}>
          <thead role="rowgroup">
            <tr role="row">
              {COLUMNS.map((column) => (
                <th key={column} scope="col" role="columnheader">
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {settings.map((setting) => (
              <SettingRow key={setting.key} setting={setting} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function PolicySection() {
  const policy = useMemo(() => createExplainedPolicy(), []);
  useEffect(() => policy.start(), [policy]);
  const view = policy.view.value;
  const problem = policy.problem.value;
  return (
    <section class="block" aria-labelledby="policy-title">
      <h2 id="policy-title">{t("policy_title")}</h2>
      <Failure problem={problem} />
      {view !== null && <Explained view={view} />}
    </section>
  );
}
