/** In place of certificate and PIN: the backup key file, and its passphrase. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { safeName } from "../parts/text.ts";
import type { BackupState } from "../state/backup.ts";

/** What is still missing. */
export type BackupGap = "file" | "passphrase";

interface BackupFieldsProps {
  backup: BackupState;
  /** Of the passphrase. Its value stays in the field until it goes into one message. */
  field: RefObject<HTMLInputElement | null>;
  missing: BackupGap | null;
  /** What came of the last try. */
  problem: string | null;
  disabled: boolean;
  useKey: () => void;
}

/** As it is shown when it is made: with room for what people put between the groups. */
const TYPED_MAX = 40;

export function BackupFields({ backup, field, missing, problem, disabled, useKey }: BackupFieldsProps) {
  const picker = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => picker.current?.focus(), []);
  const file = backup.file.value;
  const fileProblem = missing === "file" ? t("backup_file_required") : null;
  const passphraseProblem = problem ?? (missing === "passphrase" ? t("backup_passphrase_required") : null);
  return (
    <fieldset class="section" disabled={disabled}>
      <legend>{t("backup_use")}</legend>
      <p class="soft">{t("backup_use_note")}</p>
      <label class="card picker">
        <input
          ref={picker}
          id="backup-file"
          type="file"
          accept=".cbkey"
          aria-invalid={fileProblem !== null}
          aria-describedby="backup-file-problem"
          onChange={({ currentTarget }) => backup.pick(currentTarget.files?.[0] ?? null)}
        />
        <span class="picker-words">{t("backup_file_pick")}</span>
        <bdi class="soft">{file === null ? t("backup_file_hint") : safeName(file.name, 60)}</bdi>
      </label>
      <p id="backup-file-problem" class="field-problem" role="alert">
        {fileProblem}
      </p>
      <label class="section-title" for="backup-passphrase">
        {t("backup_passphrase")}
      </label>
      <input
        ref={field}
        id="backup-passphrase"
        class="pin"
        type="text"
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        maxLength={TYPED_MAX}
        aria-required="true"
        aria-invalid={passphraseProblem !== null}
        aria-describedby="passphrase-problem passphrase-hint"
      />
      <p id="passphrase-problem" class="field-problem" role="alert">
        {passphraseProblem}
      </p>
      <p id="passphrase-hint" class="soft">
        {t("backup_passphrase_hint")}
      </p>
      <button type="button" class="link" onClick={useKey}>
        {t("backup_use_key")}
      </button>
    </fieldset>
  );
}
