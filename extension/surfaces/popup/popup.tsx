/** The popup: what this page is, how program and keys are, and what to do next. */
import { useEffect, useMemo } from "preact/hooks";
import type { PopupView } from "@certbridge/protocol/surface";
import { beijingTime, errorWords, t } from "../../platform/i18n.ts";
import { openBids, openOptions, openReport, openWelcome } from "../../platform/surface-tabs.ts";
import { Brand } from "../parts/brand.tsx";
import { HostPanel } from "../parts/host-panel.tsx";
import { Notice } from "../parts/notice.tsx";
import { ProgramFacts } from "../parts/program-facts.tsx";
import { usePolling } from "../state/clock.ts";
import { createPopup, type Popup } from "../state/popup.ts";
import { Keys } from "./keys.tsx";
import { Site } from "./site.tsx";
import { Waiting } from "./waiting.tsx";

const POLL_MS = 2000;

/** The origin whose PIN entry is paused: this page's, else that of the request that waits. */
function pausedOrigin({ site, waiting }: PopupView): string | null {
  if ("platform" in site) return site.platform.origin;
  return waiting[0]?.platform.origin ?? null;
}

function PinPaused({ popup, view }: { popup: Popup; view: PopupView }) {
  const origin = pausedOrigin(view);
  if (!view.pinPaused || origin === null) return null;
  return (
    <Notice
      tone="warning"
      title={t("pin_paused_title")}
      actions={
        <button type="button" class="primary" onClick={() => void popup.act("resumePin", { origin })}>
          {t("pin_paused_resume")}
        </button>
      }
    >
      <p>{t("pin_paused_popup", origin)}</p>
    </Notice>
  );
}

function Program({ popup, view }: { popup: Popup; view: PopupView }) {
  if (view.host.state !== "ready") return <HostPanel host={view.host} recheck={() => popup.refresh()} />;
  return (
    <section class="block" aria-labelledby="keys-title">
      <h2 class="section-title" id="keys-title">
        {t("popup_keys")}
      </h2>
      <Keys keys={view.keys} />
      <ProgramFacts host={view.host} />
    </section>
  );
}

function Next({ next = null }: Pick<PopupView, "next">) {
  if (next === null) return null;
  return (
    <Notice
      tone="warning"
      title={t("popup_next")}
      actions={
        <button type="button" class="primary" onClick={() => void openBids(next.packageId)}>
          {t("popup_next_show")}
        </button>
      }
    >
      <p>{beijingTime(next.openingTime)}</p>
    </Notice>
  );
}

export function PopupWindow() {
  const popup = useMemo(() => createPopup(), []);
  useEffect(() => popup.start(), [popup]);
  const view = popup.view.value;
  const problem = popup.problem.value;
  usePolling(view !== null && view.host.state !== "ready", POLL_MS, () => void popup.refresh());
  return (
    <>
      <header class="bar">
        <Brand />
      </header>
      <main class="popup">
        {problem !== null && (
          <Notice
            tone="danger"
            role="alert"
            title={t("error_title")}
            actions={
              <button type="button" onClick={() => void popup.refresh()}>
                {t("retry")}
              </button>
            }
          >
            <p>{errorWords(problem)}</p>
          </Notice>
        )}
        {view === null && problem === null && <p class="loading">{t("host_checking")}</p>}
        {view !== null && (
          <>
            <Waiting popup={popup} waiting={view.waiting} />
            <Next {...view} />
            <PinPaused popup={popup} view={view} />
            <Site popup={popup} site={view.site} />
            <Program popup={popup} view={view} />
          </>
        )}
      </main>
      <footer class="foot">
        <button type="button" class="link" onClick={() => void openBids()}>
          {t("popup_bids")}
        </button>
        <button type="button" class="link" id="open-rescue" onClick={() => void openBids("rescue")}>
          {t("rescue_open")}
        </button>
        <button type="button" class="link" onClick={() => void openOptions()}>
          {t("popup_options")}
        </button>
        <button type="button" class="link" onClick={() => void openWelcome()}>
          {t("popup_help")}
        </button>
        <button type="button" class="link" onClick={() => void openReport()}>
          {t("report_open")}
        </button>
      </footer>
    </>
  );
}
