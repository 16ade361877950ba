/** 打开自己的加密投标文件: without a site, the person picks the package, opens it by key or backup key file, and saves the files. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { OwnPackageView } from "@certbridge/protocol/surface";
import { errorWords, t } from "../../platform/i18n.ts";
import { BackupFields, type BackupGap } from "../approval/backup-fields.tsx";
import { Certificates } from "../approval/certificates.tsx";
import { wantedWords, wrongKeyWords } from "../parts/needed-key.ts";
import { focusLastTry, isLastTry, LastTry, lastTryIn } from "../approval/last-try.tsx";
import { Pin } from "../approval/pin.tsx";
import { isOfTheField, problemWords } from "../approval/problem.ts";
import { Working } from "../approval/working.tsx";
import { Brand } from "../parts/brand.tsx";
import { HostPanel } from "../parts/host-panel.tsx";
import { KeyFindings } from "../parts/key-findings.tsx";
import { Notice } from "../parts/notice.tsx";
import { OpenedFiles } from "../parts/opened-files.tsx";
import { OwnPackageFacts } from "../parts/own-package.tsx";
import { isWholePassphrase, passphraseWaitMs } from "../state/backup.ts";
import { useNow, usePolling } from "../state/clock.ts";
import { useHotPlug } from "../state/hot-plug.ts";
import { pinWaitMs } from "../state/keys.ts";
import { createOwn, type Own } from "../state/own.ts";

/** Keys come and go while the page is open. */
const POLL_MS = 2000;

const WORKING = { begins: "own_working", ends: "own_working", note: "own_working_note", cancel: "own_cancel" } as const;
const READING = { ...WORKING, begins: "own_reading", ends: "own_reading" } as const;

function Picker({ own }: { own: Own }) {
  const problem = own.problem.value;
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), [problem]);
  return (
    <div class="own-form">
      {problem !== null && (
        <Notice tone="danger" role="alert" title={t("own_failed")}>
          <p>{errorWords(problem)}</p>
        </Notice>
      )}
      <label class="card picker">
        <input
          ref={field}
          id="own-package"
          type="file"
          accept=".cbid"
          onChange={({ currentTarget }) => void own.pick(currentTarget.files?.[0] ?? null)}
        />
        <span class="picker-words">{t("own_pick")}</span>
        <span class="soft">.cbid</span>
      </label>
    </div>
  );
}

