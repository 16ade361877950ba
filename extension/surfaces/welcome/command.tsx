/** A command to copy. */
import { useState } from "preact/hooks";
import { t } from "../../platform/i18n.ts";

export function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <div class="command">
      <code translate={false}>{text}</code>
      <button type="button" onClick={() => void copy()}>
        {t("welcome_copy")}
      </button>
      <span role="status" class="soft">
        {copied ? t("welcome_copied") : ""}
      </span>
    </div>
  );
}
