/** What is asked, the choice of certificate, the PIN, and the two buttons. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { HostKey } from "@certbridge/protocol/host";
import type { ApprovalView } from "@certbridge/protocol/surface";
import { deviceOwner, t } from "../../platform/i18n.ts";
import { timeOfDay } from "../parts/format.ts";
import { KeyFindings } from "../parts/key-findings.tsx";
import { Notice } from "../parts/notice.tsx";
import { safeName } from "../parts/text.ts";
import { useArmed } from "../state/armed.ts";
import type { Approval } from "../state/approval.ts";
import { isWholePassphrase, passphraseWaitMs } from "../state/backup.ts";
import { pinWaitMs } from "../state/keys.ts";
import { BackupFields, type BackupGap } from "./backup-fields.tsx";
import { Certificates } from "./certificates.tsx";
import { AskedBody, AskedChoice, noneFitsOf, undecidedOf, wordsOf } from "./operations/index.tsx";
import { focusLastTry, isLastTry, LastTry, lastTryIn } from "./last-try.tsx";
import { Pin } from "./pin.tsx";
import { isOfTheField, problemWords } from "./problem.ts";

/** Only work that takes longer than this is spoken of: a flash of text helps nobody. */
const SLOW_AFTER_MS = 1000;

function useSlow(working: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!working) return undefined;
    const timer = setTimeout(() => setSlow(true), SLOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [working]);
  return slow;
}

/** Room at the window's lower edge that the two buttons take, in CSS pixels. */
const DECISION_HEIGHT = 80;

/** Whether the field can be typed into without scrolling away from who asks and what for. */
function isInSight(field: HTMLElement | null): boolean {
  return field !== null && field.getBoundingClientRect().bottom <= window.innerHeight - DECISION_HEIGHT;
}

/** Another browser may have the key. */
function workingWords(key: HostKey | null): string {
  if (key?.usedBy === undefined) return t("approval_working");
  return t("device_waiting", safeName(deviceOwner(key.usedBy.by), 60), timeOfDay(key.usedBy.since));
}

