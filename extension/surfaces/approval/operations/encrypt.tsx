/** `encrypt` 加密: which lot, which files, and who will be able to open them. */
import { useState } from "preact/hooks";
import type { PreparedBid } from "@certbridge/protocol/surface";
import { errorWords, type MessageKey, t } from "../../../platform/i18n.ts";
import { readPackage } from "../../../platform/packages.ts";
import { Lot } from "../../parts/lot.tsx";
import { Notice } from "../../parts/notice.tsx";
import { Opening } from "../../parts/opening.tsx";
import { Findings } from "../../parts/preflight.tsx";
import { saveFile } from "../../parts/save-file.ts";
import { safeName } from "../../parts/text.ts";
import type { Approval } from "../../state/approval.ts";
import { BackupOffer } from "./backup-offer.tsx";
import type { OperationView } from "./operation.ts";
import { FileList, Picker } from "./picked.tsx";

const WHO: Readonly<Record<PreparedBid["recipients"][number]["role"], MessageKey>> = {
  own: "encrypt_who_own",
  second: "encrypt_who_second",
  "expiring-second": "encrypt_who_expiring",
  committee: "encrypt_who_committee",
  "unlisted-committee": "encrypt_who_unlisted",
};

function Recipients({ recipients, results }: PreparedBid) {
  const alone = recipients.every(({ role }) => role !== "second" && role !== "committee");
  return (
    <>
      <ul class="recipients">
        {recipients.map(({ role, authority, serialTail }, at) => (
          <li key={at}>
            <bdi>{t(WHO[role], safeName(authority, 40), safeName(serialTail, 8))}</bdi>
          </li>
        ))}
      </ul>
      {alone && (
        <p class="finding finding-bad">
          {t("encrypt_no_spare")} · {t("encrypt_no_spare_note")}
        </p>
      )}
      {/* That there is no second one is said above, and the trial comes with the encrypting. */}
      <Findings
        results={results.filter(
          ({ rule, outcome }) => rule !== "second-recipient" && !(rule === "trial-opening" && outcome === "unknown"),
        )}
      />
    </>
  );
}

function Prepared({ approval: { bid, key }, problem }: { approval: Approval; problem: string | null }) {
  const prepared = bid.prepared.value;
  const failure = bid.problem.value;
  return (
    <section class="section" aria-labelledby="who-title" aria-describedby="who-problem">
      <h2 class="section-title" id="who-title">
        {t("encrypt_who")}
      </h2>
      <div role="status">
        {failure === null && prepared === null && (
          <p class="soft">{t(key.value === null ? "encrypt_choose_key_first" : "encrypt_checking")}</p>
        )}
        {prepared !== null && <Recipients {...prepared} />}
      </div>
      {failure !== null && (
        <Notice
          tone="danger"
          role="alert"
          actions={
            <button type="button" onClick={() => bid.prepareAgain()}>
              {t("retry")}
            </button>
          }
        >
          <p>{errorWords(failure)}</p>
        </Notice>
      )}
      <p id="who-problem" class="field-problem" role="alert">
        {problem}
      </p>
    </section>
  );
}

const isBlocked = (prepared: PreparedBid) => prepared.results.some(({ outcome }) => outcome === "bad");

function Saved({ packageId, requestId }: { packageId: string; requestId: string }) {
  const [failed, setFailed] = useState(false);
  const save = async () => {
    try {
      const file = await readPackage(requestId, packageId);
      saveFile(file, file.name);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };
  return (
    <Notice
      tone="good"
      role="alert"
      title={t("encrypt_done")}
      actions={
        <button type="button" onClick={() => void save()}>
          {t("encrypt_save")}
        </button>
      }
    >
      <p>{t("encrypt_done_note")}</p>
      <p class="field-problem" role="alert">
        {failed ? t("encrypt_save_failed") : ""}
      </p>
    </Notice>
  );
}

export const encrypt: OperationView<"encrypt"> = {
  heading: "encrypt_heading",
  confirm: "encrypt_confirm",
  failed: "encrypt_failed",
  cancelled: "encrypt_cancelled",
  tells: ["encrypt_tells_package", "encrypt_tells_certificate"],
  // What was written is opened again in the second half of the work.
  working: {
    begins: "encrypt_working",
    ends: "encrypt_trying",
    note: "encrypt_working_note",
    cancel: "encrypt_cancel",
  },

  Body: ({ asked: { lot, files }, approval, now, missing }) => (
    <>
      <p>{t("encrypt_body")}</p>
      {lot.profile === "legacy" && (
        <Notice tone="warning" title={t("legacy_title")}>
          <p>{t("legacy_body")}</p>
        </Notice>
      )}
      <Opening openingTime={lot.openingTime} now={now} />
      <Lot lot={lot} />
      {files === null ? (
        <Picker
          picked={approval.bid.picked}
          missing={missing?.problem === "encrypt_files_required" ? t(missing.problem) : null}
          disabled={approval.phase.value === "working"}
        />
      ) : (
        <section class="section" aria-labelledby="files-title">
          <h2 class="section-title" id="files-title">
            {t("encrypt_files")}
          </h2>
          <FileList files={files} />
          <p class="asker-note">{t("encrypt_files_of_page")}</p>
        </section>
      )}
    </>
  ),

  Choice: ({ approval, missing }) => (
    <Prepared
      approval={approval}
      problem={missing === null || missing.problem === "encrypt_files_required" ? null : t(missing.problem)}
    />
  ),

  undecided({ bid }, { files }) {
    if (files === null && bid.picked.files.value.length === 0) {
      return { problem: "encrypt_files_required", field: "#bid-files" };
    }
    const prepared = bid.prepared.value;
    const field = "input[name=certificate]:checked";
    if (prepared === null) return { problem: "encrypt_not_checked", field };
    return isBlocked(prepared) ? { problem: "encrypt_blocked", field } : null;
  },

  Done: ({ outcome: { packageId, hasBackup, results = [] }, id }) => (
    <>
      <Saved packageId={packageId} requestId={id} />
      {/* Before, nobody had been asked. */}
      <Findings
        results={results.filter(
          ({ rule, outcome }) => (rule === "revocation" || rule === "clock") && outcome !== "unknown",
        )}
      />
      {hasBackup && <BackupOffer packageId={packageId} requestId={id} />}
    </>
  ),
};
