/** What an administrator needs to know of a refusal, ready to be sent. Nothing of keys or of the person is in it. */
import { useState } from "preact/hooks";
import { t } from "../../platform/i18n.ts";
import { extensionVersion } from "../../platform/surface-tabs.ts";

interface CopyBlockedProps {
  /** The policy's key. */
  policy: string;
  /** What was refused: a site's origin; empty where it was everything. */
  origin: string;
}

export function CopyBlocked({ policy, origin }: CopyBlockedProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    const report = t("blocked_report", extensionVersion(), policy, origin, new Date().toISOString());
    await navigator.clipboard.writeText(report);
    setCopied(true);
  };
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        {t("blocked_copy")}
      </button>
      <span role="status" class="soft">
        {copied ? t("blocked_copied") : ""}
      </span>
    </>
  );
}
