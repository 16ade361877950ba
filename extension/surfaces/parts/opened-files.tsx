/** What was decrypted for the bidder's own use: each file to be saved out of this window, with which it goes. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { readOpenedFile } from "../../platform/opened-files.ts";
import { askBackground } from "../../platform/surface-messages.ts";
import { size } from "./format.ts";
import { Notice } from "./notice.tsx";
import { canPickFolder, pickFolder, saveFile, saveInto } from "./save-file.ts";
import { safeName } from "./text.ts";

interface OpenedFile {
  readonly name: string;
  readonly size: number;
}

type Said = { readonly tone: "good" | "bad"; readonly words: string } | null;

const named = (name: string) => safeName(name, 60);

/** Saves all of them into one folder; gives what there is to say. */
async function saveAll(id: string, files: readonly OpenedFile[]): Promise<Said> {
  const folder = await pickFolder();
  if (folder === null) return null;
  for (const [at, { name }] of files.entries()) {
    try {
      await saveInto(folder, await readOpenedFile(id, at), name);
    } catch {
      return { tone: "bad", words: t("own_save_failed", named(name)) };
    }
  }
  return { tone: "good", words: t("own_saved_all", files.length) };
}

function Files({ id, files }: { id: string; files: readonly OpenedFile[] }) {
  const [said, setSaid] = useState<Said>(null);
  const [isSaving, setSaving] = useState(false);
  const [started, setStarted] = useState<ReadonlySet<number>>(new Set());
  const save = async (at: number, name: string) => {
    try {
      saveFile(await readOpenedFile(id, at), name);
      setStarted((before) => new Set([...before, at]));
      setSaid(null);
    } catch {
      setSaid({ tone: "bad", words: t("own_save_failed", named(name)) });
    }
  };
  const all = async () => {
    if (isSaving) return;
    setSaving(true);
    setSaid(null);
    setSaid(await saveAll(id, files).catch(() => ({ tone: "bad" as const, words: t("own_save_failed", "") })));
    setSaving(false);
  };
  return (
    <section class="section" aria-labelledby="opened-title">
      <h2 class="section-title" id="opened-title">
        {t("own_files")}
      </h2>
      <ol class="items" id="opened-files">
        {files.map(({ name, size: len }, at) => (
          <li class="item item-line" key={at}>
            <bdi class="item-name">{named(name)}</bdi>
            <span class="item-size">
              {size(len)}
              {started.has(at) && ` · ${t("own_started")}`}
            </span>
            <button
              type="button"
              class="link"
              aria-label={t("own_save_named", named(name))}
              onClick={() => void save(at, name)}
            >
              {t("own_save")}
            </button>
          </li>
        ))}
      </ol>
      {canPickFolder() && (
        <div class="actions">
          <button type="button" id="save-all" aria-disabled={isSaving} onClick={() => void all()}>
            {t("own_save_all")}
          </button>
        </div>
      )}
      <p class="soft" role="status">
        {isSaving ? t("own_saving") : said?.tone === "good" ? said.words : ""}
      </p>
      <p class="field-problem" role="alert">
        {said?.tone === "bad" ? said.words : ""}
      </p>
    </section>
  );
}

/** @param id of the request, or of this page, under which they were opened */
export function OpenedFiles({ id }: { id: string }) {
  const [files, setFiles] = useState<readonly OpenedFile[] | "gone" | null>(null);
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    askBackground("openedFiles", { id }).then(
      (opened) => setFiles(opened.files),
      () => setFiles("gone"),
    );
  }, [id]);
  useLayoutEffect(() => heading.current?.focus(), []);
  return (
    <>
      <Notice tone="good" role="alert" title={t("own_done")}>
        <p ref={heading} tabIndex={-1}>
          {t("own_done_note")}
        </p>
      </Notice>
      {files === "gone" && (
        <Notice tone="warning" role="alert">
          <p>{t("own_gone")}</p>
        </Notice>
      )}
      {files !== null && files !== "gone" && <Files id={id} files={files} />}
    </>
  );
}
