/** The report for whoever helps: shown whole, then saved or copied as it was shown. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { errorWords, t } from "../../platform/i18n.ts";
import { askBackground } from "../../platform/surface-messages.ts";
import { Brand } from "../parts/brand.tsx";
import { Notice } from "../parts/notice.tsx";
import { saveFile } from "../parts/save-file.ts";
import { createResource } from "../state/resource.ts";

const FILE_NAME = "certbridge-report.json";

/** Saves exactly this text. */
const save = (text: string) => saveFile(new Blob([text], { type: "application/json" }), FILE_NAME);

export function ReportPage() {
  const report = useMemo(() => createResource(() => askBackground("report", { browser: navigator.userAgent })), []);
  const [done, setDone] = useState("");
  useEffect(() => void report.refresh(), [report]);
  const text = report.value.value?.text;
  const problem = report.problem.value;
  const copy = async (whole: string) => {
    await navigator.clipboard.writeText(whole);
    setDone(t("welcome_copied"));
  };
  return (
    <>
      <header class="bar bar-wide">
        <Brand />
      </header>
      <main class="page">
        <h1>{t("report_heading")}</h1>
        <p class="lead">{t("report_lead")}</p>
        {problem !== null && (
          <Notice tone="danger" role="alert" title={t("error_title")}>
            <p>{errorWords(problem)}</p>
          </Notice>
        )}
        {text === undefined ? (
          <p class="loading" role="status">
            {t("report_loading")}
          </p>
        ) : (
          <>
            {/* A text that scrolls must be reachable by keyboard, so it takes focus. */}
            <pre class="report" tabIndex={0} aria-label={t("report_text")} translate={false}>
              {text}
            </pre>
            <div class="actions">
              <button type="button" class="primary" onClick={() => save(text)}>
                {t("report_save")}
              </button>
              <button type="button" onClick={() => void copy(text)}>
                {t("welcome_copy")}
              </button>
              <span role="status" class="soft">
                {done}
              </span>
            </div>
          </>
        )}
      </main>
    </>
  );
}
