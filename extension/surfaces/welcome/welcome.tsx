/** The welcome page: three steps with their state, and the way back to the page that waits. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { HostState, WelcomeView } from "@certbridge/protocol/surface";
import { t } from "../../platform/i18n.ts";
import { extensionVersion } from "../../platform/surface-tabs.ts";
import { HostPanel } from "../parts/host-panel.tsx";
import { Notice } from "../parts/notice.tsx";
import { operationWords } from "../parts/operation-words.ts";
import { platformWords } from "../parts/origin.tsx";
import { Page } from "../parts/page.tsx";
import { usePolling } from "../state/clock.ts";
import { createWelcome, type Welcome } from "../state/welcome.ts";
import { Command } from "./command.tsx";
import { installsOn } from "./systems.ts";

const POLL_MS = 2000;

type StepState = "done" | "now" | "later";

const STATE_WORDS = { done: "welcome_state_done", now: "welcome_state_now", later: "welcome_state_later" } as const;

function Step(props: { at: number; title: string; state: StepState; children: ComponentChildren }) {
  return (
    <li class={`step step-${props.state}`} aria-current={props.state === "now" ? "step" : undefined}>
      <span class="step-mark" aria-hidden="true">
        {props.state === "done" ? "✓" : props.at}
      </span>
      <div class="step-body">
        <p class="step-state">
          {t("welcome_step", props.at)} · {t(STATE_WORDS[props.state])}
        </p>
        <h2>{props.title}</h2>
        {props.children}
      </div>
    </li>
  );
}

/** The program is missing, and cannot be had for this system yet. */
function isOutOfReach({ host }: WelcomeView): boolean {
  return host.state === "missing" && !installsOn(navigator.userAgent);
}

function WaitingPage({ welcome, view }: { welcome: Welcome; view: WelcomeView }) {
  const { host, waiting } = view;
  // Nobody is promised to be taken back once something is there that cannot be had.
  if (waiting === null || isOutOfReach(view)) return null;
  const name = platformWords(waiting.platform);
  if (host.state !== "ready") {
    return (
      <Notice tone="plain" role="status">
        <p>{t("welcome_waiting_host", name)}</p>
      </Notice>
    );
  }
  return (
    <Notice
      tone="good"
      role="status"
      title={t("welcome_waiting_title")}
      actions={
        <button type="button" class="primary" onClick={() => void welcome.goBack(waiting.id)}>
          {t("welcome_waiting_show")}
        </button>
      }
    >
      <p>{t("welcome_waiting", name, operationWords(waiting.operation))}</p>
    </Notice>
  );
}

/** No command is shown on a system on which it would fail. */
function NotHere() {
  return (
    <Notice tone="warning">
      <p class="notice-title">{t("welcome_host_elsewhere_title")}</p>
      <p>{t("welcome_host_elsewhere")}</p>
    </Notice>
  );
}

/** The others are mended elsewhere: in another browser, by a newer extension, or by not trusting what is there. */
const INSTALL_HELPS: ReadonlySet<HostState["state"]> = new Set([
  "missing",
  "forbidden",
  "failed",
  "outdated",
  "unpaired",
]);

function ProgramStep({ welcome, view }: { welcome: Welcome; view: WelcomeView }) {
  const { host } = view;
  if (host.state === "ready") return <p class="good">{t("host_ready", host.version)}</p>;
  if (isOutOfReach(view)) return <NotHere />;
  return (
    <>
      <p>{t("welcome_host_why")}</p>
      <HostPanel host={host} recheck={() => welcome.refresh()} withHelp={false} />
      {INSTALL_HELPS.has(host.state) && (
        <>
          <p>{t("welcome_host_how")}</p>
          <Command text="./certbridge-host install" />
        </>
      )}
      <p class="soft watching">
        <span class="pulse" aria-hidden="true" />
        {t("welcome_watching")}
      </p>
    </>
  );
}

function Promises() {
  return (
    <section class="promises" aria-labelledby="promises-title">
      <h2 id="promises-title">{t("welcome_safe_title")}</h2>
      <ul>
        <li>{t("welcome_safe_origin")}</li>
        <li>{t("welcome_safe_ask")}</li>
        <li>{t("welcome_safe_pin")}</li>
      </ul>
    </section>
  );
}

export function WelcomePage() {
  const welcome = useMemo(() => createWelcome(), []);
  useEffect(() => welcome.start(), [welcome]);
  usePolling(true, POLL_MS, () => void welcome.refresh());
  const view = welcome.view.value;
  const problem = welcome.problem.value;
  const ready = view?.host.state === "ready";
  const outOfReach = view !== null && isOutOfReach(view);
  return (
    <Page heading={t("welcome_title")} lead={t("welcome_lead")} problem={problem}>
      {view !== null && <WaitingPage welcome={welcome} view={view} />}
      <ol class="steps">
        <Step at={1} title={t("welcome_extension")} state="done">
          <p class="good">{t("welcome_extension_done", extensionVersion())}</p>
        </Step>
        <Step at={2} title={t("welcome_host")} state={ready ? "done" : outOfReach ? "later" : "now"}>
          {view === null ? <p class="soft">{t("host_checking")}</p> : <ProgramStep welcome={welcome} view={view} />}
        </Step>
        <Step at={3} title={t("welcome_certificate")} state={ready ? "now" : "later"}>
          {ready ? (
            <>
              <p>{t("welcome_certificate_body")}</p>
              <Command text="./certbridge-host keys import FILE" />
              <p>{t("welcome_certificate_key")}</p>
              <Command text="./certbridge-host devices add LIBRARY --certificate CA.cer" />
              <p class="soft">{t("welcome_certificate_check")}</p>
            </>
          ) : (
            <p class="soft">{t("welcome_certificate_later")}</p>
          )}
        </Step>
      </ol>
      <Promises />
    </Page>
  );
}
