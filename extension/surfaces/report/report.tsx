/** The report for whoever helps: shown whole, then saved or copied as it was shown. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { askBackground } from "../../platform/surface-messages.ts";
import { KeyFindings } from "../parts/key-findings.tsx";
import { Page } from "../parts/page.tsx";
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
    <Page heading={t("report_heading")} lead={t("report_lead")} problem={problem}>
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
          <KeyFindings withHeading />
        </>
      )}
    </Page>
  );
}
