/**
 * The backup key file (备用密钥文件) of a package that was just made: saved, and its passphrase shown, once. Both are in this window alone, and gone
 * with it.
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { OperationError } from "@certbridge/protocol/errors";
import type { SurfaceResult } from "@certbridge/protocol/surface";
import { t } from "../../../platform/i18n.ts";
import { askBackground } from "../../../platform/surface-messages.ts";
import { Notice } from "../../parts/notice.tsx";
import { saveFile } from "../../parts/save-file.ts";
import { asOperationError } from "../../state/resource.ts";

/** Ends the name of a backup key file. docs/formats/backup-key.md */
const FILE_ENDING = ".cbkey";

type Made = SurfaceResult<"backupKey">;

type Stage =
  | { readonly is: "offered" | "making" | "noted" }
  | { readonly is: "made"; readonly made: Made }
  | { readonly is: "failed"; readonly problem: OperationError };

/** The button that was pressed is gone: the focus goes to what came in its place, which comes into sight. */
function useFocus() {
  const element = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => element.current?.focus(), []);
  return element;
}

function Noted({ name }: { name: string }) {
  return (
    <Notice tone="good" role="status" title={t("backup_done")}>
      <p ref={useFocus()} tabIndex={-1}>
        {t("backup_done_note", name)}
      </p>
    </Notice>
  );
}

function Passphrase({ made, save, noted }: { made: Made; save: () => void; noted: () => void }) {
  const [copied, setCopied] = useState<"yes" | "failed" | null>(null);
  const letters = useFocus();
  const copy = () =>
    navigator.clipboard.writeText(made.passphrase).then(
      () => setCopied("yes"),
      () => setCopied("failed"),
    );
  return (
    <Notice
      tone="warning"
      role="alert"
      title={t("backup_made")}
      actions={
        <>
          <button type="button" class="primary" onClick={noted}>
            {t("backup_noted")}
          </button>
          <button type="button" onClick={() => void copy()}>
            {t("backup_copy")}
          </button>
          <button type="button" onClick={save}>
            {t("backup_save_again")}
          </button>
        </>
      }
    >
      <p>{t("backup_made_note")}</p>
      <p ref={letters} class="passphrase" id="passphrase" tabIndex={-1} translate={false}>
        {made.passphrase.split("-").map((group, at) => (
          <span key={at}>{group}</span>
        ))}
      </p>
      <p>{t("backup_apart")}</p>
      <p class="soft" role="status">
        {copied === null ? "" : t(copied === "yes" ? "backup_copied" : "backup_copy_failed")}
      </p>
    </Notice>
  );
}

/** @param requestId the request whose package it is */
export function BackupOffer({ packageId, requestId }: { packageId: string; requestId: string }) {
  const [stage, setStage] = useState<Stage>({ is: "offered" });
  const save = ({ file }: Made) => {
    const content = new Blob([decodeBase64Url(file)], { type: "application/json" });
    saveFile(content, `${packageId}${FILE_ENDING}`);
  };
  const make = async () => {
    if (stage.is === "making") return;
    setStage({ is: "making" });
    try {
      const made = await askBackground("backupKey", { id: requestId });
      save(made);
      setStage({ is: "made", made });
      // Only for what is said of the bid's spares; the file is there all the same.
      askBackground("noteBackup", { packageId }).catch(() => undefined);
    } catch (error) {
      setStage({ is: "failed", problem: asOperationError(error) });
    }
  };
  if (stage.is === "made") {
    const { made } = stage;
    return <Passphrase made={made} save={() => save(made)} noted={() => setStage({ is: "noted" })} />;
  }
  if (stage.is === "noted") {
    return <Noted name={`${packageId}${FILE_ENDING}`} />;
  }
  const isOver = stage.is === "failed" && stage.problem.code === "CONSENT_EXPIRED";
  return (
    <Notice
      tone="plain"
      title={t("backup_title")}
      actions={
        !isOver && (
          <button type="button" id="backup-save" aria-disabled={stage.is === "making"} onClick={() => void make()}>
            {t("backup_save")}
          </button>
        )
      }
    >
      <p>{t("backup_note")}</p>
      <p class="soft" role="status">
        {stage.is === "making" ? t("backup_making") : ""}
      </p>
      <p class="field-problem" role="alert">
        {stage.is === "failed" ? t(isOver ? "backup_over" : "backup_failed") : ""}
      </p>
    </Notice>
  );
}
