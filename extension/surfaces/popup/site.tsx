/** What the page under the popup is to us. */
import type { Platform, PopupView } from "@certbridge/protocol/surface";
import { type MessageKey, t, tError } from "../../platform/i18n.ts";
import { openOptions } from "../../platform/surface-tabs.ts";
import { CopyBlocked } from "../parts/copy-blocked.tsx";
import { Notice } from "../parts/notice.tsx";
import { isInsecure, Origin, platformName } from "../parts/origin.tsx";
import type { Popup } from "../state/popup.ts";

function tagOf(platform: Platform): MessageKey {
  if (isInsecure(platform)) return "policy_by_administrator";
  return platform.name === null ? "popup_site_added" : "popup_site_participating";
}

function Participating({
  popup,
  site,
}: {
  popup: Popup;
  site: Extract<PopupView["site"], { state: "participating" }>;
}) {
  return (
    <>
      <span class="tag tag-good">{t(tagOf(site.platform))}</span>
      {site.platform.name !== null && <bdi class="asker-name">{platformName(site.platform)}</bdi>}
      <Origin origin={site.platform.origin} />
      {popup.granting.value === "granted" ? (
        <>
          <p role="status">{t("popup_site_granted")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => void popup.reloadPage()}>
              {t("popup_reload")}
            </button>
          </div>
        </>
      ) : (
        <p class="soft">{t("popup_site_ready")}</p>
      )}
    </>
  );
}

function Body({ popup, site }: { popup: Popup; site: PopupView["site"] }) {
  switch (site.state) {
    case "participating":
      return <Participating popup={popup} site={site} />;
    case "needs-permission":
      return (
        <>
          <bdi class="asker-name">{platformName(site.platform)}</bdi>
          <Origin origin={site.platform.origin} />
          <p>{t("popup_site_needs_permission")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => popup.grant(site.platform.origin)}>
              {t("popup_site_grant")}
            </button>
          </div>
          <p class="field-problem" role="alert">
            {popup.granting.value === "denied" ? t("popup_site_denied") : ""}
          </p>
        </>
      );
    case "not-participating":
      return (
        <>
          <Origin origin={site.origin} />
          <p>
            <strong>{t("popup_site_not_participating")}</strong>
          </p>
          <p class="soft">{t("popup_site_not_participating_note")}</p>
          <div class="actions">
            <button type="button" onClick={() => void openOptions()}>
              {t("popup_view_list")}
            </button>
          </div>
        </>
      );
    case "insecure":
      return (
        <>
          <Origin origin={site.origin} />
          <Notice tone="warning">
            <p>{t("popup_site_insecure")}</p>
            <p>{t("popup_site_insecure_note")}</p>
          </Notice>
        </>
      );
    case "blocked":
      return (
        <>
          <Origin origin={site.origin} />
          <Notice tone="warning" actions={<CopyBlocked policy={site.policy} origin={site.origin} />}>
            <p>{tError("BLOCKED_BY_POLICY", { policy: site.policy })}</p>
          </Notice>
        </>
      );
    case "none":
      break;
  }
  return <p class="soft">{t("popup_site_none")}</p>;
}

export function Site({ popup, site }: { popup: Popup; site: PopupView["site"] }) {
  return (
    <section class="block site" aria-labelledby="site-title">
      <h2 class="section-title" id="site-title">
        {t("popup_site")}
      </h2>
      <Body popup={popup} site={site} />
    </section>
  );
}