function Tells({ view, withBackup }: { view: ApprovalView; withBackup: boolean }) {
  const own = wordsOf(view.asked);
  const tells = (withBackup ? own.withBackup?.tells : undefined) ?? own.tells;
  if (tells.length === 0) return null;
  return (
    <div class="tells">
      <h2 class="section-title">{t("approval_tells_title")}</h2>
      <ul>
        {tells.map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
    </div>
  );
}

export function Form({ approval, view, now }: { approval: Approval; view: ApprovalView; now: number }) {
  const pin = useRef<HTMLInputElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const [looks, setLooks] = useState(0);
  const [missing, setMissing] = useState<"certificate" | "choice" | "pin" | "last-try" | BackupGap | null>(null);
  const own = wordsOf(view.asked);
  const key = approval.key.value;
  const problem = approval.problem.value;
  const working = approval.phase.value === "working";
  const isLast = isLastTry(key, problem);
  /** A backup key file stands in the place of key and PIN. */
  const withBackup = own.withBackup !== undefined && approval.backup.chosen.value;
  const takesKey = view.usesKey && !withBackup;
  const noneFits = takesKey ? noneFitsOf(view.asked, view.keys) : null;
  const slow = useSlow(working);
  const armed = useArmed(approval.seen.value) && !working;
  const fieldProblem = problem !== null && isOfTheField(problem) ? problemWords(problem, approval.used.value) : null;
  const lookUndecided = () => undecidedOf(approval, view.asked);
  const undecided = lookUndecided();
  const asking = { asked: view.asked, approval, now, missing: missing === "choice" ? undecided : null };

  // With the drawing itself: later, it would take the focus away from whoever presses Tab at once.
  useLayoutEffect(() => {
    const decided = view.usesKey && key !== null && undecided === null;
    const first = decided && isInSight(pin.current) ? pin.current : null;
    // The platform stays in sight: who asks is read before anything is typed.
    (first ?? form.current?.querySelector<HTMLElement>("h1"))?.focus({ preventScroll: true });
  }, []);

  // After a wrong PIN the field is empty and has the focus; the old one is never left standing.
  useEffect(() => {
    if (problem === null || working || pin.current === null) return;
    // Of twenty letters one is put right, and not all typed again.
    if (!withBackup) pin.current.value = "";
    // The field may be in sight and its message still be hidden under the decision, or below the window's edge.
    const ofTheField = withBackup ? "#passphrase-problem" : "#pin-problem";
    const message = isOfTheField(problem) ? ofTheField : ".decision .notice";
    if (isOfTheField(problem)) pin.current.focus();
    form.current?.querySelector(message)?.scrollIntoView({ block: "nearest" });
  }, [problem, working]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (!armed) return;
    if (!view.usesKey) {
      void approval.accept(null);
      return;
    }
    const typed = pin.current?.value ?? "";
    // What was chosen a moment ago may not be drawn yet.
    const left = lookUndecided();
    if (withBackup && approval.backup.file.value === null) {
      setMissing("file");
      form.current?.querySelector<HTMLElement>("#backup-file")?.focus();
    } else if (!withBackup && key === null) {
      setMissing("certificate");
      form.current?.querySelector<HTMLElement>("input[name=certificate]:not(:disabled)")?.focus();
    } else if (left !== null) {
      setMissing("choice");
      form.current?.querySelector<HTMLElement>(left.field)?.focus();
    } else if (withBackup && !isWholePassphrase(typed)) {
      setMissing("passphrase");
      pin.current?.focus();
    } else if (withBackup) {
      if (passphraseWaitMs(problem, Date.now()) > 0) return;
      setMissing(null);
      void approval.acceptBackup(typed);
    } else if (typed === "") {
      setMissing("pin");
      pin.current?.focus();
    } else if (isLast && !lastTryIn(form.current)) {
      setMissing("last-try");
      focusLastTry(form.current);
    } else if (key !== null && pinWaitMs(key, Date.now()) === 0) {
      setMissing(null);
      if (pin.current) pin.current.value = "";
      void approval.accept(typed, lastTryIn(form.current));
    }
  };

  return (
    <form
      ref={form}
      class="approval-form"
      aria-labelledby="asked"
      aria-describedby="asker"
      noValidate
      aria-busy={working}
      onSubmit={submit}
    >
      {/* Who hears the window instead of seeing it is told who asks, too. */}
      <h1 id="asked" tabIndex={-1} aria-describedby="asker">
        {t(own.heading)}
      </h1>
      {noneFits !== null && (
        // Why the button would do nothing stands where the window begins: the certificates are below its edge.
        <Notice
          tone="danger"
          role="alert"
          title={noneFits}
          actions={
            <button
              type="button"
              onClick={() => {
                setLooks(looks + 1);
                void approval.refresh();
              }}
            >
              {t("certificate_recheck")}
            </button>
          }
        />
      )}
      {/* The one that is needed may be inserted, and only its driver fail. */}
      {noneFits !== null && <KeyFindings key={looks} withHeading />}
      <AskedBody {...asking} />
      <Tells view={view} withBackup={withBackup} />
      {takesKey && (
        <Certificates
          keys={view.keys}
          chosen={key?.keyId ?? null}
          now={now}
          disabled={working}
          problem={missing === "certificate" && key === null ? t("certificate_required") : null}
          choose={(keyId) => approval.chooseKey(keyId)}
        />
      )}
      {takesKey && own.withBackup !== undefined && (
        <button type="button" class="link" id="use-backup" disabled={working} onClick={() => approval.useBackup(true)}>
          {t("backup_use")}
        </button>
      )}
      <AskedChoice {...asking} />
      {withBackup && (
        <BackupFields
          backup={approval.backup}
          field={pin}
          missing={missing === "file" || missing === "passphrase" ? missing : null}
          problem={fieldProblem}
          disabled={working}
          useKey={() => approval.useBackup(false)}
        />
      )}
      {takesKey && <LastTry key={key?.keyId} isLast={isLast} isMissing={missing === "last-try"} />}
      {takesKey && (
        <Pin
          key={key?.keyId}
          field={pin}
          chosen={key}
          now={now}
          disabled={working}
          problem={fieldProblem ?? (missing === "pin" ? t("pin_required") : null)}
        />
      )}
      <div class="decision">
        {problem !== null && fieldProblem === null && (
          <Notice tone="danger" role="alert" title={t(own.failed ?? "error_title")}>
            {problemWords(problem, approval.used.value)}
          </Notice>
        )}
        <p class="working" role="status">
          {slow && problem === null ? workingWords(key) : ""}
        </p>
        <div class="decision-buttons">
          <button type="button" aria-disabled={!armed} onClick={() => armed && void approval.decline()}>
            {t("approval_decline")}
          </button>
          <button type="submit" class="primary" aria-disabled={!armed} aria-describedby="arming">
            {t(own.confirm)}
          </button>
        </div>
        <span id="arming" class="spoken">
          {armed || working ? "" : t("approval_arming")}
        </span>
      </div>
    </form>
  );
}
