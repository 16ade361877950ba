/** The options page: which sites may ask for a certificate. */
import { useEffect, useMemo } from "preact/hooks";
import { OperationError } from "@certbridge/protocol/errors";
import type { OptionsView } from "@certbridge/protocol/surface";
import { type MessageKey, t, tError } from "../../platform/i18n.ts";
import { extensionVersion, openReport, openWelcome } from "../../platform/surface-tabs.ts";
import { CopyBlocked } from "../parts/copy-blocked.tsx";
import { Notice } from "../parts/notice.tsx";
import { Origin, platformName } from "../parts/origin.tsx";
import { Page } from "../parts/page.tsx";
import { createOptions, type Options } from "../state/options.ts";
import { AddSite } from "./add-site.tsx";
import { PolicySection } from "./policy.tsx";
import { Program } from "./program.tsx";

type Site = OptionsView["sites"][number];

const SOURCE: Readonly<Record<Site["source"], MessageKey>> = {
  registry: "options_source_registry",
  policy: "policy_by_administrator",
  person: "options_source_person",
};

function SiteRow({ options, site }: { options: Options; site: Site }) {
  const { platform, source, granted, blockedBy } = site;
  return (
    <li class="site-row">
      <div class="site-words">
        {platform.name !== null && <bdi class="site-name">{platformName(platform)}</bdi>}
        <Origin origin={platform.origin} />
        <span class="key-line">
          <span class="tag">{t(SOURCE[source])}</span>
          {blockedBy === undefined ? (
            <span class={granted ? "tag tag-good" : "tag tag-soon"}>
              {t(granted ? "options_granted" : "options_not_granted")}
            </span>
          ) : (
            <span class="tag tag-urgent">{t("policy_by_administrator")}</span>
          )}
        </span>
        {blockedBy !== undefined && (
          <span class="field-problem">{tError("BLOCKED_BY_POLICY", { policy: blockedBy })}</span>
        )}
      </div>
      <div class="actions">
        {blockedBy !== undefined && <CopyBlocked policy={blockedBy} origin={platform.origin} />}
        {!granted && blockedBy === undefined && (
          <button
            type="button"
            class="primary"
            aria-label={t("options_grant_site", platform.origin)}
            onClick={() => void options.grant(platform.origin)}
          >
            {t("options_grant")}
          </button>
        )}
        {source === "person" && (
          <button
            type="button"
            aria-label={t("options_remove_site", platform.origin)}
            onClick={() => void options.remove(platform.origin)}
          >
            {t("options_remove")}
          </button>
        )}
      </div>
    </li>
  );
}

/** Which sites cannot be used before a person's click. */
function WaitingSites({ sites }: OptionsView) {
  const waiting = sites.filter(({ granted, blockedBy }) => !granted && blockedBy === undefined);
  if (waiting.length === 0) return null;
  return (
    <Notice tone="warning" title={t("options_waiting", waiting.length)}>
      <p>{t("options_waiting_note")}</p>
      <ul class="waiting-sites">
        {waiting.map(({ platform }) => (
          <li key={platform.origin}>
            <Origin origin={platform.origin} />
          </li>
        ))}
      </ul>
    </Notice>
  );
}

export function OptionsPage() {
  const options = useMemo(() => createOptions(), []);
  useEffect(() => options.start(), [options]);
  const view = options.view.value;
  const problem = options.problem.value;
  const outcome = options.outcome.value;
  return (
    <Page
      heading={t("options_sites")}
      lead={t("options_sites_note")}
      problem={problem}
      actions={
        OperationError.is(problem, "BLOCKED_BY_POLICY") ? (
          <CopyBlocked policy={problem.details?.policy ?? ""} origin={options.about.value} />
        ) : undefined
      }
    >
      <p class={outcome?.good === false ? "outcome field-problem" : "outcome good"} role="status">
        {outcome === null ? "" : t(outcome.key, outcome.origin)}
      </p>
      {view !== null && <WaitingSites sites={view.sites} />}
      {view !== null && view.sites.length === 0 && <p class="soft">{t("options_sites_none")}</p>}
      {view !== null && view.sites.length > 0 && (
        <ul class="sites">
          {view.sites.map((site) => (
            <SiteRow key={site.platform.origin} options={options} site={site} />
          ))}
        </ul>
      )}
      <AddSite options={options} />
      <Program />
      <PolicySection />
      <section class="block" aria-labelledby="language-title">
        <h2 id="language-title">{t("options_language")}</h2>
        <p>
          {t("options_language_name")} <span class="soft">{t("options_language_note")}</span>
        </p>
      </section>
      <section class="block" aria-labelledby="about-title">
        <h2 id="about-title">{t("options_about")}</h2>
        <p>
          {t("extension_name")} · {t("options_version", extensionVersion())}
        </p>
        <p class="soft">{t("options_license")}</p>
        <button type="button" class="link" onClick={() => void openWelcome()}>
          {t("options_welcome")}
        </button>{" "}
        <button type="button" class="link" onClick={() => void openReport()}>
          {t("report_open")}
        </button>
      </section>
    </Page>
  );
}