/** Key and PIN, or a backup key file and its passphrase. */
function Opening({ own, view }: { own: Own; view: OwnPackageView }) {
  const now = useNow();
  const field = useRef<HTMLInputElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const [missing, setMissing] = useState<"certificate" | "pin" | "last-try" | BackupGap | null>(null);
  const key = own.key.value;
  const problem = own.problem.value;
  const isLast = isLastTry(key, problem);
  const withBackup = own.backup.chosen.value;
  const { needed } = view.own;
  const noneFits = wrongKeyWords(needed, view.keys);
  const isWorking = own.phase.value === "working";
  const fieldProblem = problem !== null && isOfTheField(problem) ? problemWords(problem, key) : null;
  useLayoutEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (problem === null || field.current === null) return;
    if (!withBackup) field.current.value = "";
    if (isOfTheField(problem)) field.current.focus();
  }, [problem]);
  usePolling(key === null && !withBackup && !isWorking, POLL_MS, () => void own.refresh());
  useHotPlug(!withBackup && !isWorking && view.host.state === "ready", () => void own.refresh());

  const submit = (event: Event) => {
    event.preventDefault();
    const typed = field.current?.value ?? "";
    const gap = withBackup
      ? own.backup.file.value === null
        ? "file"
        : isWholePassphrase(typed)
          ? null
          : "passphrase"
      : key === null
        ? "certificate"
        : typed === ""
          ? "pin"
          : isLast && !lastTryIn(document)
            ? "last-try"
            : null;
    setMissing(gap);
    if (gap === "file") document.querySelector<HTMLElement>("#backup-file")?.focus();
    else if (gap === "last-try") focusLastTry(document);
    else if (gap !== null) field.current?.focus();
    else if (withBackup && passphraseWaitMs(problem, Date.now()) === 0) void own.openWithBackup(typed);
    else if (!withBackup && key !== null && pinWaitMs(key, Date.now()) === 0) {
      if (field.current !== null) field.current.value = "";
      void own.open(typed, lastTryIn(document));
    }
  };

  return (
    <form class="own-form" noValidate onSubmit={submit} aria-labelledby="own-lot">
      <h2 ref={heading} id="own-lot" tabIndex={-1}>
        {t("own_lot")}
      </h2>
      {noneFits !== null && !withBackup && (
        <>
          <Notice tone="danger" role="alert" title={noneFits} />
          <KeyFindings withHeading />
        </>
      )}
      <OwnPackageFacts own={view.own} now={now} />
      {withBackup ? (
        <BackupFields
          backup={own.backup}
          field={field}
          missing={missing === "file" || missing === "passphrase" ? missing : null}
          problem={fieldProblem}
          disabled={isWorking}
          useKey={() => own.useBackup(false)}
        />
      ) : (
        <>
          {view.host.state !== "ready" && <HostPanel host={view.host} recheck={() => own.refresh()} />}
          {view.keys.length === 0 ? (
            <Notice tone="warning" title={wantedWords(needed) ?? ""}>
              <p>{t("certificate_none")}</p>
              {view.host.state === "ready" && <KeyFindings />}
            </Notice>
          ) : (
            <Certificates
              keys={view.keys}
              chosen={key?.keyId ?? null}
              now={now}
              problem={missing === "certificate" && key === null ? t("certificate_required") : null}
              disabled={isWorking}
              choose={(keyId) => own.chooseKey(keyId)}
            />
          )}
          <button type="button" class="link" id="use-backup" onClick={() => own.useBackup(true)}>
            {t("backup_use")}
          </button>
          <LastTry key={key?.keyId} isLast={isLast} isMissing={missing === "last-try"} />
          <Pin
            key={key?.keyId}
            field={field}
            chosen={key}
            now={now}
            problem={fieldProblem ?? (missing === "pin" ? t("pin_required") : null)}
            disabled={isWorking}
          />
        </>
      )}
      {problem !== null && fieldProblem === null && (
        <Notice tone="danger" role="alert" title={t("own_failed")}>
          <p>{problemWords(problem, key)}</p>
        </Notice>
      )}
      <div class="actions">
        <button type="submit" class="primary" aria-disabled={isWorking}>
          {t("own_confirm")}
        </button>
        <button type="button" onClick={() => own.leave()}>
          {t("own_another")}
        </button>
      </div>
    </form>
  );
}

function Stage({ own }: { own: Own }) {
  const progress = own.progress.value ?? { share: 0, rate: null, leftMs: null };
  const view = own.view.value;
  switch (own.phase.value) {
    case "picking":
      return <Picker own={own} />;
    case "reading":
      return <Working heading="h2" words={READING} progress={progress} cancel={() => own.leave()} />;
    case "working":
      // What was typed stays in its field until it is known to be right.
      if (own.progress.value === null) return view === null ? null : <Opening own={own} view={view} />;
      return <Working heading="h2" words={WORKING} progress={progress} cancel={() => own.leave()} />;
    case "asking":
      return view === null ? null : <Opening own={own} view={view} />;
    case "open":
      return (
        <>
          <OpenedFiles id={own.id.value} />
          <div class="actions">
            {/* What was opened goes with the page as it is: it begins anew. */}
            <button type="button" onClick={() => location.reload()}>
              {t("own_another")}
            </button>
          </div>
        </>
      );
  }
}

export function OwnPage() {
  const own = useMemo(() => createOwn(), []);
  useEffect(() => own.start(), [own]);
  return (
    <>
      <header class="bar bar-wide">
        <Brand />
      </header>
      <main class="page">
        <h1>{t("own_heading")}</h1>
        <p class="lead">{t("own_pick_note")}</p>
        <Stage own={own} />
      </main>
    </>
  );
}
