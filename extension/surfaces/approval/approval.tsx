/** The approval window: who asks, what is asked, and the person's answer. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { OperationError } from "@certbridge/protocol/errors";
import type { ApprovalView, Asked, Platform } from "@certbridge/protocol/surface";
import { errorWords, type MessageKey, t } from "../../platform/i18n.ts";
import { openWelcome } from "../../platform/surface-tabs.ts";
import { Brand } from "../parts/brand.tsx";
import { CopyBlocked } from "../parts/copy-blocked.tsx";
import { HostPanel } from "../parts/host-panel.tsx";
import { KeyFindings } from "../parts/key-findings.tsx";
import { Notice } from "../parts/notice.tsx";
import { isInsecure, Origin, platformName } from "../parts/origin.tsx";
import { createApproval, type Approval } from "../state/approval.ts";
import { useNow, usePolling } from "../state/clock.ts";
import { useHotPlug } from "../state/hot-plug.ts";
import { fitting } from "../state/keys.ts";
import { Countdown } from "./countdown.tsx";
import { Form } from "./form.tsx";
import { AskedDone, hindranceOf, wantedOf, wordsOf } from "./operations/index.tsx";
import { problemWords } from "./problem.ts";
import { Working } from "./working.tsx";

/** While something is missing, look again this often. */
const POLL_MS = 2000;

/** How long the last words stay before the window goes by itself. */
const CLOSE_AFTER_MS = { done: 700, declined: 700, cancelled: 8000, ended: 8000 } as const;

function Asker({ platform }: { platform: Platform }) {
  return (
    <section class="asker" id="asker" aria-labelledby="asker-from">
      <span class="soft" id="asker-from">
        {t("approval_request_from")}
      </span>
      <bdi class="asker-name">{platformName(platform)}</bdi>
      <Origin origin={platform.origin} />
      {isInsecure(platform) ? (
        <span class="asker-note">{t("approval_insecure_note")}</span>
      ) : (
        platform.name === null && <span class="asker-note">{t("approval_added_site_note")}</span>
      )}
    </section>
  );
}

/** What stands in the way before anything can be chosen; null where nothing does. */
function Obstacle({ approval, view }: { approval: Approval; view: ApprovalView }) {
  const refresh = () => approval.refresh();
  const [looks, setLooks] = useState(0);
  const byBackup = wordsOf(view.asked).withBackup !== undefined && (
    <button type="button" id="use-backup" onClick={() => approval.useBackup(true)}>
      {t("backup_use")}
    </button>
  );
  if (view.host.state !== "ready") return <HostPanel host={view.host} recheck={refresh} />;
  if (view.pinPaused) {
    return (
      <Notice tone="warning" role="alert" title={t("pin_paused_title")} actions={byBackup}>
        <p>{t("pin_paused_approval")}</p>
      </Notice>
    );
  }
  const hindrance = hindranceOf(view.asked);
  if (hindrance !== null) {
    return (
      <Notice tone="warning" role="alert" title={t(hindrance.title)}>
        <p>{t(hindrance.words)}</p>
      </Notice>
    );
  }
  const wanted = wantedOf(view.asked);
  return (
    <Notice
      tone="warning"
      title={wanted ?? t("certificate_none_title")}
      actions={
        <>
          <button type="button" class="primary" onClick={() => void openWelcome()}>
            {t("certificate_how")}
          </button>
          <button
            type="button"
            onClick={() => {
              setLooks(looks + 1);
              void refresh();
            }}
          >
            {t("certificate_recheck")}
          </button>
          {byBackup}
        </>
      }
    >
      {wanted === null && <p>{t("certificate_none")}</p>}
      <KeyFindings key={looks} />
    </Notice>
  );
}

function needsHelp(view: ApprovalView, withBackup: boolean): boolean {
  if (view.host.state !== "ready" || hindranceOf(view.asked) !== null) return true;
  return !withBackup && view.usesKey && (view.pinPaused || view.keys.length === 0);
}

const cancelledWords = (asked: Asked | undefined): MessageKey =>
  (asked === undefined ? undefined : wordsOf(asked).cancelled) ?? "approval_ended";

/** Where the window stays, the way out of it has the focus, unless there is something to do first. */
function CloseDone() {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (document.activeElement === document.body) button.current?.focus();
  }, []);
  return (
    <div class="decision">
      <div class="decision-buttons">
        <button ref={button} type="button" class="primary" onClick={() => window.close()}>
          {t("approval_close")}
        </button>
      </div>
    </div>
  );
}

