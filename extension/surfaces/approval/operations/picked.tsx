/** The files of a bid: those of the page, as they are, or the person's own choice. */
import { useRef } from "preact/hooks";
import { limits } from "@certbridge/protocol/limits";
import { t } from "../../../platform/i18n.ts";
import { size } from "../../parts/format.ts";
import { safeName } from "../../parts/text.ts";
import type { PickedFiles, PickProblem } from "../../state/picked-files.ts";

const named = (name: string) => safeName(name, 60) || t("sign_unnamed");

/** More lines than this scroll. */
const LINES = 4;

interface FileListProps {
  files: readonly { readonly name: string; readonly len: number }[];
  remove?: (at: number) => void;
}

export function FileList({ files, remove }: FileListProps) {
  const total = files.reduce((sum, { len }) => sum + len, 0);
  return (
    <>
      {/* A list that scrolls must be reachable by keyboard, so it takes focus where nothing in it does. */}
      <ol
        class="items"
        aria-label={t("encrypt_files_list")}
        tabIndex={remove === undefined && files.length > LINES ? 0 : undefined}
      >
        {files.map(({ name, len }, at) => (
          <li class="item item-line" key={`${at} ${name}`}>
            <bdi class="item-name">{named(name)}</bdi>
            <span class="item-size">{size(len)}</span>
            {remove !== undefined && (
              <button
                type="button"
                class="link"
                aria-label={t("encrypt_files_remove_named", named(name))}
                onClick={() => remove(at)}
              >
                {t("encrypt_files_remove")}
              </button>
            )}
          </li>
        ))}
      </ol>
      <p class="soft" role="status">
        {t("encrypt_files_total", files.length, size(total))}
      </p>
    </>
  );
}

function problemWords(problem: PickProblem): string | null {
  if (problem === "too-many") return t("encrypt_files_too_many", limits.packageFiles);
  return problem === "too-large" ? t("encrypt_files_too_large", size(limits.packageContentLen)) : null;
}

export function Picker({
  picked,
  missing,
  disabled,
}: {
  picked: PickedFiles;
  missing: string | null;
  disabled: boolean;
}) {
  const field = useRef<HTMLInputElement>(null);
  const files = picked.files.value;
  const problem = problemWords(picked.problem.value) ?? missing;
  const remove = (at: number) => {
    picked.remove(at);
    // Its button is gone: the focus goes where the next thing is done.
    field.current?.focus();
  };
  return (
    <fieldset class="section" disabled={disabled} aria-describedby="bid-files-private">
      <legend>{t("encrypt_files")}</legend>
      {files.length > 0 && <FileList files={files.map(({ name, size: len }) => ({ name, len }))} remove={remove} />}
      {/* The field lies over the whole card, so that files can be dropped on it. */}
      <label class="card picker">
        <input
          ref={field}
          id="bid-files"
          type="file"
          multiple
          aria-invalid={problem !== null}
          aria-describedby="bid-files-problem"
          onChange={({ currentTarget }) => {
            picked.add([...(currentTarget.files ?? [])]);
            // The same file can be picked again after it was removed.
            currentTarget.value = "";
          }}
        />
        <span class="picker-words">{t(files.length === 0 ? "encrypt_files_pick" : "encrypt_files_more")}</span>
        <span class="soft">{t("encrypt_files_drop")}</span>
      </label>
      <p id="bid-files-problem" class="field-problem" role="alert">
        {problem}
      </p>
      <p id="bid-files-private" class="soft">
        {t("encrypt_files_private")}
      </p>
    </fieldset>
  );
}