function Over({ approval }: { approval: Approval }) {
  const phase = approval.phase.value;
  const problem = approval.problem.value;
  const outcome = approval.outcome.value;
  const blocked = phase === "ended" && OperationError.is(problem, "BLOCKED_BY_POLICY") ? problem : null;
  useEffect(() => {
    // What is to be copied for somebody else stays until it was; what is to be read, until the person closes it.
    if (phase === "asking" || phase === "working" || blocked !== null || outcome !== null) return undefined;
    const timer = setTimeout(() => window.close(), CLOSE_AFTER_MS[phase]);
    return () => clearTimeout(timer);
  }, [phase, blocked, outcome]);
  const asked = approval.view.value?.asked;
  if (outcome !== null && asked !== undefined) {
    return (
      <>
        <AskedDone asked={asked} outcome={outcome} id={approval.id} />
        <CloseDone />
      </>
    );
  }
  const words =
    phase === "done"
      ? t("approval_done")
      : phase === "declined"
        ? t("approval_declined")
        : phase === "cancelled"
          ? t(cancelledWords(asked))
          : problem === null
            ? t("approval_ended")
            : problemWords(problem, approval.used.value ?? approval.key.value);
  const failed = phase === "ended" && asked !== undefined ? wordsOf(asked).failed : undefined;
  return (
    <Notice
      {...(failed === undefined ? {} : { title: t(failed) })}
      tone={phase === "done" ? "good" : phase === "ended" ? "warning" : "plain"}
      role="alert"
      actions={
        <>
          {blocked !== null && (
            <CopyBlocked policy={blocked.details?.policy ?? ""} origin={approval.view.value?.platform.origin ?? ""} />
          )}
          <button type="button" onClick={() => window.close()}>
            {t("approval_close")}
          </button>
        </>
      }
    >
      <p>{words}</p>
    </Notice>
  );
}

/** Why the last try failed: the key may be gone from the list with it. */
function Failed({ approval }: { approval: Approval }) {
  const problem = approval.problem.value;
  const used = approval.used.value;
  if (problem === null || used === null) return null;
  return <Notice tone="danger" role="alert" title={problemWords(problem, used)} />;
}

function Request({ approval, view }: { approval: Approval; view: ApprovalView }) {
  const now = useNow();
  const withBackup = wordsOf(view.asked).withBackup !== undefined && approval.backup.chosen.value;
  const helping = needsHelp(view, withBackup);
  const { working } = wordsOf(view.asked);
  const progress = approval.phase.value === "working" ? approval.bid.progress.value : null;
  const nothingFits = view.usesKey && fitting(view.keys).length === 0;
  usePolling(helping || (nothingFits && !withBackup), POLL_MS, () => void approval.refresh());
  const isAsking = approval.phase.value === "asking";
  useHotPlug(view.usesKey && isAsking && view.host.state === "ready", () => void approval.refresh());
  // Another browser may have the key: then this one waits, and says for whom.
  const isWaiting = approval.phase.value === "working" && approval.key.value?.carrier === "usb-key";
  usePolling(isWaiting && progress === null, POLL_MS, () => void approval.refresh());
  return (
    <>
      <header class="bar">
        <Brand />
        {progress === null && <Countdown expiresAt={view.expiresAt} now={now} expire={() => approval.expire()} />}
      </header>
      <main>
        <Asker platform={view.platform} />
        {progress !== null && working !== undefined ? (
          <Working words={working} progress={progress} cancel={() => void approval.cancel()} />
        ) : helping ? (
          <>
            <h1>{t(wordsOf(view.asked).heading)}</h1>
            <Failed approval={approval} />
            <Obstacle approval={approval} view={view} />
            <div class="decision">
              <div class="decision-buttons">
                <button type="button" onClick={() => void approval.decline()}>
                  {t("approval_decline")}
                </button>
              </div>
            </div>
          </>
        ) : (
          <Form approval={approval} view={view} now={now} />
        )}
      </main>
    </>
  );
}

/** @param id the request's, from the window's address */
export function ApprovalWindow({ id }: { id: string }) {
  const approval = useMemo(() => createApproval(id), [id]);
  useEffect(() => approval.start(), [approval]);
  useEffect(() => {
    const declineOnEscape = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.isComposing) void approval.decline();
    };
    document.addEventListener("keydown", declineOnEscape);
    return () => document.removeEventListener("keydown", declineOnEscape);
  }, [approval]);

  const view = approval.view.value;
  const phase = approval.phase.value;
  const problem = approval.problem.value;
  if (phase !== "asking" && phase !== "working") {
    return (
      <>
        <header class="bar">
          <Brand />
        </header>
        <main>
          {view !== null && <Asker platform={view.platform} />}
          <Over approval={approval} />
        </main>
      </>
    );
  }
  if (view !== null) return <Request approval={approval} view={view} />;
  return (
    <main>
      {problem === null ? (
        <p class="loading" role="status">
          {t("approval_loading")}
        </p>
      ) : (
        <Notice
          tone="danger"
          role="alert"
          title={t("error_title")}
          actions={
            <button type="button" class="primary" onClick={() => void approval.refresh()}>
              {t("retry")}
            </button>
          }
        >
          <p>{errorWords(problem)}</p>
        </Notice>
      )}
    </main>
  );
}

/** The request's id in the window's address: `approval.html?id=…`, or after `#`. */
export function requestIdOf(address: string): string {
  const { searchParams, hash } = new URL(address);
  return searchParams.get("id") ?? new URLSearchParams(hash.slice(1)).get("id") ?? hash.slice(1);
}
